"""The vault on a real store: what it says is committed, and of two that swap at once one wins."""

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import pytest
from opened_store import Store

from adapters.http import HttpAdapter
from gateway.delivery.process import _commit, _resolve
from gateway.delivery.vault import StoredVault
from gateway.domain.adapter import KeepsState, Vault
from gateway.domain.due import DeliveryWrite, StateSwap, Written
from gateway.domain.errors import StoreUnavailable
from gateway.domain.settings import Destination
from gateway.domain.times import utc_now
from gateway.store.deliveries import write_deliveries
from gateway.store.writer import Writer


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path)


@pytest.fixture
def make_vault(store: Store) -> Iterator[object]:
    """Makes vaults, each with a writer of its own as each process has one."""
    writers: list[Writer[DeliveryWrite, Future[Written], Written]] = []

    def make(tenant: str = "duka") -> StoredVault:
        writer: Writer[DeliveryWrite, Future[Written], Written] = Writer(store.engine, write_deliveries, _resolve)
        writers.append(writer)
        return StoredVault(tenant, store.engine, lambda item: _commit(writer, item), utc_now)

    yield make
    for writer in writers:
        writer.close()


def test_a_value_is_kept_by_whoever_knows_the_last_one(make_vault, store: Store) -> None:
    vault: Vault = make_vault()
    assert vault.get("http/a") is None
    assert vault.swap("http/a", "x", "1") is False
    assert vault.swap("http/a", None, "1") is True
    assert vault.swap("http/a", None, "2") is False
    assert vault.swap("http/a", "0", "2") is False
    assert vault.get("http/a") == "1"
    assert vault.swap("http/a", "1", "2") is True
    assert make_vault().get("http/a") == "2"
    assert store.query("SELECT tenant, key, value FROM adapter_state") == [("duka", "http/a", "2")]


def test_tenants_do_not_see_each_other(make_vault) -> None:
    duka, mama = make_vault("duka"), make_vault("mama")
    assert duka.swap("k", None, "1")
    assert mama.get("k") is None
    assert mama.swap("k", None, "2")
    assert (duka.get("k"), mama.get("k")) == ("1", "2")


def test_of_many_that_swap_at_once_one_wins(make_vault) -> None:
    vaults = [make_vault() for _ in range(4)]
    for old, new in ((None, "a"), ("a", "b")):
        with ThreadPoolExecutor(4) as pool:
            won = list(pool.map(lambda vault, old=old, new=new: vault.swap("k", old, new), vaults))
        assert won.count(True) == 1


def test_a_store_that_is_full_says_so(store: Store) -> None:
    writer: Writer[DeliveryWrite, Future[Written], Written] = Writer(store.full_engine(), write_deliveries, _resolve)
    vault = StoredVault("duka", store.engine, lambda item: _commit(writer, item), utc_now)
    with pytest.raises(StoreUnavailable):
        vault.swap("k", None, "x" * 1_000_000)
    writer.close()
    assert vault.get("k") is None


def test_neither_value_is_in_a_log(make_vault, capfd: pytest.CaptureFixture[str]) -> None:
    assert "hidden" not in repr(StateSwap("duka", "k", "hidden-1", "hidden-2", utc_now()))
    vault = make_vault()
    vault.swap("k", "hidden-1", "hidden-2")
    out, err = capfd.readouterr()
    assert "hidden" not in out + err + repr(vault)


def test_who_keeps_nothing_is_no_worse_an_adapter() -> None:
    class Plain:
        pass

    assert not isinstance(Plain(), KeepsState)
    assert isinstance(HttpAdapter(Destination("erp", "duka", "http", {"url": "https://erp.duka.example/"})), KeepsState)
