"""What is due, of all destinations in one query, and whose turn it is where there is an order."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from arrivals import AT, callback, hook
from opened_store import Store
from simulated import c2b
from taken_up import taken_up

from adapters.testing import sample_event
from gateway.delivery.ordering import Ordering, order_key
from gateway.domain.delivery import AttemptResult, DeliveryState, Verdict
from gateway.domain.due import AttemptEnded, Next, OrderKeys
from gateway.domain.event import Party
from gateway.domain.lane import Order
from gateway.domain.settings import Route
from gateway.pipeline.receive import receive
from gateway.pipeline.settle import settle
from gateway.store.claims import Asked, due
from gateway.store.deliveries import write_deliveries
from gateway.store.inbox import Inbox
from gateway.store.queries import reading
from gateway.store.replays import Wanted, make_due, matching

BOTH = (Route({"type": ("*",)}, ("erp", "books")),)
ERP, BOOKS = ("duka", "erp"), ("duka", "books")


def take(store: Store, *payments: tuple[str, str], routes: tuple[Route, ...] = BOTH) -> None:
    """Take confirmations, each a receipt with an account reference."""
    kind = "c2b-confirmation"
    its = hook(kind, routes)
    with store.engine.begin() as connection:
        told = [
            receive(its, callback(kind, c2b(receipt) | {"BillRefNumber": account})) for receipt, account in payments
        ]
        Inbox(settle, lambda: AT)(connection, told)


def end(store: Store, number: int, state: DeliveryState, seconds: int = 0, attempt: int = 1) -> None:
    then = Next(state, AT + timedelta(seconds=seconds))
    ended = AttemptEnded(number, attempt, AT, 1, Verdict(AttemptResult.RETRY, "http_500"), then)
    with store.engine.begin() as connection:
        write_deliveries(connection, [ended])


def ordering(store: Store, order: Order = Order.ACCOUNT, *names: tuple[str, str]) -> Ordering:
    def commit(keys: OrderKeys) -> None:
        with store.engine.begin() as connection:
            write_deliveries(connection, [keys])

    return Ordering(dict.fromkeys(names or (ERP,), order), commit)


def with_connection(store: Store, act: Callable[[Any], None]) -> None:
    with store.engine.connect().execution_options(reads_only=True) as connection:
        act(connection)


def receipts(store: Store, *, ordered: bool = True, limit: int = 100) -> list[str | None]:
    with reading(store.engine) as connection:
        return [one.event.receipt for one in taken_up(connection, *ERP, AT, limit, ordered=ordered)]


def test_each_destination_has_its_own_and_one_query_asks_for_all(store: Store) -> None:
    take(store, ("UA", "1"), ("UB", "2"), ("UC", "3"))
    with reading(store.engine) as connection:
        asked = [Asked(*ERP), Asked("soko", "erp"), Asked(*BOOKS), Asked("duka", "nobody"), Asked("a'b", 'c"d')]
        found = due(connection, asked, AT, 2)
        assert sorted({(each.tenant, each.destination) for each in found}) == [BOOKS, ERP]
        assert len(found) == 4
        assert len({each.payment for each in found}) == 2
        assert due(connection, [], AT, 2) == []
        assert due(connection, asked, AT - timedelta(seconds=1), 2) == []


def test_the_longest_due_come_first(store: Store) -> None:
    take(store, ("UA", "1"), ("UB", "2"))
    with reading(store.engine) as connection:
        first = taken_up(connection, *ERP, AT, 1)[0]
    end(store, first.id, DeliveryState.PENDING, seconds=5)
    with reading(store.engine) as connection:
        found = taken_up(connection, *ERP, AT + timedelta(seconds=5), 9)
    assert [one.event.receipt for one in found] == ["UB", "UA"]


def test_the_query_reads_pending_rows_only_and_none_beyond_what_is_asked_for(file_store: Store) -> None:
    from gateway.store.claims import _query

    for ordered in (False, True):
        text = str(_query(2, ordered, "sqlite").compile(dialect=file_store.engine.dialect))
        values = ("a", "b", ordered, "c", "d", ordered, 1, 1)
        plan = [row[3] for row in file_store.query(f"EXPLAIN QUERY PLAN {text}", *values)]
        assert any("deliveries_due (tenant=? AND destination=? AND due_at<?)" in step for step in plan), plan
        assert any("deliveries_order" in step for step in plan) is ordered
        assert not [step for step in plan if step.startswith("SCAN") and "asked" not in step and "CONSTANT" not in step]


def test_the_next_of_an_account_waits_until_the_one_before_it_has_ended(store: Store) -> None:
    take(store, ("UA", "1"), ("UB", "1"), ("UC", "2"), ("UD", "1"))
    # Nobody's turn is known before the keys are written.
    assert receipts(store) == []
    with_connection(store, ordering(store).begin)
    assert receipts(store) == ["UA", "UC"]
    with reading(store.engine) as connection:
        first = taken_up(connection, *ERP, AT, 9)[0]
    # It waits for its next attempt: the others of its account wait with it.
    end(store, first.id, DeliveryState.PENDING, seconds=3600)
    assert receipts(store) == ["UC"]
    end(store, first.id, DeliveryState.DEAD, attempt=2)
    assert receipts(store) == ["UB", "UC"]
    # Nothing made of the payer stays with what has ended, and another destination has no order.
    assert store.query("SELECT order_key FROM deliveries WHERE state = 'dead'") == [(None,)]
    assert {key for (key,) in store.query("SELECT order_key FROM deliveries WHERE destination = 'books'")} == {None}


def test_many_of_one_account_hide_nobody(store: Store) -> None:
    take(store, *((f"UA{number}", "1") for number in range(40)), ("UB", "2"))
    with_connection(store, ordering(store).begin)
    assert receipts(store, limit=2) == ["UA0", "UB"]


def test_what_waits_for_a_person_keeps_nobody_waiting(store: Store) -> None:
    take(store, ("UA", "1"), ("UB", "1"))
    store.query("UPDATE deliveries SET waiting_for = 'review' WHERE id = (SELECT min(id) FROM deliveries)")
    with_connection(store, ordering(store).begin)
    assert receipts(store) == ["UB"]


def test_a_replayed_one_takes_its_old_place_again(store: Store) -> None:
    take(store, ("UA", "1"), ("UB", "1"))
    keeper = ordering(store)
    with_connection(store, keeper.begin)
    with reading(store.engine) as connection:
        first = taken_up(connection, *ERP, AT, 9)[0]
    end(store, first.id, DeliveryState.DEAD)
    assert receipts(store) == ["UB"]
    with store.engine.begin() as connection:
        make_due(connection, matching(connection, Wanted()), AT)
    for _ in range(70):
        with_connection(store, keeper.keep_up)
    assert receipts(store) == ["UA"]


def test_new_ones_get_their_keys_and_a_changed_setting_holds_for_what_waits(store: Store) -> None:
    take(store, ("UA", "1"), ("UB", "1"))
    keeper = ordering(store)
    with_connection(store, keeper.begin)
    take(store, ("UC", "3"))
    with_connection(store, keeper.keep_up)
    assert receipts(store) == ["UA", "UC"]
    before = store.query("SELECT order_key FROM deliveries WHERE destination = 'erp'")
    with_connection(store, ordering(store, Order.PAYER).begin)
    assert not {*before} & {*store.query("SELECT order_key FROM deliveries WHERE destination = 'erp'")}
    assert receipts(store, ordered=False) == ["UA", "UB", "UC"]


def test_more_than_one_portion_gets_its_keys(store: Store) -> None:
    take(
        store, *((f"U{number:04}", str(number)) for number in range(1100)), routes=(Route({"type": ("*",)}, ("erp",)),)
    )
    with_connection(store, ordering(store).begin)
    assert len(receipts(store, limit=2000)) == 1100


def test_a_key_tells_nobody_who_it_is() -> None:
    event = sample_event(account_reference="INV-1", payer=Party(msisdn="254700000000"))
    keys = {order: order_key(event, order) for order in Order}
    assert keys[Order.NONE] == ""
    assert len(keys[Order.ACCOUNT]) == len(keys[Order.PAYER]) == 32
    assert keys[Order.ACCOUNT] != keys[Order.PAYER]
    assert order_key(sample_event(account_reference=None), Order.ACCOUNT) == ""
    assert order_key(sample_event(payer=Party(name="A")), Order.PAYER) == ""
    for party in (Party(msisdn="1"), Party(msisdn_masked="1"), Party(msisdn_hash="1")):
        assert order_key(sample_event(payer=party), Order.PAYER)
