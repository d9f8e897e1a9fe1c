"""One payment is booked once, whatever tells of it, in whatever order; and a person can find it and send it again."""

import json
import time
from typing import Any

from gateway_process import Gateway
from simulated import c2b, stk

from adapters.testing import Answer, Receiver

RECEIPT = "UKO7R8T1YB"


def bodies(erp: Receiver) -> list[dict[str, Any]]:
    return [json.loads(request.body) for request in erp.requests]


def results(pesagate: Gateway, *posts: tuple[str, dict[str, Any]]) -> list[str]:
    return [pesagate.post(kind, body).headers["Pesagate-Result"] for kind, body in posts]


def test_a_push_and_its_confirmation_within_the_window_are_one_whole_event(pesagate: Gateway, erp: Receiver) -> None:
    pesagate.config["tenants"]["duka"]["shortcodes"]["600638"]["merge_window"] = "2s"
    pesagate.start()
    assert results(pesagate, ("stk", stk("ws_CO_1"))) == ["accepted"]
    assert [row["waiting_for"] for row in pesagate.rows("deliveries")] == ["twin"]
    assert results(pesagate, ("c2b-confirmation", c2b(RECEIPT))) == ["accepted"]
    pesagate.wait_for_state("delivered")
    (event,) = bodies(erp)
    assert (event["payer"]["msisdn"], event["payer"]["name"]) == ("254708374149", "JOHN")
    assert event["account_reference"] == "INV-1042"
    assert len(event["sources"]) == 2
    assert [event] == pesagate.rows("events")


def test_a_push_whose_twin_never_comes_is_delivered_when_the_window_closes(pesagate: Gateway, erp: Receiver) -> None:
    pesagate.config["tenants"]["duka"]["shortcodes"]["600638"]["merge_window"] = "1s"
    pesagate.start()
    begun = time.monotonic()
    results(pesagate, ("stk", stk("ws_CO_1")))
    pesagate.wait_for_state("delivered")
    assert time.monotonic() - begun >= 1
    assert len(bodies(erp)) == 1
    late = results(pesagate, ("c2b-confirmation", c2b(RECEIPT)))
    assert late == ["accepted"]
    rows = pesagate.rows("events")
    assert [row["type"] for row in rows] == ["payment.succeeded", "payment.updated"]
    assert rows[1]["supersedes"] == rows[0]["id"]


def test_a_failure_that_became_a_success_is_told_and_supersedes(pesagate: Gateway, erp: Receiver) -> None:
    pesagate.start()
    assert results(pesagate, ("stk", stk("ws_CO_1", code=1032)), ("stk", stk("ws_CO_1"))) == ["accepted", "accepted"]
    pesagate.wait_for_state("delivered", 2)
    failed, succeeded = pesagate.rows("events")
    assert (failed["type"], succeeded["type"]) == ("payment.failed", "payment.succeeded")
    assert succeeded["supersedes"] == failed["id"]
    assert succeeded["payment_id"] == failed["payment_id"]
    alerts = [line for line in pesagate.log_lines() if "had failed" in line["event"]]
    assert [line["level"] for line in alerts] == ["warning"]


def test_a_contradiction_is_answered_with_success_kept_shown_and_never_booked(pesagate: Gateway, erp: Receiver) -> None:
    pesagate.start()
    other = c2b(RECEIPT, amount="1.00")
    told = results(
        pesagate,
        ("c2b-confirmation", c2b(RECEIPT)),
        ("c2b-confirmation", other),
        ("c2b-confirmation", other),
        ("stk", stk("ws_CO_1", amount=7)),
    )
    assert told == ["accepted", "conflict", "duplicate", "conflict"]
    pesagate.wait_for_state("delivered")
    assert [event["amount"] for event in bodies(erp)] == ["1500.00"]
    notes = [row["note"] for row in pesagate.rows("conflicts")]
    assert notes == ["tells other facts than the first callback of its kind", "says 7.00 of a payment of 1500.00"]
    assert "says 7.00 of a payment of 1500.00" in pesagate.run("conflicts").stdout


def test_explain_tells_the_whole_story_by_any_id(pesagate: Gateway, erp: Receiver) -> None:
    erp.script(Answer(500, b"down for a moment"), Answer(200, b"booked as 17"))
    pesagate.start()
    pesagate.post("c2b-validation", c2b(RECEIPT))
    results(pesagate, ("c2b-confirmation", c2b(RECEIPT)), ("stk", stk("ws_CO_1")), ("stk", stk("ws_CO_1")))
    pesagate.wait_for_state("delivered")
    (event,) = [row for row in pesagate.rows("events") if row["type"] == "payment.succeeded"]
    for name in (RECEIPT, "ws_CO_1", event["id"], event["payment_id"], event["sources"][0]):
        (told,) = pesagate.rows("explain", name)
        (payment,) = told["payments"]
        assert payment["payment_id"] == event["payment_id"]
        assert [callback["kind"] for callback in payment["callbacks"]] == ["c2b-confirmation", "stk"]
        assert [callback["seen"] for callback in payment["callbacks"]] == [1, 2]
        (delivery,) = payment["events"][0]["deliveries"]
        assert [attempt["answer"] for attempt in delivery["attempts"]] == ["down for a moment", "booked as 17"]
    screen = pesagate.run("explain", RECEIPT).stdout
    for word in ("M-Pesa asked", "accept", "seen 2 times", "SHA-256", "attempt 2: delivered 200", "booked as 17"):
        assert word in screen
    assert len(screen.splitlines()) < 40, "one screen"


def test_explain_finds_a_receipt_that_is_only_in_quarantine(pesagate: Gateway) -> None:
    pesagate.start()
    pesagate.post("c2b-confirmation", c2b(RECEIPT, shortcode="999999"))
    (told,) = pesagate.rows("explain", RECEIPT)
    assert told["payments"] == []
    assert [row["reason"] for row in told["quarantine"]] == ["foreign_shortcode"]
    unknown = pesagate.run("explain", "NOWHERE123")
    assert unknown.returncode == 1
    assert "Nothing is known of 'NOWHERE123'" in unknown.stderr


def test_an_old_callback_waits_for_review_and_replay_releases_it(pesagate: Gateway, erp: Receiver) -> None:
    del pesagate.config["tenants"]["duka"]["shortcodes"]["600638"]["hold_older_than"]
    pesagate.start()
    assert results(pesagate, ("c2b-confirmation", c2b(RECEIPT, TransTime="20240101120000"))) == ["accepted"]
    time.sleep(1.5)
    assert [row["waiting_for"] for row in pesagate.rows("deliveries")] == ["review"]
    assert erp.requests == []
    assert pesagate.run("replay", RECEIPT, "--dry-run").stdout == "1 delivery to replay\n"
    assert pesagate.run("replay", RECEIPT).returncode == 0
    pesagate.wait_for_state("delivered")
    assert len(erp.requests) == 1


def test_replay_tries_a_dead_letter_once_more_with_the_same_id_and_the_next_number(
    pesagate: Gateway, erp: Receiver
) -> None:
    erp.script(Answer(400, b"no such customer"))
    pesagate.start()
    results(pesagate, ("c2b-confirmation", c2b(RECEIPT)))
    pesagate.wait_for_state("dead")
    assert pesagate.run("replay", RECEIPT, "--destination", "nobody").stdout == "0 deliveries to replay\n"
    assert pesagate.run("replay", "--reason", "http_400", "--yes").returncode == 0
    pesagate.wait_for_state("delivered")
    assert pesagate.run("replay", RECEIPT).stdout == "0 deliveries to replay\n", "delivered ones need --again"
    assert pesagate.run("replay", RECEIPT, "--again", "--yes").returncode == 0
    erp.wait_for(3)
    assert len({request.headers["webhook-id"] for request in erp.requests}) == 1
    assert [row["attempts"] for row in pesagate.wait_for_state("delivered")] == [3]


def test_replay_routes_an_event_that_no_route_took(pesagate: Gateway, erp: Receiver) -> None:
    tenant = pesagate.config["tenants"]["duka"]
    tenant["routes"], routes = [], tenant["routes"]
    pesagate.start()
    results(pesagate, ("c2b-confirmation", c2b(RECEIPT)))
    assert pesagate.rows("deliveries") == []
    pesagate.stop()
    tenant["routes"] = routes
    pesagate.start()
    assert pesagate.run("replay", RECEIPT).returncode == 0
    pesagate.wait_for_state("delivered")
    assert len(erp.requests) == 1


def test_send_makes_a_day_of_trouble_and_every_payment_is_booked_once(pesagate: Gateway, erp: Receiver) -> None:
    pesagate.config["tenants"]["duka"]["routes"] = [{"to": ["erp"]}]
    pesagate.start()
    wish = ["-n", "30", "--kind", "stk", "--failed", "5", "--twins", "8", "--conflicts", "4", "--duplicates", "1"]
    sent = pesagate.run("send", *wish, "--seed", "7")
    assert sent.returncode == 0, sent.stdout + sent.stderr
    counts = {line.split()[2]: int(line.split()[0]) for line in sent.stdout.splitlines()[1:-1]}
    # 30 payments, each new once; twins are news, conflicts are not; everything comes once more.
    assert counts == {"accepted": 38, "conflict": 4, "duplicate": 42}
    pesagate.wait_for_state("delivered", 25)
    assert len({event["receipt"] for event in bodies(erp)}) == len(erp.requests) == 25
