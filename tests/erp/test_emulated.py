"""Every recipe against an emulated ERP: each receipt once, whatever happens to an answer on its way."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from erp.emulated.cases import CASES, destination_of
from erp.emulated.odoo import OdooWebhook, not_serialized, without_result
from erp.emulated.sap import SapB1
from erp.emulated.server import (
    Asked,
    EmulatedErp,
    Fault,
    Told,
    answers,
    does_and_fails,
    falls_over,
    html,
    lets_through,
    loses_its_answer,
    told,
)
from gateway_process import Gateway, configuration, free_port, gateway
from simulated import c2b, stk

RECEIPT = "UKO7R8T1YB"


_BUSY = answers(told(429, {"message": "Too many requests"}, Retry_After="1"))

# What happens to the request that books; whatever it is, one record is to stand there in the end.
TROUBLE: dict[str, list[Fault]] = {
    "its answer is lost": [loses_its_answer],
    "it does so and a proxy times out": [does_and_fails],
    "it falls over before": [falls_over],
    "it is busy": [_BUSY],
    "it is restarted": [answers(html(503, "Service Unavailable"))],
    "lost twice": [loses_its_answer, loses_its_answer],
}


def config_of(recipe: str, erp: EmulatedErp) -> dict[str, Any]:
    config = configuration(free_port(), "unused")
    config["tenants"]["duka"]["destinations"] = {"erp": destination_of(recipe, erp)}
    config["tenants"]["duka"]["routes"] = [{"to": ["erp"]}]
    return config


@pytest.fixture
def erp(request: pytest.FixtureRequest) -> Iterator[EmulatedErp]:
    with CASES[request.param].make() as running:
        yield running


@pytest.fixture
def pesagate(tmp_path: Path, request: pytest.FixtureRequest, erp: EmulatedErp) -> Iterator[Gateway]:
    recipe = request.node.callspec.params["erp"]
    with gateway(tmp_path / "gateway", config_of(recipe, erp)) as made:
        yield made.start()


each_recipe = pytest.mark.parametrize("erp", CASES, indirect=True)


@each_recipe
def test_a_payment_its_repetition_and_its_twin_are_one_record(erp: EmulatedErp, pesagate: Gateway) -> None:
    for _ in range(3):
        assert pesagate.post("c2b-confirmation", c2b(RECEIPT, amount="233.80")).status_code == 200
    pesagate.post("stk", stk("ws_CO_1", RECEIPT, amount=233.8))
    pesagate.wait_for_state("delivered", seconds=60)
    assert erp.booked == [(RECEIPT, "233.80")]
    assert [row["attempts"] for row in pesagate.rows("deliveries")] == [1]


@each_recipe
def test_whatever_happens_to_the_request_that_books_it_is_one_record(
    erp: EmulatedErp, pesagate: Gateway, request: pytest.FixtureRequest
) -> None:
    # The first payment makes log-ins and tokens out of the way.
    before = CASES[request.node.callspec.params["erp"]].before
    expected = []
    for number, faults in enumerate(TROUBLE.values()):
        receipt = f"UKO7R8T{number:03}"
        looks = before if number == 0 else max(0, before - _signs_in(erp))
        erp.then(*[lets_through] * looks, *faults)
        pesagate.post("c2b-confirmation", c2b(receipt))
        expected.append((receipt, "1500.00"))
        pesagate.wait_for_state("delivered", number + 1, seconds=60)
    assert sorted(erp.booked) == expected


def _signs_in(erp: EmulatedErp) -> int:
    return int(hasattr(erp, "tokens") or isinstance(erp, SapB1))


@pytest.mark.parametrize("erp", ["odoo-19", "odoo-14-18"], indirect=True)
def test_odoo_that_could_not_serialize_access_is_asked_again(erp: EmulatedErp, pesagate: Gateway) -> None:
    erp.then(not_serialized, not_serialized)
    pesagate.post("c2b-confirmation", c2b(RECEIPT))
    pesagate.wait_for_state("delivered", seconds=60)
    assert erp.booked == [(RECEIPT, "1500.00")]
    assert [row["attempts"] for row in pesagate.rows("deliveries")] == [3]


@pytest.mark.parametrize("erp", ["odoo-19", "odoo-14-18"], indirect=True)
def test_odoo_books_each_receipt_once_under_races_cut_answers_and_serialisation_faults(
    erp: EmulatedErp, pesagate: Gateway
) -> None:
    """Each payment is told six times at once, by both kinds of callback, while Odoo does the worst it is known for."""
    receipts = [f"UKO7R8R{number:03}" for number in range(12)]
    trouble = [loses_its_answer, not_serialized, does_and_fails, falls_over, _BUSY, not_serialized]
    erp.then(*trouble, lets_through, *trouble)

    def tell(number: int) -> int:
        receipt = receipts[number // 6]
        body = stk(f"ws_CO_{receipt}", receipt, amount=1500) if number % 2 else c2b(receipt)
        return pesagate.post("stk" if number % 2 else "c2b-confirmation", body).status_code

    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(tell, range(6 * len(receipts)))) == {200}
    pesagate.wait_for_state("delivered", len(receipts), seconds=90)
    assert sorted(erp.booked) == [(receipt, "1500.00") for receipt in receipts]
    succeeded = [row["receipt"] for row in pesagate.rows("events") if row["type"] == "payment.succeeded"]
    assert sorted(succeeded) == receipts


@pytest.mark.parametrize("erp", ["odoo-14-18"], indirect=True)
def test_an_answer_without_result_is_asked_again(erp: EmulatedErp, pesagate: Gateway) -> None:
    erp.then(without_result)
    pesagate.post("c2b-confirmation", c2b(RECEIPT))
    pesagate.wait_for_state("delivered", seconds=60)
    assert erp.booked == [(RECEIPT, "1500.00")]


@pytest.mark.parametrize("erp", ["odoo-19", "odoo-14-18"], indirect=True)
def test_odoos_own_words_stand_with_the_dead_letter(erp: Any, pesagate: Gateway) -> None:
    erp.journals.clear()
    pesagate.post("c2b-confirmation", c2b(RECEIPT))
    pesagate.wait_for_state("dead")
    assert "No matching record found" in pesagate.run("explain", RECEIPT).stdout
    assert erp.booked == []
    # The journal is made; a person sends it again.
    erp.journals.add("8")
    assert pesagate.run("replay", RECEIPT, "--yes").returncode == 0
    pesagate.wait_for_state("delivered")
    assert erp.booked == [(RECEIPT, "1500.00")]


@pytest.mark.parametrize("erp", CASES, indirect=True)
def test_fifty_payments_told_twice_at_once_are_fifty_records(erp: EmulatedErp, pesagate: Gateway) -> None:
    done = pesagate.run("send", "--number", "50", "--duplicates", "1", "--kind", "c2b-confirmation", "--seed", "7")
    assert done.returncode == 0, done.stderr
    pesagate.wait_for_state("delivered", 50, seconds=90)
    receipts = [receipt for receipt, _ in erp.booked]
    assert len(receipts) == len(set(receipts)) == 50


@pytest.mark.parametrize("erp", ["odoo-webhook"], indirect=True)
def test_the_address_of_a_webhook_is_shown_nowhere(erp: Any, pesagate: Gateway, tmp_path: Path) -> None:
    body = tmp_path / "callback.json"
    body.write_text(json.dumps(c2b(RECEIPT)), "utf-8")
    tried = pesagate.run("try", body, "--shortcode", "600638", "--kind", "c2b-confirmation")
    assert "/***" in tried.stdout
    # A server that repeats what it was asked for, as the page of a 404 does.
    erp.then(lambda _erp, asked: html(404, f"The requested URL {asked.path} was not found, nor {erp.uuid}"))
    pesagate.post("c2b-confirmation", c2b(RECEIPT))
    pesagate.wait_for_state("dead")
    told_to_people = pesagate.run("explain", RECEIPT).stdout
    assert "The requested URL /*** was not found, nor ***" in told_to_people
    everything = (
        tried.stdout + told_to_people + pesagate.log.read_text("utf-8") + pesagate.run("check", "--live").stdout
    )
    assert erp.uuid not in everything


@pytest.mark.parametrize("erp", ["erpnext"], indirect=True)
@pytest.mark.parametrize("status", [409, 417])
def test_a_unique_field_of_erpnext_is_a_duplicate(erp: Any, pesagate: Gateway, status: int) -> None:
    erp.duplicates = status
    erp.booked.append((RECEIPT, "1500.00"))
    # The look-up misses it, as when another had booked it a moment later.
    erp.then(answers(told(200, {"data": []})))
    pesagate.post("c2b-confirmation", c2b(RECEIPT))
    pesagate.wait_for_state("delivered")
    assert erp.booked == [(RECEIPT, "1500.00")]


@pytest.mark.parametrize("erp", ["business-central", "quickbooks-online", "xero", "zoho-books", "sage"], indirect=True)
def test_a_token_that_ended_is_renewed_once(erp: Any, pesagate: Gateway) -> None:
    pesagate.post("c2b-confirmation", c2b("UKO7R8T001"))
    pesagate.wait_for_state("delivered")
    erp.tokens.expire()
    pesagate.post("c2b-confirmation", c2b("UKO7R8T002"))
    pesagate.wait_for_state("delivered", 2)
    assert erp.tokens.given == 2
    # A refresh token that rotates outlives a restart.
    erp.tokens.expire()
    pesagate.stop()
    pesagate.start()
    pesagate.post("c2b-confirmation", c2b("UKO7R8T003"))
    pesagate.wait_for_state("delivered", 3, seconds=60)
    assert [receipt for receipt, _ in erp.booked] == ["UKO7R8T001", "UKO7R8T002", "UKO7R8T003"]


# Parameter, a wrong value, and where the words of the refusal come from.
_WRONG = {"quickbooks-online": ("customer", 1), "xero": ("account", "999"), "sage": ("contact", "nobody")}


@pytest.mark.parametrize("erp", list(_WRONG), indirect=True)
def test_a_mended_mapping_is_not_told_the_old_refusal(
    erp: Any, pesagate: Gateway, request: pytest.FixtureRequest
) -> None:
    """Their answers are kept by the request's key, refusals too. A lost answer still goes under the same key."""
    name, wrong = _WRONG[request.node.callspec.params["erp"]]
    given = pesagate.config["tenants"]["duka"]["destinations"]["erp"]["with"]
    right, given[name] = given[name], wrong
    pesagate.stop()
    pesagate.start()
    pesagate.post("c2b-confirmation", c2b(RECEIPT))
    pesagate.wait_for_state("dead")
    given[name] = right
    pesagate.stop()
    pesagate.start()
    looks = int(request.node.callspec.params["erp"] == "xero")
    # A new process has to sign in first.
    erp.then(lets_through, *[lets_through] * looks, loses_its_answer)
    assert pesagate.run("replay", RECEIPT, "--yes").returncode == 0
    pesagate.wait_for_state("delivered", seconds=60)
    assert erp.booked == [(RECEIPT, "1500.00")]


@pytest.mark.parametrize("erp", ["sap-b1"], indirect=True)
def test_a_session_that_ended_is_renewed_once(erp: SapB1, pesagate: Gateway) -> None:
    pesagate.post("c2b-confirmation", c2b("UKO7R8T001"))
    pesagate.wait_for_state("delivered")
    erp.expire()
    pesagate.post("c2b-confirmation", c2b("UKO7R8T002"))
    pesagate.wait_for_state("delivered", 2)
    assert erp.logins == 2
    assert [receipt for receipt, _ in erp.booked] == ["UKO7R8T001", "UKO7R8T002"]


@each_recipe
def test_check_live_signs_in_and_books_nothing(erp: EmulatedErp, pesagate: Gateway) -> None:
    done = pesagate.run("check", "--live")
    assert done.returncode == 0, done.stdout + done.stderr
    assert erp.booked == []
    # A refresh token that rotates is the delivery process's alone, and a webhook would be set off.
    asks_nothing = isinstance(erp, OdooWebhook) or getattr(getattr(erp, "tokens", None), "refresh", None) is not None
    assert bool(erp.asked) is not asks_nothing


@each_recipe
def test_what_is_no_paid_payment_is_never_booked(erp: EmulatedErp, pesagate: Gateway) -> None:
    pesagate.stop()
    # Somebody's route is too wide.
    pesagate.config["tenants"]["duka"]["routes"] = [{"when": {"type": "*"}, "to": ["erp"]}]
    pesagate.start()
    pesagate.post("stk", stk("ws_CO_F", code=1032))
    (row,) = pesagate.wait_for_state("dead")
    assert row["reason"] == "requires"
    assert (erp.booked, erp.asked) == ([], [])


@pytest.mark.parametrize("erp", ["generic"], indirect=True)
def test_a_wrong_token_is_a_dead_letter_with_the_receivers_words(erp: Any, pesagate: Gateway) -> None:
    mended, erp.token = erp.token, "another-one"
    pesagate.post("c2b-confirmation", c2b(RECEIPT))
    (row,) = pesagate.wait_for_state("dead")
    assert (row["reason"], row["attempts"]) == ("http_401", 1)
    told_to_people = pesagate.run("explain", RECEIPT).stdout
    assert "the till's token is not known here" in told_to_people
    assert mended not in told_to_people
    erp.token = mended
    assert pesagate.run("replay", RECEIPT, "--yes").returncode == 0
    pesagate.wait_for_state("delivered")
    assert erp.booked == [(RECEIPT, "1500.00")]


@pytest.mark.parametrize("erp", ["business-central"], indirect=True)
def test_a_line_that_has_been_posted_meanwhile_is_not_entered_again(erp: Any, pesagate: Gateway) -> None:
    # The line is made and its answer lost; before the next attempt somebody posts the journal, and the line is gone.
    def posts_the_journal(running: EmulatedErp, asked: Asked) -> Told:
        lost = loses_its_answer(running, asked)
        erp.post_journal()
        return lost

    erp.then(*[lets_through] * 4, posts_the_journal)
    pesagate.post("c2b-confirmation", c2b(RECEIPT))
    pesagate.wait_for_state("delivered", seconds=60)
    assert erp.booked == [(RECEIPT, "1500.00")]


@pytest.mark.parametrize("erp", ["erpnext"], indirect=True)
def test_a_fault_of_the_unique_field_that_is_no_duplicate_is_a_dead_letter(erp: Any, pesagate: Gateway) -> None:
    missing = {"exc_type": "MandatoryError", "exception": "frappe.exceptions.MandatoryError: mpesa_receipt"}
    erp.then(lets_through, lets_through, answers(told(417, missing)))
    pesagate.post("c2b-confirmation", c2b(RECEIPT))
    (row,) = pesagate.wait_for_state("dead")
    assert (row["reason"], erp.booked) == ("http_417", [])


@pytest.mark.parametrize("erp", ["odoo-14-18", "odoo-19"], indirect=True)
def test_check_live_finds_a_wrong_key(erp: Any, pesagate: Gateway) -> None:
    pesagate.config["tenants"]["duka"]["destinations"]["erp"]["with"]["api_key"] = "a-wrong-key"
    pesagate.write()
    done = pesagate.run("check", "--live")
    assert done.returncode == 78, done.stdout
    assert "a-wrong-key" not in done.stdout + done.stderr
