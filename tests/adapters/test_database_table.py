"""What the adapter asks of the customer's table, how it says so, and what it does when the table changes."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from customer_database import COLUMNS, TABLE, UNIQUE, Customer, customer

from adapters.testing import MemoryProgress, sample_event
from gateway.domain.delivery import AttemptResult
from gateway.domain.event import Party

DELIVERED, RETRY, REJECTED = AttemptResult.DELIVERED, AttemptResult.RETRY, AttemptResult.REJECTED
CREATE = {
    "sqlite": "CREATE UNIQUE INDEX mpesa_payments_receipt_once ON mpesa_payments (receipt);",
    "postgresql": "CREATE UNIQUE INDEX mpesa_payments_receipt_once ON mpesa_payments (receipt);",
    "mysql": "CREATE UNIQUE INDEX mpesa_payments_receipt_once ON mpesa_payments (receipt);",
}


def live(table: Customer, /, **settings: Any) -> list[str]:
    return list(table.adapter(**settings).check(live=True))


def deliver(table: Customer, /, **settings: Any) -> tuple[AttemptResult, str]:
    verdict = table.adapter(**settings).deliver(sample_event(), MemoryProgress())
    return verdict.result, verdict.reason


def test_a_table_that_suits_has_no_problems_and_no_row_is_written(erp_table: Customer) -> None:
    also = [{"sql": "UPDATE mpesa_payments SET state = :it WHERE 1 = 0", "with": {"it": "x"}}]
    assert live(erp_table, on_duplicate={"update": ["payer"]}, also=also) == []
    assert erp_table.rows() == []


def test_a_further_statement_that_cannot_work_is_told(erp_table: Customer) -> None:
    also = [{"sql": "INSERT INTO no_such (a) VALUES (:a)", "with": {"a": "x"}}]
    (told,) = live(erp_table, also=also)
    assert told.startswith("The table is not there.")
    assert deliver(erp_table, also=also) == (REJECTED, "no_table")
    assert erp_table.rows() == []


def test_a_constraint_that_cannot_decide_at_once_is_told(tmp_path: Path) -> None:
    """PostgreSQL's deferrable constraints keep receipts apart at the commit only."""
    ddl = "CREATE TABLE mpesa_payments (receipt VARCHAR(20) UNIQUE DEFERRABLE, amount {money})"
    columns = {"receipt": "{{ receipt }}", "amount": "{{ amount }}"}
    with customer("postgresql", tmp_path, (ddl,)) as table:
        (told,) = live(table, columns=columns)
        assert "is DEFERRABLE or not valid" in told
        assert deliver(table, columns=columns) == (REJECTED, "unsuitable")
        table.run("ALTER TABLE mpesa_payments DROP CONSTRAINT mpesa_payments_receipt_key")
        table.run(told.partition("Run: ")[2])
        assert live(table, columns=columns) == []
        assert deliver(table, columns=columns) == (DELIVERED, "inserted")


def test_a_deferred_rule_refuses_at_the_commit_and_takes_no_other_row_with_it(tmp_path: Path) -> None:
    customers = "CREATE TABLE customers (name VARCHAR(60) PRIMARY KEY)"
    rule = (
        "ALTER TABLE mpesa_payments ADD CONSTRAINT known FOREIGN KEY (payer) REFERENCES customers (name) "
        "DEFERRABLE INITIALLY DEFERRED"
    )
    with customer("postgresql", tmp_path, (TABLE, UNIQUE, customers, rule)) as table:
        table.run("INSERT INTO customers VALUES ('WANJIKU')")
        events = [
            sample_event(id=f"event-{n}", receipt=f"UC{n}", payer=Party(name="OTIENO" if n == 2 else "WANJIKU"))
            for n in range(5)
        ]
        verdicts = table.adapter().deliver_many(events)
        assert [n for n, verdict in enumerate(verdicts) if verdict.result is not DELIVERED] == [2]
        assert verdicts[2].reason == "constraint"
        assert [row["receipt"] for row in table.rows()] == ["UC0", "UC1", "UC3", "UC4"]


def test_without_a_unique_index_nothing_is_written_and_the_statement_that_makes_it_is_told(erp_table: Customer) -> None:
    drop = "DROP INDEX mpesa_payments_receipt" + (" ON mpesa_payments" if erp_table.backend == "mysql" else "")
    erp_table.run(drop)
    (told,) = live(erp_table)
    assert told.endswith(f"Run: {CREATE[erp_table.backend]}")
    assert deliver(erp_table) == (REJECTED, "unsuitable")
    assert erp_table.rows() == []
    erp_table.run(told.partition("Run: ")[2])
    assert live(erp_table) == []
    assert deliver(erp_table) == (DELIVERED, "inserted")


@pytest.mark.parametrize(
    ("backend", "index"),
    [
        ("sqlite", "CREATE INDEX odd_one ON mpesa_payments (receipt)"),
        ("sqlite", "CREATE UNIQUE INDEX odd_one ON mpesa_payments (receipt) WHERE amount > 0"),
        ("sqlite", "CREATE UNIQUE INDEX odd_one ON mpesa_payments (receipt, event_id)"),
        ("sqlite", "CREATE UNIQUE INDEX odd_one ON mpesa_payments (lower(receipt))"),
        ("postgresql", "CREATE UNIQUE INDEX odd_one ON mpesa_payments (receipt) WHERE amount > 0"),
        ("postgresql", "CREATE UNIQUE INDEX odd_one ON mpesa_payments (receipt, event_id)"),
        ("postgresql", "CREATE UNIQUE INDEX odd_one ON mpesa_payments (lower(receipt))"),
        ("mysql", "CREATE UNIQUE INDEX odd_one ON mpesa_payments (receipt(5))"),
        ("mysql", "CREATE UNIQUE INDEX odd_one ON mpesa_payments (receipt, event_id)"),
    ],
)
@pytest.mark.filterwarnings("ignore:Skipped unsupported reflection")
def test_an_index_that_does_not_keep_receipts_apart_does_not_count(tmp_path: Path, backend: str, index: str) -> None:
    with customer(backend, tmp_path, (TABLE, index)) as table:
        assert [told for told in live(table) if "keeps (receipt) unique" in told]
        assert deliver(table) == (REJECTED, "unsuitable")


@pytest.mark.parametrize("unique", ["UNIQUE (receipt)", "PRIMARY KEY (receipt)"])
@pytest.mark.parametrize("backend", ["sqlite", "postgresql", "mysql"])
def test_a_constraint_or_the_primary_key_counts(tmp_path: Path, backend: str, unique: str) -> None:
    ddl = f"CREATE TABLE mpesa_payments (receipt VARCHAR(20) NOT NULL, amount {{money}}, {unique})"
    columns = {"receipt": "{{ receipt }}", "amount": "{{ amount }}"}
    with customer(backend, tmp_path, (ddl,)) as table:
        assert live(table, columns=columns) == []
        assert deliver(table, columns=columns) == (DELIVERED, "inserted")


@pytest.mark.parametrize("kind", ["VARCHAR(20)", "VARCHAR(20) NOT NULL", "DECIMAL(20,0)", "TEXT COLLATE BINARY"])
def test_unique_beside_a_column_with_a_length_counts_in_sqlite(tmp_path: Path, kind: str) -> None:
    columns = {"receipt": {"value": "{{ receipt }}", "type": "text"}, "amount": "{{ amount }}"}
    ddl = f"CREATE TABLE mpesa_payments (receipt {kind} UNIQUE, amount {{money}})"
    with customer("sqlite", tmp_path, (ddl,)) as table:
        assert not [told for told in live(table, columns=columns) if "keeps (receipt) unique" in told]


def test_a_column_that_is_not_there_is_told_with_the_one_meant(erp_table: Customer) -> None:
    (told,) = live(erp_table, columns={**COLUMNS, "payer_": "{{ payer.name }}"})
    assert told == "The table mpesa_payments has no column payer_; did you mean payer?"


def test_a_table_that_is_not_there_is_told_with_the_one_meant(erp_table: Customer) -> None:
    (told,) = live(erp_table, table="mpesa_payment")
    assert told == "There is no table mpesa_payment; did you mean mpesa_payments?"
    assert deliver(erp_table, table="mpesa_payment") == (REJECTED, "no_table")


def test_a_column_that_must_be_filled_is_told(erp_table: Customer) -> None:
    filled = {"sqlite": " DEFAULT ''", "postgresql": "", "mysql": ""}[erp_table.backend]
    erp_table.run(f"ALTER TABLE mpesa_payments ADD COLUMN branch VARCHAR(10) NOT NULL{filled}")
    if erp_table.backend == "sqlite":
        assert live(erp_table) == []
        return
    (told,) = live(erp_table)
    assert told.startswith("The column branch takes no null and has no default: write in `columns` what it gets")
    assert live(erp_table, columns={**COLUMNS, "branch": "head"}) == []
    # That a trigger fills it is believed; here there is none.
    assert deliver(erp_table, filled_by_trigger=["branch"]) == (REJECTED, "constraint")


@pytest.mark.parametrize("kind", ["REAL", "FLOAT", "DOUBLE PRECISION"])
def test_an_amount_never_goes_into_a_float(erp_table: Customer, kind: str) -> None:
    erp_table.run(f"ALTER TABLE mpesa_payments ADD COLUMN total {kind}")
    (told,) = live(erp_table, columns={**COLUMNS, "total": "{{ amount }}"})
    assert told.startswith("The column total is ")
    assert "it rounds" in told
    assert deliver(erp_table, columns={**COLUMNS, "total": "{{ amount }}"}) == (REJECTED, "unsuitable")


def test_sqlites_numeric_columns_hold_floats(tmp_path: Path) -> None:
    with customer("sqlite", tmp_path) as table:
        table.run("ALTER TABLE mpesa_payments ADD COLUMN total DECIMAL(12, 2)")
        (told,) = live(table, columns={**COLUMNS, "total": "{{ amount }}"})
        assert "SQLite keeps its decimals as floats" in told
        cents = {**COLUMNS, "total": {"value": "{{ amount }}", "type": "cents"}}
        assert deliver(table, columns=cents) == (DELIVERED, "inserted")
        assert table.rows("SELECT total, typeof(total) AS kind FROM mpesa_payments") == [
            {"total": 150000, "kind": "integer"}
        ]


def test_an_amount_into_a_whole_number_has_to_be_meant(erp_table: Customer) -> None:
    erp_table.run("ALTER TABLE mpesa_payments ADD COLUMN total BIGINT")
    (told,) = live(erp_table, columns={**COLUMNS, "total": "{{ amount }}"})
    assert "write `type: cents`" in told
    whole = {**COLUMNS, "total": {"value": "{{ amount }}", "type": "integer"}}
    assert deliver(erp_table, columns=whole) == (DELIVERED, "inserted")
    verdict = erp_table.adapter(columns=whole).deliver(
        sample_event(receipt="UC2", amount=Decimal("1.50")), MemoryProgress()
    )
    assert (verdict.result, verdict.reason) == (REJECTED, "bad_row")


TYPES = {"n": "TEXT", "i": "SMALLINT", "t": "VARCHAR(8)", "b": "BOOLEAN", "d": "DATE", "m": "TIMESTAMP", "j": "JSON"}
MATRIX = {
    "sqlite": TYPES,
    "postgresql": {**TYPES, "n": "NUMERIC(14,3)", "j": "JSONB"},
    "mysql": {**TYPES, "n": "DECIMAL(14,3)", "m": "DATETIME"},
}
SOURCES = {
    "n": {"value": "{{ (amount | number) * 2 }}", "type": "numeric"},
    "i": {"value": "{{ 7 }}", "type": "integer"},
    "t": {"value": "{{ payer.name }} and more", "type": "text", "cut": True},
    "b": {"value": "{{ outcome == 'succeeded' }}", "type": "boolean"},
    "d": {"value": "{{ occurred_at }}", "type": "date"},
    "m": {"value": "{{ occurred_at }}", "type": "datetime", "zone": "UTC"},
    "j": {"value": "{{ payer }}", "type": "json"},
}


def matrix(table: Customer) -> None:
    for name, kind in MATRIX[table.backend].items():
        table.run(f"ALTER TABLE mpesa_payments ADD COLUMN {name} {kind}")


@pytest.mark.parametrize("declared", [True, False])
def test_each_kind_of_value_in_a_column_of_its_kind(erp_table: Customer, declared: bool) -> None:
    matrix(erp_table)
    # Without `type` the column decides; MariaDB's JSON is a text by another name.
    always = {"j"} if erp_table.backend == "mysql" else set()
    kept = {
        name: {key: given for key, given in each.items() if declared or name in always or key != "type"}
        for name, each in SOURCES.items()
    }
    at = datetime(2026, 3, 1, 22, 30, 5, tzinfo=UTC)
    columns = {**COLUMNS, **kept}
    adapter = erp_table.adapter(columns=columns)
    assert list(adapter.check(live=True)) == []
    assert adapter.deliver(sample_event(occurred_at=at), MemoryProgress()).reason == "inserted"
    (row,) = erp_table.rows("SELECT n, i, t, b, d, m, j FROM mpesa_payments")
    assert Decimal(row["n"]) == Decimal("3000.00")
    assert (row["i"], row["t"], bool(row["b"])) == (7, "WANJIKU ", True)
    # 22:30 in Greenwich is the next day in Nairobi.
    assert str(row["d"]) == "2026-03-02"
    assert str(row["m"]) == "2026-03-01 22:30:05"
    assert "254712345678" in str(row["j"])


@pytest.mark.parametrize("declared", [True, False])
def test_null_is_null_in_each_kind_of_column(erp_table: Customer, declared: bool) -> None:
    matrix(erp_table)
    kinds = {"n": "numeric", "i": "integer", "t": "text", "b": "boolean", "d": "date", "m": "datetime", "j": "json"}
    nulls = {
        name: {"value": "{{ original_receipt }}", **({"type": kind} if declared else {})}
        for name, kind in kinds.items()
    }
    columns = {**COLUMNS, **nulls}
    assert deliver(erp_table, columns=columns) == (DELIVERED, "inserted")
    assert erp_table.rows("SELECT count(*) AS n FROM mpesa_payments WHERE n IS NULL AND j IS NULL AND m IS NULL") == [
        {"n": 1}
    ]


@pytest.mark.parametrize(
    ("column", "source", "said"),
    [
        ("n", {"value": "{{ payer.name }}", "type": "numeric"}, "The value of n is no number."),
        ("i", {"value": "{{ amount }}.5", "type": "integer"}, "The value of i is no number."),
        (
            "i",
            {"value": "1.5", "type": "integer"},
            "The value of i is no whole number; for an amount in whole cents write",
        ),
        ("t", {"value": "{{ payer.name }} and more"}, "The value of t has 16 characters, and VARCHAR(8) takes 8"),
        ("b", {"value": "{{ payer.name }}", "type": "boolean"}, "The value of b is neither true nor false."),
        ("d", {"value": "{{ receipt }}", "type": "date"}, "The value of d is no date or time"),
        (
            "m",
            {"value": "2026-03-02T09:30:05", "type": "datetime"},
            "The value of m is a time that does not say its zone",
        ),
        ("t", {"value": "{{ payer }}"}, "The value of t is no text; a list or a mapping is written with `type: json`."),
        ("t", {"value": "{{ payer.name | number }}"}, "t: '{{ payer.name | number }}' cannot be worked out"),
    ],
)
def test_a_value_that_does_not_fit_is_told_without_itself(
    erp_table: Customer, column: str, source: dict[str, Any], said: str
) -> None:
    matrix(erp_table)
    event = sample_event(payer=Party(msisdn="254712345678", name="WANJIKU"))
    verdict = erp_table.adapter(columns={**COLUMNS, column: source}).deliver(event, MemoryProgress())
    assert (verdict.result, verdict.reason) == (REJECTED, "bad_row")
    assert verdict.detail.startswith(said)
    assert "WANJIKU" not in verdict.detail
    assert erp_table.rows() == []


@pytest.mark.not_on("sqlite", why="SQLite's exact amounts are texts")
def test_what_has_more_decimals_than_the_column_is_rejected_and_not_rounded(erp_table: Customer) -> None:
    third = {"value": "{{ (amount | number) / 7 }}", "type": "numeric"}
    assert deliver(erp_table, columns={**COLUMNS, "amount": third}) == (REJECTED, "bad_row")
    huge = {"value": "99999999999", "type": "numeric"}
    assert deliver(erp_table, columns={**COLUMNS, "amount": huge}) == (REJECTED, "bad_row")


# The table changes while the gateway runs.


@pytest.mark.not_on("sqlite", why="SQLite cannot change a column's type")
def test_a_column_that_grew_is_seen_at_once(erp_table: Customer) -> None:
    adapter = erp_table.adapter()
    assert adapter.deliver(sample_event(), MemoryProgress()).reason == "inserted"
    alter = "ALTER COLUMN payer TYPE VARCHAR(90)" if erp_table.backend == "postgresql" else "MODIFY payer VARCHAR(90)"
    erp_table.run(f"ALTER TABLE mpesa_payments {alter}")
    assert (
        adapter.deliver(sample_event(receipt="UC2", payer=Party(name="W" * 80)), MemoryProgress()).reason == "inserted"
    )


def test_a_column_that_went_is_told(erp_table: Customer) -> None:
    adapter = erp_table.adapter()
    assert adapter.deliver(sample_event(), MemoryProgress()).reason == "inserted"
    erp_table.run("ALTER TABLE mpesa_payments RENAME COLUMN payer TO payer_name")
    verdict = adapter.deliver(sample_event(receipt="UC2"), MemoryProgress())
    assert (verdict.result, verdict.reason) == (REJECTED, "unsuitable")
    assert verdict.detail == "The table mpesa_payments has no column payer; did you mean payer_name?"


@pytest.mark.not_on("mysql", why="MySQL's INSERT names no index: it is missed within a minute")
def test_a_unique_index_that_went_is_missed_by_the_next_row(erp_table: Customer) -> None:
    adapter = erp_table.adapter()
    assert adapter.deliver(sample_event(), MemoryProgress()).reason == "inserted"
    erp_table.run("DROP INDEX mpesa_payments_receipt")
    verdict = adapter.deliver(sample_event(), MemoryProgress())
    assert (verdict.result, verdict.reason) == (REJECTED, "unsuitable")
    assert "CREATE UNIQUE INDEX" in verdict.detail
    assert len(erp_table.rows()) == 1


@pytest.mark.not_on("sqlite", why="SQLite adds no mandatory column without a default")
def test_a_column_that_became_mandatory_is_told(erp_table: Customer) -> None:
    adapter = erp_table.adapter()
    assert adapter.deliver(sample_event(), MemoryProgress()).reason == "inserted"
    erp_table.run("DELETE FROM mpesa_payments", "ALTER TABLE mpesa_payments ADD COLUMN branch VARCHAR(9) NOT NULL")
    verdict = adapter.deliver(sample_event(), MemoryProgress())
    assert (verdict.result, verdict.reason) == (REJECTED, "unsuitable")
    assert verdict.detail.startswith("The column branch takes no null and has no default")


def test_a_table_that_was_made_anew_is_found(erp_table: Customer) -> None:
    adapter = erp_table.adapter()
    assert adapter.deliver(sample_event(), MemoryProgress()).reason == "inserted"
    erp_table.run("DROP TABLE mpesa_payments")
    assert adapter.deliver(sample_event(), MemoryProgress()).reason == "no_table"
    erp_table.run(TABLE, UNIQUE)
    assert adapter.deliver(sample_event(), MemoryProgress()).reason == "inserted"


# A table of ours, where that is asked for.


def test_create_table_makes_it_with_its_unique_constraint(erp_table: Customer) -> None:
    columns = {
        **COLUMNS,
        "seen": {"value": "{{ received_at }}", "type": "datetime"},
        "day": {"value": "{{ occurred_at }}", "type": "date"},
        "cents": {"value": "{{ amount }}", "type": "cents"},
        "who": {"value": "{{ payer }}", "type": "json"},
        "ok": True,
    }
    settings = {"table": "made_here", "columns": columns, "create_table": True}
    assert list(erp_table.adapter(**settings).check(live=True)) == []
    with pytest.raises(Exception, match="made_here"):
        erp_table.rows("SELECT * FROM made_here")
    assert list(erp_table.adapter(**settings).prepare()) == []
    assert live(erp_table, **settings) == []
    adapter = erp_table.adapter(**settings)
    assert adapter.deliver(sample_event(), MemoryProgress()).reason == "inserted"
    assert adapter.deliver(sample_event(), MemoryProgress()).reason == "already_there"
    (row,) = erp_table.rows("SELECT * FROM made_here")
    assert (Decimal(row["amount"]), row["cents"], bool(row["ok"])) == (Decimal("1500.00"), 150000, True)
    assert str(row["day"]) == str(date(2026, 3, 2))


def test_a_table_that_exists_is_never_altered(erp_table: Customer) -> None:
    before = erp_table.rows("SELECT * FROM mpesa_payments")
    told = live(erp_table, create_table=True, columns={**COLUMNS, "more": "{{ id }}"})
    assert [sentence for sentence in told if "has no column more" in sentence]
    assert deliver(erp_table, create_table=True, columns={**COLUMNS, "more": "{{ id }}"}) == (REJECTED, "unsuitable")
    assert erp_table.rows("SELECT * FROM mpesa_payments") == before


# Names.


@pytest.fixture(params=["postgresql", "mysql", "sqlite"])
def elsewhere(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Customer]:
    with customer(request.param, tmp_path, ()) as made:
        yield made


def test_a_table_in_a_schema_of_its_own(elsewhere: Customer) -> None:
    schema = {"postgresql": "accounting", "mysql": elsewhere.url.database, "sqlite": "main"}[elsewhere.backend]
    if elsewhere.backend == "postgresql":
        elsewhere.run("CREATE SCHEMA accounting")
    elsewhere.run(TABLE.replace("TABLE mpesa_payments", f"TABLE {schema}.mpesa_payments"))
    (told,) = live(elsewhere, table=f"{schema}.mpesa_payments")
    elsewhere.run(told.partition("Run: ")[2])
    assert live(elsewhere, table=f"{schema}.mpesa_payments") == []
    assert deliver(elsewhere, table=f"{schema}.mpesa_payments") == (DELIVERED, "inserted")
    assert deliver(elsewhere, table="mpesa_payments", schema=schema)[1] == "already_there"


def test_odd_names_of_tables_and_columns(elsewhere: Customer) -> None:
    quote = "`" if elsewhere.backend == "mysql" else '"'
    ddl = "CREATE TABLE 'M-Pesa.In 100%' ('Receipt No.' VARCHAR(20), 'Amount (KES)' {money}, 'order' INTEGER)"
    elsewhere.run(ddl.replace("'", quote))
    settings = {
        "table": "M-Pesa.In 100%",
        "columns": {"Receipt No.": "{{ receipt }}", "Amount (KES)": "{{ amount }}", "order": 3},
        "unique": ["Receipt No."],
        "on_duplicate": {"update": ["Amount (KES)"]},
    }
    schema = {"postgresql": "public", "mysql": elsewhere.url.database, "sqlite": "main"}[elsewhere.backend]
    (told,) = live(elsewhere, schema=schema, **settings)
    elsewhere.run(told.partition("Run: ")[2])
    assert deliver(elsewhere, schema=schema, **settings) == (DELIVERED, "inserted")
    assert deliver(elsewhere, schema=schema, **settings)[1] == "updated"
