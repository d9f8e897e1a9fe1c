"""What a recipe makes of payments that are out of the common: no reference, quotes, capitals, length, midnight."""

from collections.abc import Callable, Iterator
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from config_file import as_yaml
from erp.emulated.cases import CASES, destination_of
from erp.emulated.server import EmulatedErp, answers, lets_through, told

from adapters.http import HttpAdapter
from adapters.testing import MemoryProgress, MemoryVault, sample_event
from gateway import registry
from gateway.domain.delivery import AttemptResult
from gateway.domain.event import Event
from gateway.domain.times import NAIROBI
from gateway.settings import Known, load

KEY = "test-key-0123456789-ABCDEFGHIJ"

Deliver = Callable[..., Any]


@pytest.fixture
def erp(request: pytest.FixtureRequest) -> Iterator[EmulatedErp]:
    with CASES[request.param].make() as running:
        yield running


@pytest.fixture
def deliver(tmp_path: Path, request: pytest.FixtureRequest, erp: EmulatedErp) -> Iterator[Deliver]:
    """Give a function that delivers events to the destination of the recipe, one attempt each."""
    recipe = request.node.callspec.params["erp"]
    shortcodes = {"600638": {"type": "paybill", "key": KEY}}
    tenant = {"shortcodes": shortcodes, "destinations": {"erp": destination_of(recipe, erp)}}
    path = tmp_path / "pesagate.yaml"
    path.write_text(as_yaml({"version": 1, "tenants": {"duka": tenant}}), "utf-8")
    loaded = load(path, Known(("stk",), registry.names(), registry.schema_of), {})
    assert loaded.settings is not None, loaded.problems
    adapter = HttpAdapter(loaded.settings.tenants["duka"].destinations["erp"])
    adapter.keep_in(MemoryVault())
    assert [problem for problem in adapter.check() if problem] == []
    yield lambda event: adapter.deliver(event, MemoryProgress())
    adapter.close()


def payment(number: int = 1, **overrides: Any) -> Event:
    """Return a payment of 233.80 with a receipt of its own."""
    return sample_event(**{"receipt": f"UKO7R8T{number:03}", "amount": Decimal("233.80"), **overrides})


each_recipe = pytest.mark.parametrize("erp", CASES, indirect=True)


def booking(erp: EmulatedErp) -> str:
    """Return the body of the request that booked, the last one that wrote."""
    return [asked for asked in erp.asked if asked.method in ("POST", "PUT")][-1].body.decode()


@each_recipe
def test_a_payment_without_a_receipt_is_refused_before_anything_is_asked(erp: EmulatedErp, deliver: Deliver) -> None:
    verdict = deliver(payment(receipt=None))
    assert (verdict.result, verdict.reason) == (AttemptResult.REJECTED, "requires")
    assert "receipt" in verdict.detail
    assert (erp.asked, erp.booked) == ([], [])


@each_recipe
@pytest.mark.parametrize(
    "event",
    [{"amount": None}, {"type": "payment.failed"}, {"type": "payout.succeeded"}, {"type": "reversal.succeeded"}],
)
def test_what_is_no_paid_payment_is_refused(erp: EmulatedErp, deliver: Deliver, event: dict[str, Any]) -> None:
    assert deliver(payment(**event)).reason == "requires"
    assert erp.asked == []


@each_recipe
def test_a_payment_without_a_reference_is_booked_all_the_same(erp: EmulatedErp, deliver: Deliver) -> None:
    assert deliver(payment(account_reference=None)).result is AttemptResult.DELIVERED
    assert erp.booked == [("UKO7R8T001", "233.80")]
    assert "None" not in booking(erp)


@each_recipe
@pytest.mark.parametrize(
    "reference",
    [
        "O'Brien",
        'a "quote" & <b>',
        "x' or number ne '",
        "INV-1007 " * 60,
        "Wanjikũ\u00a0№ 7",
        "{{ secrets }}",
        "%_*?#/../",
    ],
)
def test_whatever_a_payer_types_is_booked_as_one_payment(erp: EmulatedErp, deliver: Deliver, reference: str) -> None:
    assert deliver(payment(account_reference=reference)).result is AttemptResult.DELIVERED
    assert erp.booked == [("UKO7R8T001", "233.80")]


@each_recipe
def test_a_payment_just_after_midnight_is_booked_on_nairobis_day(erp: EmulatedErp, deliver: Deliver) -> None:
    deliver(payment(occurred_at=datetime(2026, 11, 24, 0, 30, tzinfo=NAIROBI)))
    body = booking(erp)
    assert "2026-11-24" in body or "20261124" in body
    assert "2026-11-23" not in body
    assert "20261123" not in body


@each_recipe
def test_without_the_time_of_the_payment_the_time_of_its_arrival_counts(erp: EmulatedErp, deliver: Deliver) -> None:
    event = payment(occurred_at=None, received_at=datetime(2026, 11, 24, 0, 30, tzinfo=NAIROBI))
    assert deliver(event).result is AttemptResult.DELIVERED
    assert "2026-11-23" not in booking(erp)
    assert len(erp.booked) == 1


# What is typed, and how the request that books names the customer: that one, and the one for all others.
MATCHED = {
    "erpnext": (" acc-001 ", '"party":"ACC-001"', '"party":"M-Pesa Unmatched"'),
    "business-central": (" 10000 ", '"customerNumber":"10000"', '"customerNumber":"99999"'),
    "sap-b1": ("c001", '"CardCode":"C001"', '"CardCode":"C999"'),
}


@pytest.mark.parametrize("erp", MATCHED, indirect=True)
def test_a_reference_finds_its_customer_as_people_type_it(
    erp: EmulatedErp, deliver: Deliver, request: pytest.FixtureRequest
) -> None:
    typed, matched, unmatched = MATCHED[request.node.callspec.params["erp"]]
    deliver(payment(1, account_reference=typed))
    assert matched in booking(erp).replace(": ", ":")
    deliver(payment(2, account_reference="nobody"))
    assert unmatched in booking(erp).replace(": ", ":")


LISTS = {
    "erpnext": ("data", {"name": "ACC-001", "reference_no": "UKO0000000"}),
    "business-central": ("value", {"number": "10000", "externalDocumentNumber": "UKO0000000"}),
    "sap-b1": ("value", {"CardCode": "C001", "TransferReference": "UKO0000000"}),
    "xero": ("BankTransactions", {"Reference": "UKO0000000"}),
    "zoho-books": ("customerpayments", {"reference_number": "UKO0000000"}),
}


@pytest.mark.parametrize("erp", LISTS, indirect=True)
def test_a_look_up_that_finds_another_payment_is_neither_taken_for_this_one_nor_for_nothing(
    erp: EmulatedErp, deliver: Deliver, request: pytest.FixtureRequest
) -> None:
    """An ERP that does not understand the filter answers with all there is."""
    recipe = request.node.callspec.params["erp"]
    key, other = LISTS[recipe]
    signs_in = 0 if recipe == "erpnext" else 1
    erp.then(*[lets_through] * signs_in, answers(told(200, {"code": 0, key: [other]})))
    verdict = deliver(payment())
    assert (verdict.result, verdict.reason) == (AttemptResult.REJECTED, "requires")
    assert erp.booked == []


@pytest.mark.parametrize("erp", LISTS, indirect=True)
def test_a_look_up_whose_answer_has_no_list_is_not_taken_for_nothing(
    erp: EmulatedErp, deliver: Deliver, request: pytest.FixtureRequest
) -> None:
    signs_in = 0 if request.node.callspec.params["erp"] == "erpnext" else 1
    erp.then(*[lets_through] * signs_in, answers(told(200, {"code": 0, "message": "welcome"})))
    assert deliver(payment()).result is AttemptResult.REJECTED
    assert erp.booked == []


@pytest.mark.parametrize("erp", ["erpnext", "business-central", "sap-b1"], indirect=True)
def test_another_customer_than_the_one_asked_for_is_not_paid_into(
    erp: EmulatedErp, deliver: Deliver, request: pytest.FixtureRequest
) -> None:
    recipe = request.node.callspec.params["erp"]
    key, other = LISTS[recipe]
    looks = {"erpnext": 1, "business-central": 3, "sap-b1": 2}[recipe]
    erp.then(*[lets_through] * looks, answers(told(200, {key: [other]})))
    deliver(payment(account_reference="nobody"))
    assert MATCHED[recipe][2] in booking(erp).replace(": ", ":")


@pytest.mark.parametrize(
    ("erp", "receipt"),
    [
        ("business-central", "R" * 21),
        ("sap-b1", "R" * 28),
        ("quickbooks-online", "R" * 22),
        ("xero", 'a"b'),
        ("tally", 'a"b'),
    ],
    indirect=["erp"],
)
def test_a_receipt_that_the_erp_could_not_keep_whole_is_refused(
    erp: EmulatedErp, deliver: Deliver, receipt: str
) -> None:
    assert deliver(payment(receipt=receipt)).reason == "requires"
    assert erp.asked == []


@pytest.mark.parametrize("erp", ["business-central", "sap-b1", "zoho-books", "erpnext"], indirect=True)
def test_a_receipt_with_a_quote_is_found_again(erp: EmulatedErp, deliver: Deliver) -> None:
    # Other providers' receipts are what they are.
    assert deliver(payment(receipt="A'1")).result is AttemptResult.DELIVERED
    assert deliver(payment(receipt="A'1")).result is AttemptResult.DUPLICATE
    assert erp.booked == [("A'1", "233.80")]
