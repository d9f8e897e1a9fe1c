"""The gateway books into a real Tryton by the recipe: every receipt once, posted, balanced, whatever goes wrong."""

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from erp.cutting_proxy import CuttingProxy, cutting
from erp.tryton_server import Booked, Tryton
from gateway_process import Gateway, configuration, free_port, gateway
from simulated import c2b, stk

# One Tryton for all of them: they run one after the other.
pytestmark = [pytest.mark.xdist_group("tryton"), pytest.mark.timeout(600)]


@pytest.fixture
def way(books: Tryton) -> Iterator[CuttingProxy]:
    with cutting(books.url) as proxy:
        yield proxy


@pytest.fixture
def pesagate(tmp_path: Path, books: Tryton, way: CuttingProxy, monkeypatch: pytest.MonkeyPatch) -> Iterator[Gateway]:
    monkeypatch.setenv("TRYTON_KEY", books.settings["key"])
    config = configuration(free_port(), "unused")
    config["tenants"]["duka"]["destinations"] = {"books": destination(books, way.url)}
    config["tenants"]["duka"]["routes"] = [{"to": ["books"]}]
    with gateway(tmp_path / "gateway", config) as made:
        yield made.start()


def destination(books: Tryton, url: str) -> dict[str, Any]:
    names = ("company", "journal", "account", "receivable")
    return {
        "adapter": "http",
        "recipe": "tryton",
        "url": url,
        "with": {
            "key": {"env": "TRYTON_KEY"},
            "unmatched": "ACC-002",
            **{name: books.settings[{"account": "clearing"}.get(name, name)] for name in names},
        },
        "allow_private": True,
        "timeout": "10s",
        "retry": {"schedule": ["1s"] * 20, "jitter": "0%"},
    }


def of(books: Tryton, receipt: str) -> list[Booked]:
    return [move for move in books.booked() if move.receipt == receipt]


def posted(books: Tryton, receipt: str, amount: str) -> list[Booked]:
    """Return what has to stand there: one move, posted, balanced, on the right accounts."""
    money, customers = books.settings["clearing"], books.settings["receivable"]
    return [Booked(receipt, "posted", {money: Decimal(amount), customers: -Decimal(amount)})]


def told(pesagate: Gateway, receipt: str) -> dict[str, Any]:
    """Return the one delivery of a receipt."""
    (event,) = [event for event in pesagate.rows("events") if event["receipt"] == receipt]
    (delivery,) = [row for row in pesagate.rows("deliveries") if row["event_id"] == event["id"]]
    return delivery


def test_a_payment_stands_once_posted_and_balanced(books: Tryton, pesagate: Gateway) -> None:
    body = c2b("UKOT000001", BillRefNumber="ACC-001")
    pesagate.post("c2b-confirmation", body)
    pesagate.wait_for_state("delivered")
    # The same again, and its twin.
    assert pesagate.post("c2b-confirmation", body).headers["Pesagate-Result"] == "duplicate"
    pesagate.post("stk", stk("ws_CO_T1", "UKOT000001"))
    pesagate.post("c2b-confirmation", c2b("UKOT000002", amount="0.01", BillRefNumber="nobody's"))
    pesagate.wait_for_state("delivered", 2)
    assert of(books, "UKOT000001") == posted(books, "UKOT000001", "1500.00")
    assert of(books, "UKOT000002") == posted(books, "UKOT000002", "0.01")


def test_a_payment_without_a_reference_stands_on_the_unmatched_party(books: Tryton, pesagate: Gateway) -> None:
    """As a till's: nobody typed an account; and as a push's, whose callback carries none."""
    pesagate.post("c2b-confirmation", c2b("UKOT000010", amount="75.50", BillRefNumber=""))
    pesagate.post("stk", stk("ws_CO_T10", "UKOT000011", amount=20))
    pesagate.wait_for_state("delivered", 2, seconds=60)
    assert of(books, "UKOT000010") == posted(books, "UKOT000010", "75.50")
    assert of(books, "UKOT000011") == posted(books, "UKOT000011", "20.00")


@pytest.mark.parametrize("cut", [r"POST .*/account\.move\?", r"POST .*/post\?", r"GET .*/account\.move\?"])
def test_an_answer_that_is_cut_after_tryton_committed_books_nothing_twice(
    books: Tryton, pesagate: Gateway, way: CuttingProxy, cut: str
) -> None:
    receipt = f"UKOT0001{sum(cut.encode()) % 89 + 10}"
    way.cut(cut)
    pesagate.post("c2b-confirmation", c2b(receipt, BillRefNumber="ACC-001"))
    pesagate.wait_for_state("delivered", seconds=60)
    assert len(way.lost) == 1
    assert of(books, receipt) == posted(books, receipt, "1500.00")
    assert told(pesagate, receipt)["attempts"] > 1


def test_a_payment_while_tryton_is_down_is_booked_when_it_is_back(books: Tryton, pesagate: Gateway) -> None:
    books.stop()
    try:
        pesagate.post("c2b-confirmation", c2b("UKOT000200", BillRefNumber="ACC-001"))
        pesagate.wait_for_state("pending")
    finally:
        books.start()
    pesagate.wait_for_state("delivered", seconds=60)
    assert of(books, "UKOT000200") == posted(books, "UKOT000200", "1500.00")


def test_killed_between_creating_and_posting_it_goes_on_where_it_was(
    books: Tryton, pesagate: Gateway, way: CuttingProxy
) -> None:
    way.cut(r"POST .*/post\?")
    pesagate.post("c2b-confirmation", c2b("UKOT000300", BillRefNumber="ACC-001"))
    pesagate.wait_for_state("pending")
    pesagate.kill()
    pesagate.start()
    pesagate.wait_for_state("delivered", seconds=60)
    assert of(books, "UKOT000300") == posted(books, "UKOT000300", "1500.00")


def test_what_tryton_refuses_is_a_dead_letter_in_its_own_words(books: Tryton, pesagate: Gateway) -> None:
    # No period is open for that day.
    pesagate.post("c2b-confirmation", c2b("UKOT000400", TransTime="20190101101530"))
    pesagate.wait_for_state("dead")
    assert of(books, "UKOT000400") == []
    pesagate.config["tenants"]["duka"]["destinations"]["books"]["with"]["receivable"] = 999_999
    pesagate.stop()
    pesagate.start()
    pesagate.post("c2b-confirmation", c2b("UKOT000401", BillRefNumber="ACC-001"))
    pesagate.wait_for_state("dead", 2)
    assert of(books, "UKOT000401") == []
    # With the mended mapping a replay books it.
    pesagate.config["tenants"]["duka"]["destinations"]["books"]["with"]["receivable"] = books.settings["receivable"]
    pesagate.stop()
    pesagate.start()
    assert pesagate.run("replay", "UKOT000401", "--yes").returncode == 0
    pesagate.wait_for_state("delivered", seconds=60)
    assert of(books, "UKOT000401") == posted(books, "UKOT000401", "1500.00")


def test_check_live_tries_the_key_and_writes_nothing(books: Tryton, pesagate: Gateway) -> None:
    before = books.booked()
    done = pesagate.run("check", "--live")
    assert done.returncode == 0, done.stdout + done.stderr
    pesagate.config["tenants"]["duka"]["destinations"]["books"]["with"]["key"] = "a-wrong-key"
    pesagate.write()
    done = pesagate.run("check", "--live")
    assert done.returncode == 78
    assert "401" in done.stdout
    assert books.booked() == before
