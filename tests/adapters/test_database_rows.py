"""What stands in the customer's table afterwards: exact, once, and nothing overwritten that was not asked for."""

import random
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from customer_database import COLUMNS, Customer
from sqlalchemy import create_engine, text

from adapters.testing import MemoryProgress, sample_event
from gateway.domain.delivery import AttemptResult, Verdict
from gateway.domain.event import Event, Party

DELIVERED, DUPLICATE = AttemptResult.DELIVERED, AttemptResult.DUPLICATE
RETRY, REJECTED = AttemptResult.RETRY, AttemptResult.REJECTED


def numbered(number: int, **overrides: Any) -> Event:
    return sample_event(**{"id": f"event-{number}", "receipt": f"UC{number:08}", **overrides})


def told(verdicts: Sequence[Verdict]) -> list[tuple[AttemptResult, str]]:
    return [(verdict.result, verdict.reason) for verdict in verdicts]


def deliver(customer: Customer, event: Event | None = None, **settings: Any) -> Verdict:
    return customer.adapter(**settings).deliver(event or sample_event(), MemoryProgress())


def instant(value: Any) -> datetime:
    """Return the instant that the three engines tell in three ways; our session's zone on the test server is UTC."""
    if isinstance(value, str):
        # SQLite: Nairobi's clock, as a column without a zone has it.
        return datetime.fromisoformat(f"{value}+03:00")
    return value.replace(tzinfo=UTC) if value.tzinfo is None else value


def test_a_row_holds_what_the_event_says(erp_table: Customer) -> None:
    assert deliver(erp_table).reason == "inserted"
    (row,) = erp_table.rows()
    assert Decimal(row["amount"]) == Decimal("1500.00")
    assert (row["receipt"], row["payer"], row["state"]) == ("UC2A1B2C3D", "WANJIKU", "new")
    if erp_table.backend == "mysql":
        (row,) = erp_table.rows("SELECT CAST(UNIX_TIMESTAMP(paid_at) AS INTEGER) AS paid_at FROM mpesa_payments")
        assert row["paid_at"] == sample_event().occurred_at.timestamp()
    else:
        assert instant(row["paid_at"]) == sample_event().occurred_at


def test_the_same_event_is_one_row_however_often_it_comes(erp_table: Customer) -> None:
    adapter = erp_table.adapter()
    verdicts = [adapter.deliver(sample_event(), MemoryProgress(n)) for n in range(1, 5)]
    assert told(verdicts) == [(DELIVERED, "inserted"), *[(DUPLICATE, "already_there")] * 3]
    assert len(erp_table.rows()) == 1


def test_what_the_erp_has_changed_is_not_overwritten(erp_table: Customer) -> None:
    deliver(erp_table)
    erp_table.run("UPDATE mpesa_payments SET state = 'posted', payer = 'W. Kamau', amount = '1499.99'")
    before = erp_table.rows()
    assert deliver(erp_table).reason == "already_there"
    assert erp_table.rows() == before


def test_only_the_columns_of_update_are_written_again(erp_table: Customer) -> None:
    deliver(erp_table, sample_event(payer=Party()))
    erp_table.run("UPDATE mpesa_payments SET state = 'posted', amount = '1499.99'")
    verdict = deliver(erp_table, on_duplicate={"update": ["payer"]})
    assert (verdict.result, verdict.reason) == (DUPLICATE, "updated")
    (row,) = erp_table.rows()
    assert (row["payer"], row["state"], Decimal(row["amount"])) == ("WANJIKU", "posted", Decimal("1499.99"))


def test_update_never_touches_the_row_of_another_payment(erp_table: Customer) -> None:
    """MySQL's own ON DUPLICATE KEY UPDATE would: it fires on any unique key."""
    erp_table.run("CREATE UNIQUE INDEX mpesa_payments_event ON mpesa_payments (event_id)")
    deliver(erp_table, numbered(1))
    verdict = deliver(
        erp_table, numbered(1, receipt="UC00000002", payer=Party(name="OTHER")), on_duplicate={"update": ["payer"]}
    )
    assert (verdict.result, verdict.reason) == (REJECTED, "constraint")
    assert [row["payer"] for row in erp_table.rows()] == ["WANJIKU"]


OUTBOX = "CREATE TABLE outbox (receipt VARCHAR(20) NOT NULL, total {money}, UNIQUE (receipt))"
ALSO = [
    {
        "sql": "INSERT INTO outbox (receipt, total) VALUES (:receipt, :total)",
        "with": {"receipt": "{{ receipt }}", "total": {"value": "{{ amount }}", "type": "numeric"}},
    }
]


def test_further_statements_run_once_for_each_new_row(erp_table: Customer) -> None:
    erp_table.run(OUTBOX)
    adapter = erp_table.adapter(also=ALSO)
    adapter.deliver_many([numbered(1), numbered(2, amount=Decimal("0.10"))])
    adapter.deliver_many([numbered(1), numbered(2)])
    rows = erp_table.rows("SELECT * FROM outbox ORDER BY receipt")
    assert [(row["receipt"], Decimal(row["total"])) for row in rows] == [
        ("UC00000001", Decimal("1500.00")),
        ("UC00000002", Decimal("0.10")),
    ]


def test_a_further_statement_that_fails_takes_its_row_with_it_and_no_other(erp_table: Customer) -> None:
    erp_table.run(OUTBOX, "INSERT INTO outbox (receipt) VALUES ('UC00000002')")
    verdicts = erp_table.adapter(also=ALSO).deliver_many([numbered(1), numbered(2), numbered(3)])
    assert told(verdicts) == [(DELIVERED, "inserted"), (REJECTED, "constraint"), (DELIVERED, "inserted")]
    assert [row["receipt"] for row in erp_table.rows()] == ["UC00000001", "UC00000003"]
    assert len(erp_table.rows("SELECT * FROM outbox")) == 3


def test_a_value_is_never_part_of_a_statement(erp_table: Customer) -> None:
    erp_table.run(OUTBOX)
    nasty = "x'); DELETE FROM outbox; --"
    verdict = deliver(erp_table, sample_event(account_reference=nasty), also=[
        {"sql": "INSERT INTO outbox (receipt) VALUES (:it)", "with": {"it": "{{ account_reference | cut(20) }}"}}
    ], columns={**COLUMNS, "payer": "{{ account_reference }}"})  # fmt: skip
    assert verdict.result is DELIVERED
    assert [row["receipt"] for row in erp_table.rows("SELECT * FROM outbox")] == [nasty[:20]]
    assert [row["payer"] for row in erp_table.rows()] == [nasty]


@pytest.mark.parametrize("receipt", [None, "", "  "])
def test_a_key_that_is_empty_is_rejected(erp_table: Customer, receipt: str | None) -> None:
    verdict = deliver(erp_table, sample_event(receipt=receipt))
    assert (verdict.result, verdict.reason) == (REJECTED, "bad_row")
    assert "receipt is `unique` and empty" in verdict.detail
    assert erp_table.rows() == []


@pytest.mark.parametrize(
    "name",
    [
        'O\'Brien "Mo" `x`',
        "100% \\ :name {{ id }}",
        "💰 Wanjikũ 👩‍👩‍👧",
        "\u202eمحمد علي\u202c",
        "名前",
        "a\tb\nc",
        "NULL",
        "--",
    ],
)
def test_names_arrive_as_they_are(erp_table: Customer, name: str) -> None:
    assert deliver(erp_table, sample_event(payer=Party(name=name))).reason == "inserted"
    assert [row["payer"] for row in erp_table.rows()] == [name]


def test_half_an_emoji_costs_no_payment(erp_table: Customer) -> None:
    assert deliver(erp_table, sample_event(payer=Party(name="Ann \ud83d"))).reason == "inserted"
    assert [row["payer"] for row in erp_table.rows()] == ["Ann \ufffd"]


def test_ten_thousand_amounts_are_equal_to_the_cent(erp_table: Customer) -> None:
    rng = random.Random(20261124)
    amounts = [Decimal(rng.choice([rng.randrange(1, 100), rng.randrange(1, 10**12)])).scaleb(-2) for _ in range(9_995)]
    amounts += [Decimal(text) for text in ("0.01", "0.10", "0.30", "99999999.99", "9999999999.99")]
    adapter = erp_table.adapter()
    for start in range(0, len(amounts), 500):
        events = [numbered(start + n, amount=amount) for n, amount in enumerate(amounts[start : start + 500])]
        assert {verdict.reason for verdict in adapter.deliver_many(events)} == {"inserted"}
    found = {
        row["receipt"]: Decimal(row["amount"]) for row in erp_table.rows("SELECT receipt, amount FROM mpesa_payments")
    }
    assert found == {f"UC{n:08}": amount for n, amount in enumerate(amounts)}
    (total,) = erp_table.rows(f"SELECT SUM({CENTS[erp_table.backend]}) AS cents FROM mpesa_payments")  # noqa: S608
    assert int(total["cents"]) == int(sum(amounts).scaleb(2))


CENTS = {"sqlite": "CAST(REPLACE(amount, '.', '') AS INTEGER)", "postgresql": "amount * 100", "mysql": "amount * 100"}


def test_whole_cents_in_an_integer_column(erp_table: Customer) -> None:
    erp_table.run("ALTER TABLE mpesa_payments ADD COLUMN cents BIGINT")
    columns = {**COLUMNS, "cents": {"value": "{{ amount }}", "type": "cents"}}
    assert deliver(erp_table, sample_event(amount=Decimal("0.29")), columns=columns).reason == "inserted"
    assert [row["cents"] for row in erp_table.rows()] == [29]


def test_one_bad_row_takes_no_other_with_it(erp_table: Customer) -> None:
    events = [numbered(n) for n in range(50)]
    events[17] = numbered(17, payer=Party(msisdn="254712345678", name="W" * 61))
    events[31] = numbered(31, receipt=None)
    verdicts = erp_table.adapter().deliver_many(events)
    assert [n for n, verdict in enumerate(verdicts) if verdict.result is not DELIVERED] == [17, 31]
    assert "has 61 characters" in verdicts[17].detail
    assert len(erp_table.rows()) == 48


def test_a_row_that_only_the_database_refuses_takes_no_other_with_it(erp_table: Customer) -> None:
    erp_table.run("CREATE UNIQUE INDEX mpesa_payments_event ON mpesa_payments (event_id)")
    events = [numbered(n, id="same" if n in (3, 4, 9) else f"event-{n}") for n in range(10)]
    verdicts = erp_table.adapter().deliver_many(events)
    assert [n for n, verdict in enumerate(verdicts) if verdict.result is not DELIVERED] == [4, 9]
    assert {verdict.reason for verdict in (verdicts[4], verdicts[9])} == {"constraint"}
    assert len(erp_table.rows()) == 8


def test_two_events_of_one_key_in_one_batch_are_one_row(erp_table: Customer) -> None:
    verdicts = erp_table.adapter().deliver_many([numbered(1), numbered(2), numbered(1, id="event-1b")])
    assert told(verdicts) == [(DELIVERED, "inserted"), (DELIVERED, "inserted"), (DUPLICATE, "already_there")]
    assert [row["event_id"] for row in erp_table.rows()] == ["event-1", "event-2"]


def test_two_gateways_at_once_write_each_row_once(erp_table: Customer) -> None:
    events = [numbered(n) for n in range(200)]
    order = events[:]
    random.Random(7).shuffle(order)
    tries: list[list[tuple[str, Verdict]]] = []

    def gateway(mine: list[Event]) -> None:
        adapter, left, seen = erp_table.adapter(), mine, []
        while left:
            batch, left = left[:20], left[20:]
            verdicts = adapter.deliver_many(batch)
            seen += [(event.id, verdict) for event, verdict in zip(batch, verdicts, strict=True)]
            left += [event for event, verdict in zip(batch, verdicts, strict=True) if verdict.result is RETRY]
        tries.append(seen)

    with ThreadPoolExecutor(3) as pool:
        list(pool.map(gateway, [events, order, events[::-1]]))
    assert sorted(row["event_id"] for row in erp_table.rows()) == sorted(event.id for event in events)
    assert sorted(name for seen in tries for name, verdict in seen if verdict.result is DELIVERED) == sorted(
        event.id for event in events
    )
    assert not [verdict for seen in tries for _, verdict in seen if verdict.result is REJECTED]


@pytest.mark.not_on("sqlite", why="SQLite has one lock for all rows")
def test_a_key_that_is_written_elsewhere_and_not_committed_waits_and_holds_up_no_other(erp_table: Customer) -> None:
    engine = create_engine(erp_table.url)
    adapter = erp_table.adapter(timeout=timedelta(seconds=2))
    with engine.connect() as other:
        other.execute(text("INSERT INTO mpesa_payments (receipt, amount) VALUES ('UC00000002', 1)"))
        verdicts = adapter.deliver_many([numbered(1), numbered(2), numbered(3)])
        other.rollback()
    assert told(verdicts) == [(DELIVERED, "inserted"), (RETRY, "locked"), (DELIVERED, "inserted")]
    assert adapter.deliver(numbered(2), MemoryProgress()).reason == "inserted"
    engine.dispose()


def test_a_locked_table_is_tried_again_and_costs_one_wait(erp_table: Customer) -> None:
    lock = {
        "sqlite": "BEGIN EXCLUSIVE",
        "postgresql": "BEGIN; LOCK TABLE mpesa_payments IN ACCESS EXCLUSIVE MODE",
        "mysql": "LOCK TABLES mpesa_payments WRITE",
    }[erp_table.backend]
    adapter = erp_table.adapter(timeout=timedelta(seconds=1))
    assert adapter.deliver(numbered(0), MemoryProgress()).reason == "inserted"
    engine = create_engine(erp_table.url, isolation_level="AUTOCOMMIT")
    with engine.connect() as other:
        other.exec_driver_sql(lock)
        started = time.monotonic()
        verdicts = adapter.deliver_many([numbered(n) for n in range(1, 40)])
        assert time.monotonic() - started < 10
        other.exec_driver_sql({"mysql": "UNLOCK TABLES"}.get(erp_table.backend, "ROLLBACK"))
    engine.dispose()
    assert {verdict.result for verdict in verdicts} == {RETRY}
    assert {verdict.reason for verdict in verdicts} <= {"locked", "timeout"}
    assert {verdict.reason for verdict in adapter.deliver_many([numbered(n) for n in range(1, 40)])} == {"inserted"}


def test_another_spelling_is_another_payment_or_a_rejection_never_a_duplicate(erp_table: Customer) -> None:
    """MariaDB's usual collations take uc1 and UC1 for the same."""
    deliver(erp_table, sample_event(receipt="UC2A1B2C3D"))
    verdict = deliver(erp_table, sample_event(id="event-2", receipt="uc2a1b2c3d"))
    if erp_table.backend == "mysql":
        assert (verdict.result, verdict.reason) == (REJECTED, "other_spelling")
        assert len(erp_table.rows()) == 1
    else:
        assert verdict.result is DELIVERED
        assert len(erp_table.rows()) == 2
