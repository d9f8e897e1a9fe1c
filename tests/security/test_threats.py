"""What somebody with bad intentions might try, end to end; and that nothing of a payer or a secret is told anywhere."""

import hashlib
import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import requests
from gateway_process import KEY, Gateway, configuration, free_port, gateway
from simulated import c2b, stk

from adapters.testing import Answer, Receiver
from gateway.domain.times import NAIROBI, utc_now

NUMBER = "254708374149"
MASKED = "2547 ***** 149"
HASH = hashlib.sha256(NUMBER.encode()).hexdigest()
NAME = "WANJIKU"
TOKEN, SIGNING = "erp-token-never-to-be-told", "whsec_bmV2ZXItdG8tYmUtdG9sZC1ieS1hbnlvbmU="
OTHER_KEY = "other-key-0123456789-ABCDEFGHI"
# What of them may stand nowhere: whole and in part, as they came and as they are hashed.
UNTOLD = (NUMBER, "708374149", MASKED, HASH, NAME, KEY, OTHER_KEY, TOKEN, SIGNING)


@pytest.fixture
def guarded(tmp_path: Path, erp: Receiver) -> Iterator[Gateway]:
    config = configuration(free_port(), erp.url, hold_older_than="7d", key=[KEY, OTHER_KEY])
    duka = config["tenants"]["duka"]
    duka["destinations"]["erp"] |= {"auth": {"bearer": TOKEN}, "sign": SIGNING}
    duka["validation"] = [{"unless": {"reference": "INV-*"}, "reject": "C2B00012"}]
    with gateway(tmp_path / "guarded", config) as made:
        yield made


def now_as_mpesa_writes_it(**ago: int) -> str:
    return f"{utc_now().astimezone(NAIROBI) - timedelta(**ago):%Y%m%d%H%M%S}"


def test_an_old_callback_that_is_posted_once_more_waits_for_a_person(guarded: Gateway, erp: Receiver) -> None:
    guarded.start()
    guarded.post("c2b-confirmation", c2b("UOLD", TransTime=now_as_mpesa_writes_it(days=8)))
    guarded.post("c2b-confirmation", c2b("UAHEAD", TransTime=now_as_mpesa_writes_it(hours=-1)))
    guarded.post("c2b-confirmation", c2b("UNEW", TransTime=now_as_mpesa_writes_it()))
    rows = guarded.wait_for_state("delivered")
    assert [(row["state"], row["waiting_for"]) for row in rows] == [
        ("pending", "review"), ("pending", "review"), ("delivered", None),
    ]  # fmt: skip
    assert len(erp.requests) == 1
    assert guarded.run("replay", "UOLD").returncode == 0
    guarded.wait_for_state("delivered", 2)


def test_who_forges_another_amount_changes_nothing_and_is_shown(guarded: Gateway, erp: Receiver) -> None:
    guarded.start()
    at = now_as_mpesa_writes_it()
    guarded.post("c2b-confirmation", c2b("UPAID", amount="10.00", TransTime=at))
    guarded.wait_for_state("delivered")
    forged = guarded.post("c2b-confirmation", c2b("UPAID", amount="90000.00", TransTime=at))
    assert (forged.status_code, forged.headers["Pesagate-Result"]) == (200, "conflict")
    assert [row["amount"] for row in guarded.rows("events")] == ["10.00"]
    assert len(guarded.rows("conflicts")) == 1
    assert [json.loads(request.body)["amount"] for request in erp.requests] == ["10.00"]


def test_a_key_that_leaked_is_taken_away_while_the_new_one_works(guarded: Gateway) -> None:
    guarded.start()
    assert guarded.post("c2b-confirmation", c2b("UONE"), key=KEY).status_code == 200
    assert guarded.post("c2b-confirmation", c2b("UTWO"), key=OTHER_KEY).status_code == 200
    guarded.stop()
    guarded.config["tenants"]["duka"]["shortcodes"]["600638"]["key"] = OTHER_KEY
    guarded.start()
    leaked = guarded.post("c2b-confirmation", c2b("UTHREE"), key=KEY)
    unknown = requests.post(f"{guarded.base}/nothing/is/here", data=b"{}", timeout=10)
    assert (leaked.status_code, leaked.content) == (404, unknown.content)
    assert guarded.post("c2b-confirmation", c2b("UFOUR"), key=OTHER_KEY).status_code == 200
    assert {row["receipt"] for row in guarded.rows("events")} == {"UONE", "UTWO", "UFOUR"}


def test_nothing_of_a_payer_and_no_secret_is_told_in_logs_lists_numbers_and_errors(
    guarded: Gateway, erp: Receiver
) -> None:
    guarded.start()
    at = now_as_mpesa_writes_it()
    mine = {"TransTime": at, "FirstName": NAME}
    erp.script(Answer(422, body=f"no customer {NAME} {NUMBER}".encode()))
    assert guarded.post("c2b-confirmation", c2b("UDEAD", MSISDN=NUMBER, **mine)).status_code == 200
    guarded.wait_for_state("dead")
    for kind, body in (
        ("c2b-confirmation", c2b("UHASH", MSISDN=HASH, **mine)),
        ("c2b-confirmation", c2b("UMASK", MSISDN=MASKED, **mine)),
        ("stk", stk("ws_CO_241120261015301234708374149", "UPUSH")),
        ("c2b-validation", c2b("UASK", BillRefNumber="LOAN", MSISDN=NUMBER, **mine)),
        # Contradicts, is foreign, has what it has in wrong places, is of no kind, is no JSON.
        ("c2b-confirmation", c2b("UHASH", amount="1.00", MSISDN=HASH, **mine)),
        ("c2b-confirmation", c2b("UFOREIGN", shortcode="999999", MSISDN=NUMBER, **mine)),
        ("c2b-confirmation", c2b("UWRONG", MSISDN=[NUMBER], **mine | {"TransTime": NUMBER})),
        ("c2b-confirmation", {NUMBER: NAME, HASH: MASKED}),
        ("no-such-kind", c2b("UKIND", MSISDN=NUMBER, **mine)),
        ("stk", f'{{"{NUMBER}": "{NAME}", "{NUMBER}": 1}}'.encode()),
        ("stk", f'{{"Body": "{NAME} {NUMBER}'.encode()),
        # What somebody hopes to find in a log as lines of its own, or to do to a terminal.
        ("c2b-confirmation", c2b("UINJECT", BillRefNumber='x\n{"event": "forged"}\r\n\x1b[2J', **mine)),
    ):
        assert guarded.post(kind, body, query=f"?phone={NUMBER}").status_code in (200, 400)
    guarded.wait_for_state("delivered", 3)
    told = {
        " ".join(command): guarded.run(*command)
        for command in (
            ("quarantine",), ("quarantine", "--json"), ("conflicts",), ("conflicts", "--json"), ("deliveries",),
            ("deliveries", "--json"), ("destinations",), ("destinations", "--json"), ("questions",),
            ("questions", "--json"), ("events",), ("check",), ("config", "show"), ("purge", "--dry-run"),
            ("replay", "--dry-run"), ("quarantine", "reprocess", "--yes"), ("erase", "UDEAD", "--dry-run"),
            ("erase", NUMBER), ("explain", "UNKNOWN"), ("backup", "copy.db"),
        )
    }  # fmt: skip
    texts = {name: done.stdout + done.stderr for name, done in told.items()}
    texts["metrics"] = requests.get(f"{guarded.base}/metrics", timeout=10).text
    texts["ready"] = requests.get(f"{guarded.base}/readyz", timeout=10).text
    guarded.stop()
    texts["log"] = guarded.log.read_text("utf-8")
    assert {name: found for name, text in texts.items() if (found := [one for one in UNTOLD if one in text])} == {}
    assert all("Traceback" not in text for text in texts.values())
    lines = texts["log"].splitlines()
    assert "forged" not in [json.loads(line)["event"] for line in lines if line.startswith("{")]
    assert not any("\x1b" in text for text in texts.values())
