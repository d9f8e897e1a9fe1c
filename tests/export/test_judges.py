"""Every format is read by importers that others wrote, to the cent, with every name that a payer may have."""

from decimal import Decimal
from pathlib import Path

import pytest
from exported import FORMATS, JOURNALS, TEXTS, month, moved, payment, payments, rendered
from judges import JUDGES, grouped

from gateway.domain.event import Event, Party

CASES = [(name, judge) for name, judges in JUDGES.items() for judge in judges]
EACH = pytest.mark.parametrize(("name", "judge"), CASES, ids=[f"{name}-{judge.__name__}" for name, judge in CASES])


def test_every_format_has_a_judge() -> None:
    assert set(JUDGES) == set(FORMATS)


def expected(name: str, events: list[Event]) -> list[tuple[str, Decimal]]:
    """What has to be found, by the events alone."""
    signs = {"payment": 1, "payout": -1, "transfer": -1, "tax": -1, "reversal": -1}
    found = []
    for event in events:
        family, _, outcome = event.type.partition(".")
        if outcome != "succeeded" or family not in signs:
            continue
        receipt = event.receipt or event.id.replace("-", "")
        found.append((receipt, signs[family] * (event.amount or Decimal(0))))
        if event.fees:
            found.append((receipt if name in JOURNALS else f"{receipt}-C", -event.fees))
    if name == "mt940":
        return [(receipt.replace("-", "")[-16:], amount) for receipt, amount in found]
    return grouped(found) if name in JOURNALS else found


@EACH
def test_ten_thousand_payments_are_found_to_the_cent(name: str, judge, tmp_path: Path) -> None:
    events = payments(10_000)

    found = judge(rendered(name, events), tmp_path)

    assert sum(amount for _, amount in found) == sum(moved(events))
    assert sorted(found) == sorted(expected(name, events))


@EACH
def test_a_month_of_everything_is_found_to_the_cent(name: str, judge, tmp_path: Path) -> None:
    events = month()

    found = judge(rendered(name, events, vat=16), tmp_path)

    assert sum(amount for _, amount in found) == sum(moved(events))
    assert sorted(found) == sorted(expected(name, events))


@EACH
def test_no_text_breaks_a_file(name: str, judge, tmp_path: Path) -> None:
    events = [
        payment(n, f"{n}.05", account_reference=text, payer=Party(msisdn=text, name=text))
        for n, text in enumerate(TEXTS)
    ]

    found = judge(rendered(name, events, phone="whole"), tmp_path)

    assert sorted(amount for _, amount in found) == [Decimal(f"{n}.05") for n in range(len(TEXTS))]


@pytest.mark.parametrize("name", FORMATS)
def test_the_same_events_give_the_same_bytes_in_whatever_order(name: str) -> None:
    events = month(60)

    assert rendered(name, events) == rendered(name, events[::-1])
