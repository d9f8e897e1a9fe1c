"""Replays in the store: many in small commits, and what has changed since it was chosen is left as it is."""

from pathlib import Path

import pytest
from arrivals import AT, callback, hook
from opened_store import Store
from simulated import c2b
from sqlalchemy import func, select, update

from gateway import app
from gateway.domain.settings import Route
from gateway.pipeline.receive import receive
from gateway.pipeline.settle import settle
from gateway.store.inbox import Inbox
from gateway.store.queries import reading
from gateway.store.replays import Replays, Wanted, add_deliveries, matching
from gateway.store.tables import DELIVERIES, EVENTS

PAYMENTS = 1_100


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """A store with a dead letter for each of many payments."""
    made, kind = Store(tmp_path), "c2b-confirmation"
    its = hook(kind, (Route({"type": ("*",)}, ("erp",)),))
    with made.engine.begin() as connection:
        told = [receive(its, callback(kind, c2b(f"UC{number}"))) for number in range(PAYMENTS)]
        Inbox(settle, lambda: AT)(connection, told)
        connection.execute(update(DELIVERIES).values(state="dead", reason="http_400", attempts=1))
    return made


def state_of(store: Store) -> dict[str, int]:
    query = select(DELIVERIES.c.state, func.count()).group_by(DELIVERIES.c.state)
    with reading(store.engine) as connection:
        return {row[0]: row[1] for row in connection.execute(query)}


def chosen(store: Store, *, again: bool = False) -> Replays:
    with reading(store.engine) as connection:
        return Replays(tuple(matching(connection, Wanted(again=again))), (), again)


def test_many_are_many_small_commits(store: Store) -> None:
    assert list(app.replay(store.engine, chosen(store))) == [500, 500, 100]
    assert state_of(store) == {"pending": PAYMENTS}


def test_what_was_delivered_since_is_left_as_it_is(store: Store) -> None:
    """Two people replay the same: what the first one's has brought about is not sent again by the second one's."""
    mine, theirs = chosen(store), chosen(store)
    assert sum(app.replay(store.engine, theirs)) == PAYMENTS
    with store.engine.begin() as connection:
        connection.execute(update(DELIVERIES).where(DELIVERIES.c.id.in_(mine.deliveries[:7])).values(state="delivered"))
    assert sum(app.replay(store.engine, mine)) == 0
    assert state_of(store) == {"delivered": 7, "pending": PAYMENTS - 7}


def test_an_event_that_got_a_route_since_gets_no_second_delivery(store: Store) -> None:
    with store.engine.begin() as connection:
        (seq,) = connection.scalars(select(EVENTS.c.seq).limit(1))
        assert add_deliveries(connection, seq, "duka", ["erp"], AT) == 0
