"""Every recipe against an emulated ERP: each receipt once, whatever happens to an answer on its way."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from erp.emulated.business_central import BusinessCentral
from erp.emulated.frappe import ErpNext
from erp.emulated.odoo import Odoo18, Odoo19, OdooWebhook, not_serialized, without_result
from erp.emulated.online import QuickBooks, SageAccounting, Xero, ZohoBooks
from erp.emulated.sap import SapB1
from erp.emulated.server import (
    EmulatedErp,
    Fault,
    answers,
    does_and_fails,
    falls_over,
    html,
    lets_through,
    loses_its_answer,
    told,
)
from erp.emulated.tally import Tally
from gateway_process import Gateway, configuration, free_port, gateway
from simulated import c2b, stk

RECEIPT = "UKO7R8T1YB"


@dataclass(frozen=True)
class Case:
    """How a recipe is used with an emulated ERP."""

    make: Callable[[], EmulatedErp]
    # Path behind the ERP's address, and the parameters, given the running ERP.
    path: str
    given: Callable[[Any], dict[str, Any]]
    # Requests before the one that books: log-ins, look-ups.
    before: int = 0


def _oauth(erp: Any, token_path: str) -> dict[str, Any]:
    return {
        "client_id": erp.tokens.client,
        "client_secret": erp.tokens.secret,
        "refresh_token": "refresh-0",
        "token_url": f"{erp.url}{token_path}",
    }


CASES = {
    "odoo-19": Case(
        lambda: Odoo19("key-19", "prod"),
        "",
        lambda erp: {"api_key": erp.key, "database": erp.database, "journal": 8},
    ),
    "odoo-14-18": Case(
        lambda: Odoo18("key-18", "prod"),
        "",
        lambda erp: {"api_key": erp.key, "database": erp.database, "user": erp.uid, "journal": 8},
    ),
    "odoo-webhook": Case(OdooWebhook, f"/web/hook/{OdooWebhook.uuid}", lambda _erp: {}),
    "erpnext": Case(
        lambda: ErpNext("key:secret"),
        "",
        lambda erp: {
            "token": erp.token,
            "company": "Duka",
            "receivable": "Debtors - D",
            "account": "M-Pesa 600638 - D",
            "unmatched": "M-Pesa Unmatched",
        },
        before=2,
    ),
    "business-central": Case(
        BusinessCentral,
        "/api/v2.0",
        lambda erp: {
            "client_id": erp.tokens.client,
            "client_secret": erp.tokens.secret,
            "token_url": f"{erp.url}/oauth2/v2.0/token",
            "company": erp.company,
            "journal": erp.journal,
            "unmatched": "99999",
        },
        before=3,
    ),
    "sap-b1": Case(
        SapB1,
        "",
        lambda erp: {
            "login": f"{erp.url}/Login",
            "company": erp.company,
            "user": erp.user,
            "password": erp.password,
            "account": "_SYS00000000001",
            "unmatched": "C999",
        },
        before=3,
    ),
    "quickbooks-online": Case(
        QuickBooks,
        f"/v3/company/{QuickBooks.realm}",
        lambda erp: {
            **_oauth(erp, "/oauth2/v1/tokens/bearer"),
            "realm": erp.realm,
            "customer": 99,
            "account": 35,
        },
        before=1,
    ),
    "xero": Case(
        Xero,
        "",
        lambda erp: {
            **_oauth(erp, "/connect/token"),
            "organisation": erp.xero_tenant,
            "contact": "c-1",
            "bank_account": 90,
            "account": 610,
        },
        before=2,
    ),
    "zoho-books": Case(
        ZohoBooks,
        "",
        lambda erp: {
            **_oauth(erp, "/oauth/v2/token"),
            "organization": erp.organization,
            "customer": "460000000099999",
            "account": "460000000000361",
        },
        before=2,
    ),
    "sage": Case(
        SageAccounting,
        "/v3.1",
        lambda erp: {**_oauth(erp, "/token"), "contact": "unmatched", "bank_account": "b-1"},
        before=1,
    ),
    "tally": Case(
        Tally,
        "",
        lambda erp: {"company": erp.company, "account": "M-Pesa 600638", "ledger": "M-Pesa Unmatched"},
        before=1,
    ),
}

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
    case = CASES[recipe]
    config = configuration(free_port(), "unused")
    config["tenants"]["duka"]["destinations"] = {
        "erp": {
            "adapter": "http",
            "recipe": recipe,
            "url": f"{erp.url}{case.path}",
            "with": case.given(erp),
            "allow_private": True,
            "timeout": "3s",
            "retry": {"schedule": ["1s"] * 20, "jitter": "0%"},
        }
    }
    if not config["tenants"]["duka"]["destinations"]["erp"]["with"]:
        del config["tenants"]["duka"]["destinations"]["erp"]["with"]
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
