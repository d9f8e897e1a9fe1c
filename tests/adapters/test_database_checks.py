"""Mistakes in the settings of a database destination: told with their place, and nothing is asked of a database."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from config_file import as_yaml
from customer_database import COLUMNS, TABLE, UNIQUE, customer

from adapters.database import DatabaseAdapter
from adapters.database.faults import MEANINGS, TABLE_CHANGED
from adapters.database.kinds import KINDS
from adapters.database.options import DEFAULT_TIMEOUT, DEFAULT_ZONE
from adapters.database.statements import Written
from adapters.testing import MemoryProgress, sample_event
from gateway import resources
from gateway.cli import main
from gateway.domain.delivery import AttemptResult
from gateway.domain.settings import Destination, Secret
from gateway.settings.durations import duration_of

SCHEMA = resources.schema("adapters/database")


def settings(**changed: Any) -> dict[str, Any]:
    usual = {"url": Secret("sqlite:////nowhere/erp.db"), "table": "t", "columns": COLUMNS, "unique": ["receipt"]}
    return {**usual, **changed}


MISTAKES = [
    ({"unique": ["reciept"]}, ("unique", 0), "which is not in `columns`"),
    ({"unique": ["till"], "columns": {"till": 5}}, ("unique",), "`unique` holds nothing of the event"),
    ({"columns": {"receipt": {"value": "{{ receipt }}", "cut": True}}}, ("columns", "receipt"), "may not have `cut"),
    ({"on_duplicate": {"update": ["receipt"]}}, ("on_duplicate", "update", 0), "is never changed"),
    ({"on_duplicate": {"update": ["amount", "nmae"]}}, ("on_duplicate", "update", 1), "is not in `columns`"),
    ({"columns": {**COLUMNS, "at": {"value": "{{ id }}", "zone": "Nairobi"}}}, ("columns", "at"), "no time zone"),
    ({"columns": {**COLUMNS, "at": {"value": "{{ id }}", "zone": "../x"}}}, ("columns", "at"), "no time zone '../x'"),
    ({"columns": {**COLUMNS, "n": {"value": "1", "type": "numeric", "cut": True}}}, ("columns", "n"), "is for texts"),
    ({"also": [{"sql": "DELETE FROM x WHERE a = :a AND b = :b", "with": {"a": 1}}]}, ("also", 0, "sql"), "has :b"),
    ({"also": [{"sql": "DELETE FROM x", "with": {"a": 1}}]}, ("also", 0, "with", "a"), "the statement has no :a."),
    ({"also": [{"sql": "SELECT :a", "with": {"a": {"value": "x", "cut": True}}}]}, ("also", 0, "with", "a"), "cut(n)"),
    ({"timeout": duration_of("500ms")}, ("timeout",), "at least 1s and at most 5m"),
    ({"timeout": duration_of("1h")}, ("timeout",), "at least 1s and at most 5m"),
    ({"url": Secret("nosuch://u:hunter2@db/x")}, ("url",), "SQLAlchemy has no dialect of that name"),
    ({"url": Secret("postgresql+asyncpg://u:hunter2@db/x")}, ("url",), "the driver"),
    ({"url": Secret("mssql+pyodbc://u:hunter2@db/x")}, ("url",), "the driver pyodbc is not installed"),
    ({"url": Secret("sqlite://")}, ("url",), "must be a file"),
    ({"url": Secret("sqlite:///:memory:")}, ("url",), "must be a file"),
    ({"url": Secret("postgresql+psycopg://u:hunter2@db:port/x")}, ("url",), "none that SQLAlchemy understands"),
]  # fmt: skip


@pytest.mark.parametrize(("changed", "steps", "said"), MISTAKES, ids=[said for _, _, said in MISTAKES])
def test_a_mistake_is_told_at_its_place_and_nothing_is_written(
    changed: dict[str, Any], steps: tuple[str | int, ...], said: str
) -> None:
    adapter = DatabaseAdapter(Destination("table", "duka", "database", settings(**changed)))
    (problem,) = adapter.check()
    assert said in problem
    assert problem.steps == steps
    assert "hunter2" not in problem
    # What `check` refuses writes nothing either, and whoever tries it sees something.
    verdict = adapter.deliver(sample_event(), MemoryProgress())
    assert (verdict.result, verdict.reason) == (AttemptResult.REJECTED, "unsuitable")
    assert adapter.preview(sample_event())
    assert list(adapter.prepare()) == [problem]


def test_good_settings_have_no_mistakes() -> None:
    assert list(DatabaseAdapter(Destination("table", "duka", "database", settings())).check()) == []


def configuration(folder: Path, **destination: Any) -> Path:
    config = {
        "version": 1,
        "tenants": {
            "duka": {
                "shortcodes": {"600638": {"type": "paybill", "key": "k" * 30, "allow_from": "any"}},
                "destinations": {
                    "table": {
                        "adapter": "database",
                        "url": "sqlite:///erp.db",
                        "table": "mpesa_payments",
                        "columns": dict(COLUMNS),
                        "unique": ["receipt"],
                        **destination,
                    }
                },
                "routes": [{"to": ["table"]}],
            }
        },
    }
    path = folder / "pesagate.yaml"
    path.write_text(as_yaml(config), "utf-8")
    return path


def errors(path: Path, *options: str) -> list[dict[str, Any]]:
    done = CliRunner().invoke(main, ["-c", str(path), "check", "--json", *options])
    problems = [json.loads(line) for line in done.output.splitlines()]
    return [problem for problem in problems if problem["severity"] == "error"]


@pytest.mark.parametrize(
    ("destination", "key", "said"),
    [
        ({"colums": {}}, "colums", 'unknown key. Did you mean "columns"?'),
        ({"columns": {"receipt": "{{ reciept }}"}}, "columns.receipt", "did you mean 'receipt'?"),
        ({"columns": {"receipt": {"value": "{{ receipt | uper }}"}}}, "columns.receipt.value", "the filter 'uper'"),
        ({"columns": {"receipt": {"value": "x", "type": "money"}}}, "columns.receipt.type", "numeric"),
        ({"unique": ["reciept"]}, "unique[0]", "not in `columns`"),
        ({"unique": []}, "unique", "must not be empty"),
        ({"also": [{"sql": "SELECT :it", "with": {"it": "{{ nmae }}"}}]}, "also[0].with.it", "'nmae'"),
        ({"on_duplicate": "overwrite"}, "on_duplicate", "ignore"),
        ({"url": "erp.db"}, "url", "must be a database URL"),
    ],
)
def test_check_tells_mistakes_with_line_and_column(
    tmp_path: Path, destination: dict[str, Any], key: str, said: str
) -> None:
    path = configuration(tmp_path, **destination)
    (problem,) = errors(path)
    assert problem["key"].endswith(f"destinations.table.{key}")
    assert said in f"{problem['message']} {problem['remedy']}"
    assert problem["line"] > 10
    assert problem["column"] > 0


def test_check_asks_no_database_and_check_live_does(tmp_path: Path) -> None:
    path = configuration(tmp_path)
    assert errors(path) == []
    (problem,) = errors(path, "--live")
    assert problem["message"] == "There is no such SQLite file."
    with customer("sqlite", tmp_path, (TABLE,)) as table:
        (problem,) = errors(path, "--live")
        assert "CREATE UNIQUE INDEX mpesa_payments_receipt_once ON mpesa_payments (receipt);" in problem["message"]
        table.run(UNIQUE)
        assert errors(path, "--live") == []
        assert table.rows() == []


def test_the_schema_says_what_the_code_says() -> None:
    source = SCHEMA["definitions"]["source"]["anyOf"][-1]["properties"]
    assert tuple(sorted(source["type"]["enum"])) == tuple(sorted(KINDS))
    assert source["zone"]["default"] == DEFAULT_ZONE
    assert duration_of(SCHEMA["properties"]["timeout"]["default"]) == DEFAULT_TIMEOUT


def test_every_setting_is_described() -> None:
    def described(node: Any) -> None:
        if isinstance(node, dict):
            for said in node.get("properties", {}).values():
                assert len(said.get("description", "")) > 10, said
            for inner in node.values():
                described(inner)
        elif isinstance(node, list):
            for inner in node:
                described(inner)

    described(SCHEMA)


PAGE = (Path(__file__).parents[2] / "docs/database.md").read_text("utf-8")


@pytest.mark.parametrize("name", [*SCHEMA["properties"], *SCHEMA["definitions"]["source"]["anyOf"][-1]["properties"]])
def test_every_setting_is_in_the_documents(name: str) -> None:
    assert f"| `{name}` |" in PAGE


@pytest.mark.parametrize("reason", [*MEANINGS, *sorted(TABLE_CHANGED), *Written, "not_there", "other_spelling"])
def test_every_reason_is_in_the_documents(reason: str) -> None:
    rows = [line for line in PAGE.splitlines() if line.startswith("| ")]
    assert [row for row in rows if f"`{reason}`" in row.rpartition(" | ")[2]]
