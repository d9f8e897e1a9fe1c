"""A store on PostgreSQL: several processes write, and one payment stays one."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from arrivals import AT, arrival, received
from databases import own_database
from opened_store import Outcomes, ServerStore, writing
from simulated import c2b, stk

from gateway.domain.delivery import AttemptResult, DeliveryState, Verdict
from gateway.domain.due import AttemptEnded, Next
from gateway.domain.settings import Secret
from gateway.domain.settled import Settled
from gateway.store import story
from gateway.store.deliveries import write_deliveries
from gateway.store.prepare import prepare, require
from gateway.store.queries import events, reading


@pytest.fixture
def store() -> Iterator[ServerStore]:
    with own_database("postgresql") as url:
        yield ServerStore(url)


def settled(outcomes: Outcomes, number: int) -> list[Settled]:
    told = outcomes.wait_for(number)
    assert not [one for one in told.values() if isinstance(one, Exception)], told
    return list(told.values())


def test_two_processes_that_hear_of_the_same_payments_at_once_book_each_once(store: ServerStore) -> None:
    """Confirmations and pushes of the same receipts, in opposite orders, from four writers at once."""
    receipts = [f"UKO{number}" for number in range(1000, 1060)]
    told = [[arrival("c2b-confirmation", c2b(one)) for one in receipts] for _ in range(2)]
    told += [[arrival("stk", stk(f"ws_{one}", one)) for one in receipts] for _ in range(2)]
    start = threading.Barrier(4)

    def take(number: int) -> list[Settled]:
        with writing(store.engine, batch=7) as (writer, outcomes):
            start.wait()
            for ticket, one in enumerate(told[number] if number % 2 else told[number][::-1]):
                writer.submit(one, ticket)
            return settled(outcomes, len(receipts))

    with ThreadPoolExecutor(4) as pool:
        said = [one for each in pool.map(take, range(4)) for one in each]
    assert sum(one.new_payment for one in said) == 60
    assert store.query("SELECT count(*) FROM payments") == [(60,)]
    assert store.query("SELECT count(DISTINCT payment_seq), count(*) FROM events WHERE type = 'payment.succeeded'") == [
        (60, 60)
    ]
    assert store.query("SELECT count(*), sum(seen) FROM callbacks") == [(120, 240)]
    assert store.query(
        "SELECT count(*) FROM deliveries JOIN events ON seq = event_seq WHERE type = 'payment.succeeded'"
    ) == [(60,)]


def test_two_hosts_that_start_at_once_make_one_store() -> None:
    with own_database("postgresql") as url, ThreadPoolExecutor(4) as pool:
        secret = Secret(url.render_as_string(hide_password=False))
        list(pool.map(prepare, [secret] * 4))
        require(secret)


def test_what_was_stored_is_found_by_any_of_its_ids(store: ServerStore) -> None:
    made = arrival("c2b-confirmation", c2b("UKO7R8T1YB"))
    quarantined = received("c2b-confirmation", b'{"TransID": "UQ_%ARANTINED"')
    with writing(store.engine) as (writer, outcomes):
        writer.submit_many([(made, 1), (quarantined, 2), (quarantined, 3)])
        outcomes.wait_for(3)
    with reading(store.engine) as connection:
        (event,) = events(connection)
        for name in (event.id, event.payment_id or "", "UKO7R8T1YB", event.sources[0]):
            (number,) = story.payments_named(connection, name)
            (told,) = story.stories(connection, [number])
            assert told["events"][0]["event"]["id"] == event.id
        assert len(list(story.quarantined_naming(connection, "UQ_%ARANTINED"))) == 1
        assert list(story.quarantined_naming(connection, "UQ%ARANTINED")) == []
    assert store.query("SELECT seen FROM quarantine") == [(2,)]


def test_an_answer_that_the_database_does_not_take_is_written_down_all_the_same(store: ServerStore) -> None:
    """An attempt that cannot be written would be tried to be written for ever, and its delivery with it."""
    with writing(store.engine) as (writer, outcomes):
        writer.submit(arrival("c2b-confirmation", c2b("UKO7R8T1YB")), 1)
        settled(outcomes, 1)
    verdict = Verdict(AttemptResult.RETRY, "http_500", "half \ud800", answer="nul \x00")
    ended = AttemptEnded(1, 1, AT, 1, verdict, Next(DeliveryState.PENDING, AT, "http_500", "nul \x00"))
    with writing(store.engine, write_deliveries) as (writer, outcomes):
        # Twice: its commit was made, and nobody heard of it.
        writer.submit_many([(ended, 1), (ended, 2)])
        assert outcomes.wait_for(2) == {1: None, 2: None}
    assert store.query("SELECT number, detail, answer FROM attempts") == [(1, "half \ufffd", "nul \ufffd")]
    assert store.query("SELECT attempts, detail FROM deliveries") == [(1, "nul \ufffd")]


def test_a_connection_that_died_meanwhile_refuses_nothing(store: ServerStore) -> None:
    with writing(store.engine) as (writer, outcomes):
        writer.submit(arrival("c2b-confirmation", c2b("UKO7R8T1YB")), 1)
        settled(outcomes, 1)
        store.query("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()"
                    " AND datname = current_database()")  # fmt: skip
        writer.submit(arrival("c2b-confirmation", c2b("UKO7R8T1YC")), 2)
        settled(outcomes, 2)
    assert store.query("SELECT count(*) FROM payments") == [(2,)]
