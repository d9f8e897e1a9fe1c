"""What a purge takes away, and above all what it leaves."""

import json
from collections import Counter
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from about import reversal
from arrivals import AT, arrival, received
from opened_store import Store
from simulated import c2b, stk
from sqlalchemy import Connection, update

from gateway.domain.received import Received
from gateway.domain.settings import Retention
from gateway.domain.settled import Disposition
from gateway.pipeline.settle import settle
from gateway.store.inbox import Inbox
from gateway.store.purge import CHUNK, Portion, portions, purge
from gateway.store.queries import events, reading
from gateway.store.replays import Wanted, make_due, matching
from gateway.store.reprocess import resolve
from gateway.store.tables import DELIVERIES

RESULT = Path(__file__).parents[1] / "payloads/status-result/completed.json"
DAY = timedelta(days=1)
LATER = AT + 100 * DAY
ALL = Retention(raw=90 * DAY, attempts=90 * DAY, questions=90 * DAY, quarantine=90 * DAY)


def take(store: Store, *items: Received) -> list[Any]:
    with store.engine.begin() as connection:
        return list(Inbox(settle, lambda: AT)(connection, items))


def deliveries(store: Store, state: str) -> None:
    store.query("UPDATE deliveries SET state = ?", state)


def try_once(store: Store) -> None:
    store.query(
        "INSERT INTO attempts (delivery_id, number, started_at, duration_ms, result, reason, detail)"
        " SELECT id, 1, due_at, 1, 'retry', 'http_500', '' FROM deliveries"
    )


def run(store: Store, retention: Retention = ALL, now: datetime = LATER) -> dict[str, int]:
    with reading(store.engine) as connection:
        chosen = portions(connection, retention, now)
    gone: Counter[str] = Counter()
    for name, rows in purge(store.engine, chosen, lambda _: None):
        gone[name] += rows
    assert dict(gone) == {portion.name: portion.rows for portion in chosen if portion.rows}
    return dict(gone)


def counted(store: Store, now: datetime = LATER) -> dict[str, tuple[int, int]]:
    with reading(store.engine) as connection:
        return {one.name: (one.rows, one.kept) for one in portions(connection, ALL, now)}


def bodies(store: Store) -> list[bytes | None]:
    return [body for (body,) in store.query("SELECT body FROM callbacks ORDER BY id")]


def test_bytes_of_what_was_delivered_go_and_all_else_of_it_stays(store: Store) -> None:
    take(store, arrival("c2b-confirmation", c2b("UP1")))
    deliveries(store, "delivered")
    with reading(store.engine) as connection:
        before = [event.as_dict() for event in events(connection)]
    digest = store.query("SELECT body_digest FROM callbacks")
    assert run(store) == {"raw": 1}
    assert bodies(store) == [None]
    with reading(store.engine) as connection:
        assert [event.as_dict() for event in events(connection)] == before
        assert [event.raw for event in events(connection, with_raw=True)] == [None]
    assert store.query("SELECT body_digest FROM callbacks") == digest
    assert run(store) == {}


@pytest.mark.parametrize("state", ["pending", "dead"])
def test_bytes_of_a_result_whose_payment_never_came_stay_while_its_delivery_has_not_arrived(
    store: Store, state: str
) -> None:
    take(store, arrival("reversal-result", reversal("succeeded")))
    deliveries(store, state)
    assert counted(store)["raw"] == (0, 1)
    deliveries(store, "delivered")
    assert run(store) == {"raw": 1}


@pytest.mark.parametrize("state", ["pending", "dead"])
def test_bytes_stay_while_a_delivery_has_not_arrived(store: Store, state: str) -> None:
    """A dead letter may be replayed, to a destination that wants the bytes."""
    take(store, arrival("c2b-confirmation", c2b("UP1")))
    deliveries(store, state)
    assert counted(store)["raw"] == (0, 1)
    assert run(store) == {}
    assert bodies(store) != [None]


def test_both_twins_stay_while_the_payment_has_something_to_deliver(store: Store) -> None:
    take(store, arrival("stk", stk("ws_1", "UP1")))
    take(store, arrival("c2b-confirmation", c2b("UP1")))
    deliveries(store, "delivered")
    store.query("UPDATE deliveries SET state = 'pending' WHERE id = (SELECT max(id) FROM deliveries)")
    assert counted(store)["raw"] == (0, 2)
    assert run(store) == {}


@pytest.mark.parametrize("open_one", ["payment.failed", "payment.succeeded"])
def test_bytes_of_payments_that_are_one_stay_while_any_of_them_has_something_to_deliver(
    store: Store, open_one: str
) -> None:
    for body in (stk("ws_2", code=1032), stk("ws_1", receipt="UA"), stk("ws_2", receipt="UA")):
        take(store, arrival("stk", body))
    assert len(store.query("SELECT seq FROM payments WHERE joined_to IS NOT NULL")) == 1
    deliveries(store, "delivered")
    store.query(
        "UPDATE deliveries SET state = 'dead' WHERE event_seq = (SELECT seq FROM events WHERE type = ?)", open_one
    )
    assert run(store) == {}
    deliveries(store, "delivered")
    assert run(store) == {"raw": 3}


def test_a_result_whose_payment_has_not_come_stays_while_it_is_to_be_delivered(store: Store) -> None:
    take(store, arrival("status-result", RESULT.read_bytes()))
    assert store.query("SELECT payment_seq FROM callbacks") == [(None,)]
    assert counted(store)["raw"] == (0, 1)
    assert run(store) == {}
    deliveries(store, "delivered")
    assert run(store) == {"raw": 1}


def test_what_no_route_took_goes(store: Store) -> None:
    take(store, arrival("c2b-confirmation", c2b("UP1")))
    store.query("DELETE FROM deliveries")
    assert run(store) == {"raw": 1}


def test_a_conflict_stays_as_its_bytes_are_all_that_tells_of_it(store: Store) -> None:
    take(store, arrival("c2b-confirmation", c2b("UP1")))
    (conflict,) = take(store, arrival("c2b-confirmation", c2b("UP1", amount="9.00")))
    assert conflict.disposition is Disposition.CONFLICT
    deliveries(store, "delivered")
    assert run(store) == {"raw": 1}
    first, second = bodies(store)
    assert first is None
    assert second is not None


def test_copies_in_other_bytes_go_with_it(store: Store) -> None:
    body = c2b("UP1")
    take(store, arrival("c2b-confirmation", body))
    take(store, arrival("c2b-confirmation", json.dumps(body, indent=3).encode()))
    assert run(store) == {}
    deliveries(store, "delivered")
    assert run(store) == {"raw": 2}
    assert store.query("SELECT * FROM callback_copies") == []


def test_what_is_young_enough_stays_to_the_moment(store: Store) -> None:
    take(store, arrival("c2b-confirmation", c2b("UP1")))
    deliveries(store, "delivered")
    try_once(store)
    take(store, received("c2b-validation", c2b("UP2")))
    assert run(store, now=AT + 90 * DAY) == {}
    assert run(store, now=AT + 90 * DAY + timedelta(microseconds=1)) == {"raw": 1, "attempts": 1, "questions": 1}


def test_identities_stay_so_that_a_repetition_after_it_is_still_one(store: Store) -> None:
    body = c2b("UP1")
    take(store, arrival("c2b-confirmation", body))
    deliveries(store, "delivered")
    run(store)
    (again,) = take(store, arrival("c2b-confirmation", body))
    assert again.disposition is Disposition.DUPLICATE
    (twin,) = take(store, arrival("stk", stk("ws_1", "UP1")))
    assert twin.disposition is not Disposition.CONFLICT
    assert store.query("SELECT count(*) FROM payments") == [(1,)]


@pytest.mark.parametrize(("state", "goes"), [("delivered", True), ("dead", False), ("pending", False)])
def test_attempts_go_when_it_has_been_delivered(store: Store, state: str, goes: bool) -> None:
    take(store, arrival("c2b-confirmation", c2b("UP1")))
    try_once(store)
    deliveries(store, state)
    assert run(store, Retention(attempts=90 * DAY)) == ({"attempts": 1} if goes else {})
    assert store.query("SELECT count(*) FROM attempts") == [(0 if goes else 1,)]


@pytest.mark.parametrize(("state", "goes"), [("delivered", True), ("dead", False), ("pending", False)])
def test_what_steps_saved_goes_with_the_attempts(store: Store, state: str, goes: bool) -> None:
    """An ERP's answer may hold the payer's name, and with it what a step saves of it."""
    take(store, arrival("c2b-confirmation", c2b("UP1")))
    deliveries(store, state)
    with store.engine.begin() as connection:
        connection.execute(update(DELIVERIES).values(saved='{"customer": "WANJIKU"}'))
    assert run(store, Retention(attempts=90 * DAY)) == ({"attempts": 1} if goes else {})
    assert store.query("SELECT count(saved) FROM deliveries") == [(0 if goes else 1,)]


def test_quarantine_goes_when_it_is_resolved(store: Store) -> None:
    take(store, received("c2b-confirmation", b"not json"), received("c2b-confirmation", b"nor this"))
    assert counted(store)["quarantine"] == (0, 2)
    assert run(store) == {}
    (first, second) = [row for (row,) in store.query("SELECT id FROM quarantine ORDER BY id")]
    with store.engine.begin() as connection:
        assert resolve(connection, first)
    assert run(store) == {"quarantine": 1}
    assert store.query("SELECT id FROM quarantine") == [(second,)]


def test_what_is_not_named_is_kept_for_ever(store: Store) -> None:
    take(store, arrival("c2b-confirmation", c2b("UP1")), received("c2b-validation", c2b("UP2")))
    deliveries(store, "delivered")
    assert run(store, Retention(), AT + 3650 * DAY) == {}
    assert run(store, Retention(questions=DAY)) == {"questions": 1}
    assert bodies(store) != [None]


def test_more_than_a_chunk_goes_in_several_transactions(store: Store) -> None:
    number = 2 * CHUNK + 1
    take(store, *(arrival("c2b-confirmation", c2b(f"UP{count}")) for count in range(number)))
    deliveries(store, "delivered")
    store.query("UPDATE deliveries SET state = 'dead' WHERE id % 10 = 0")
    dead = store.query("SELECT count(*) FROM deliveries WHERE state = 'dead'")[0][0]
    with reading(store.engine) as connection:
        chosen = portions(connection, Retention(raw=DAY), LATER)
    sizes = [rows for _, rows in purge(store.engine, chosen, lambda _: None)]
    assert sum(sizes) == number - dead
    assert len(sizes) == 2
    assert max(sizes) <= CHUNK


def test_a_replay_that_comes_between_counting_and_taking_away_keeps_the_bytes(store: Store) -> None:
    take(store, *(arrival("c2b-confirmation", c2b(f"UP{count}")) for count in range(CHUNK + 1)))
    deliveries(store, "delivered")
    with reading(store.engine) as connection:
        chosen = portions(connection, Retention(raw=DAY), LATER)

    def replay(connection: Connection) -> None:
        make_due(connection, matching(connection, Wanted(again=True)), AT)

    def rest(_seconds: float) -> None:
        with store.engine.begin() as connection:
            replay(connection)

    assert [rows for _, rows in purge(store.engine, chosen, rest)] == [CHUNK]
    assert bodies(store).count(None) == CHUNK


def test_it_may_be_stopped_and_run_again(store: Store) -> None:
    take(store, *(arrival("c2b-confirmation", c2b(f"UP{count}")) for count in range(CHUNK + 5)))
    deliveries(store, "delivered")
    with reading(store.engine) as connection:
        chosen = portions(connection, Retention(raw=DAY), LATER)
    assert next(purge(store.engine, chosen, lambda _: None)) == ("raw", CHUNK)
    assert run(store) == {"raw": 5}


def test_a_portion_says_from_when(store: Store) -> None:
    with reading(store.engine) as connection:
        assert portions(connection, Retention(raw=90 * DAY), LATER) == [Portion("raw", AT + 10 * DAY, 0, 0)]
