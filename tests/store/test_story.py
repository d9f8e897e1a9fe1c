"""What is told of a payment, by whatever id somebody holds of it."""

from collections.abc import Iterator

import pytest
from about import RECEIPT, payout
from arrivals import arrival
from opened_store import Store
from simulated import c2b, stk
from sqlalchemy import Connection

from gateway.domain.times import utc_now
from gateway.pipeline.settle import settle
from gateway.store.columns import PUBLIC_BUCKET
from gateway.store.inbox import Inbox
from gateway.store.queries import events, reading
from gateway.store.replays import Wanted, matching
from gateway.store.story import conflicts, payments_named, stories


@pytest.fixture
def told(store: Store) -> Store:
    """A payment that a push and a cancelled push are, then one of which the two become one; and a contradiction."""
    bodies = [
        ("stk", stk("ws_1", receipt="UA")),
        ("stk", stk("ws_2", code=1032)),
        # Names the first payment by its receipt and the second by its checkout id.
        ("stk", stk("ws_2", receipt="UA")),
        ("c2b-confirmation", c2b("UA", amount="1.00")),
    ]
    for kind, body in bodies:
        with store.engine.begin() as connection:
            Inbox(settle, utc_now)(connection, [arrival(kind, body)])
    return store


@pytest.fixture
def connection(told: Store) -> Iterator[Connection]:
    with reading(told.engine) as made:
        yield made


def test_two_payments_that_are_one_are_told_as_one_by_any_id(store: Store, connection: Connection) -> None:
    made = list(events(connection))
    assert [one.type for one in made] == ["payment.succeeded", "payment.failed"]
    names = {"UA", "ws_1", "ws_2", *(one.id for one in made), *(one.payment_id for one in made)}
    names |= {str(number) for (number,) in store.query("SELECT id FROM callbacks")}
    assert len(names) == 3 + 2 + 2 + 4
    told = [stories(connection, payments_named(connection, name)) for name in sorted(names)]
    assert told == [told[0]] * len(names)
    ((story,),) = told[:1]
    assert story["payment_id"] == made[0].payment_id
    assert [one["event"]["id"] for one in story["events"]] == [one.id for one in made]
    assert story["keys"] == {"checkout": ["ws_1", "ws_2"], "receipt": ["UA"]}
    assert len(story["callbacks"]) == 4


@pytest.mark.parametrize("together", [True, False], ids=["one batch", "many"])
def test_ids_that_a_twin_has_replaced_in_the_event_are_still_told(store: Store, together: bool) -> None:
    """The event has room for one conversation; the payment is known by those of both callbacks."""
    told = [
        arrival(kind, payout("succeeded", OriginatorConversationID=f"o-{kind}", ConversationID=f"c-{kind}"))
        for kind in ("b2c-result", "b2pochi-result")
    ]
    for batch in [told] if together else [[one] for one in told]:
        with store.engine.begin() as connection:
            Inbox(settle, utc_now)(connection, batch)
    with reading(store.engine) as connection:
        (story,) = stories(connection, payments_named(connection, "o-b2c-result"))
    assert story["keys"] == {
        "receipt": [RECEIPT],
        "originator": ["o-b2c-result", "o-b2pochi-result"],
        "conversation": ["c-b2c-result", "c-b2pochi-result"],
    }


def test_a_replay_of_a_payment_means_what_was_joined_to_it_too(connection: Connection) -> None:
    payments = tuple(payments_named(connection, "ws_2"))
    assert len(matching(connection, Wanted(payments, again=True))) == 0
    assert len(payments) == 2


def test_a_contradiction_names_the_payment_as_it_is_known_now(connection: Connection) -> None:
    (row, *_) = conflicts(connection)
    assert row["payment_id"] == next(events(connection)).payment_id


def test_another_tenants_payment_of_the_same_receipt_is_another_one(connection: Connection) -> None:
    assert payments_named(connection, "UA", ("duka",))
    assert payments_named(connection, "UA", ("soko",)) == []
    assert payments_named(connection, "UB") == []


def test_ids_are_found_in_every_part_of_their_index(store: Store) -> None:
    """Derived ids are indexed in parts, by the number of their row: all parts are looked into."""
    number = 2 * PUBLIC_BUCKET + 2
    with store.engine.begin() as connection:
        Inbox(settle, utc_now)(connection, [arrival("stk", stk(f"ws_{one}", f"U{one}")) for one in range(number)])
    with reading(store.engine) as connection:
        made = list(events(connection))
        for place in (0, PUBLIC_BUCKET - 2, PUBLIC_BUCKET - 1, PUBLIC_BUCKET, number - 1):
            for name in (made[place].id, made[place].payment_id):
                assert payments_named(connection, name) == [place + 1]
        if store.engine.dialect.name != "sqlite":
            return
        plan = store.query("EXPLAIN QUERY PLAN SELECT 1 FROM events WHERE (seq / 1024) = 1 AND id = x'00'")
        assert "events_public" in plan[0][3]
