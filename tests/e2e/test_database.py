"""Payments into a customer's own table, through the installed gateway: once, whatever is killed when."""

import json
import random
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from customer_database import COLUMNS, ENGINES, TABLE, UNIQUE, Customer, customer
from gateway_process import Gateway, configuration, free_port, gateway
from simulated import c2b


@pytest.fixture(params=ENGINES)
def erp_table(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Customer]:
    with customer(request.param, tmp_path) as made:
        yield made


def into_the_table(table: Customer, **settings: Any) -> dict[str, Any]:
    """Return a configuration that sends everything into the table."""
    made = configuration(free_port(), "unused")
    made["tenants"]["duka"]["destinations"]["erp"] = {
        "adapter": "database",
        "url": table.url.render_as_string(hide_password=False),
        "table": "mpesa_payments",
        "columns": dict(COLUMNS),
        "unique": ["receipt"],
        "timeout": "5s",
        "retry": {"schedule": ["1s"] * 30, "jitter": "0%"},
        **settings,
    }
    return made


def receipts(number: int) -> list[str]:
    # Number 0 would be a placeholder, which is no receipt.
    return [f"UKO{n:07}" for n in range(1, number + 1)]


def post(pesagate: Gateway, names: list[str]) -> None:
    def one(receipt: str) -> None:
        assert pesagate.post("c2b-confirmation", c2b(receipt)).status_code == 200

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(one, names))


def booked(table: Customer) -> list[str]:
    return sorted(row["receipt"] for row in table.rows())


def test_payments_arrive_once_and_duplicates_change_nothing(erp_table: Customer, tmp_path: Path) -> None:
    with gateway(tmp_path / "gateway", into_the_table(erp_table)) as pesagate:
        pesagate.start()
        names = receipts(20)
        post(pesagate, names)
        post(pesagate, names[:10])
        rows = pesagate.wait_for_state("delivered", 20)
        assert {row["reason"] for row in rows} == {"inserted"}
        assert booked(erp_table) == names
        assert pesagate.run("replay", "--again", "--yes", "--destination", "erp").returncode == 0
        deadline = time.monotonic() + 20
        while {row["reason"] for row in pesagate.rows("deliveries")} != {"already_there"}:
            assert time.monotonic() < deadline
            time.sleep(0.1)
        assert booked(erp_table) == names


def test_sigkill_between_the_databases_commit_and_our_mark_writes_no_second_row(
    erp_table: Customer, tmp_path: Path
) -> None:
    mark = tmp_path / "crashed"
    with gateway(tmp_path / "gateway", into_the_table(erp_table)) as pesagate:
        pesagate.start(PESAGATE_CRASH_AT=f"after_send:1:{mark}")
        post(pesagate, receipts(1))
        (row,) = pesagate.wait_for_state("delivered")
        assert mark.exists()
        assert (row["reason"], row["attempts"]) == ("already_there", 1)
        assert [line["exit"] for line in pesagate.log_lines() if line["event"].startswith("died")] == [-9]
    assert booked(erp_table) == receipts(1)


def test_sigkill_of_delivery_at_random_writes_each_payment_once(erp_table: Customer, tmp_path: Path) -> None:
    rng = random.Random(20261124)
    names = receipts(400)
    with gateway(tmp_path / "gateway", into_the_table(erp_table)) as pesagate:
        pesagate.start()
        with ThreadPoolExecutor(1) as poster:
            posted = poster.submit(post, pesagate, names)
            for _ in range(6):
                time.sleep(rng.uniform(0.1, 0.6))
                pesagate.kill([pesagate.children()["delivery"]])
                time.sleep(0.3)
            posted.result()
        pesagate.wait_for_state("delivered", len(names), seconds=60)
    assert booked(erp_table) == names


def test_two_gateways_on_one_table_write_each_payment_once(erp_table: Customer, tmp_path: Path) -> None:
    names = receipts(60)
    with (
        gateway(tmp_path / "one", into_the_table(erp_table)) as one,
        gateway(tmp_path / "two", into_the_table(erp_table)) as two,
    ):
        one.start()
        two.start()
        with ThreadPoolExecutor(2) as pool:
            list(pool.map(lambda pesagate: post(pesagate, names), (one, two)))
        states = [*one.wait_for_state("delivered", 60), *two.wait_for_state("delivered", 60)]
    assert booked(erp_table) == names
    assert sorted(row["reason"] for row in states) == ["already_there"] * 60 + ["inserted"] * 60


def test_a_table_without_its_unique_index_is_told_at_the_start_and_gets_nothing(tmp_path: Path) -> None:
    with (
        customer("sqlite", tmp_path, (TABLE,)) as table,
        gateway(tmp_path / "gateway", into_the_table(table)) as pesagate,
    ):
        pesagate.start()
        post(pesagate, receipts(2))
        rows = pesagate.wait_for_state("dead", 2)
        assert {row["reason"] for row in rows} == {"unsuitable"}
        statement = "CREATE UNIQUE INDEX mpesa_payments_receipt_once ON mpesa_payments (receipt);"
        assert statement in rows[0]["detail"]
        told = [line for line in pesagate.log_lines() if line["event"] == "a destination is not ready"]
        assert [(line["tenant"], line["destination"]) for line in told] == [("duka", "erp")]
        assert statement in told[0]["problem"]
        assert booked(table) == []
        table.run(statement)
        assert pesagate.run("replay", "--yes", "--destination", "erp").returncode == 0
        pesagate.wait_for_state("delivered", 2)
        assert booked(table) == receipts(2)


def test_an_erp_that_is_not_there_yet_gets_its_payments_when_it_is(tmp_path: Path) -> None:
    (tmp_path / "later").mkdir()
    with customer("sqlite", tmp_path / "later", ()) as table:
        (tmp_path / "later" / "erp.db").unlink(missing_ok=True)
        with gateway(tmp_path / "gateway", into_the_table(table)) as pesagate:
            pesagate.start()
            post(pesagate, receipts(3))
            deadline = time.monotonic() + 20
            while any(row["attempts"] == 0 for row in pesagate.rows("deliveries")):
                assert time.monotonic() < deadline
                time.sleep(0.1)
            assert {(row["state"], row["reason"]) for row in pesagate.rows("deliveries")} == {("pending", "no_file")}
            assert not (tmp_path / "later" / "erp.db").exists()
            table.run(TABLE, UNIQUE)
            pesagate.wait_for_state("delivered", 3)
        assert booked(table) == receipts(3)


def test_try_shows_the_row_and_writes_nothing(tmp_path: Path) -> None:
    (tmp_path / "callback.json").write_text(json.dumps(c2b("UKO7R8T1YB")))
    with customer("sqlite", tmp_path) as table, gateway(tmp_path / "gateway", into_the_table(table)) as pesagate:
        pesagate.write()
        done = pesagate.run(
            "try", tmp_path / "callback.json", "--shortcode", "600638", "--kind", "c2b-confirmation", "--json"
        )
        assert done.returncode == 0, done.stderr
        (request,) = json.loads(done.stdout)["requests"]
        assert request["request"].startswith("INSERT INTO mpesa_payments (sqlite ")
        assert json.loads(request["body"])["receipt"] == "UKO7R8T1YB"
        assert request["note"] == "A row with the same receipt stays as it is."
        assert table.rows() == []
