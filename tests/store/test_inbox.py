"""What intake writes: callback, payment, event and deliveries in one commit, or nothing."""

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from about import answer, payout, reversal
from arrivals import KEY, arrival, callback, hooks, received, shortcode
from declared import declared
from opened_store import Store, writing
from simulated import c2b, stk

from gateway.domain.received import Quarantined, Question, Reason, Received
from gateway.domain.settings import Quota
from gateway.domain.settled import Disposition
from gateway.pipeline.receive import receive
from gateway.store.engine import open_engine
from gateway.store.queries import events, reading
from gateway.store.set_aside import open_of, write_quarantine

A, D, C = Disposition.ACCEPTED, Disposition.DUPLICATE, Disposition.CONFLICT


def take(store: Store, *items: Received, together: bool = True) -> list[Any]:
    """Write items in one batch, or each in its own; return what they were settled as."""
    with writing(store.engine) as (writer, outcomes):
        if together:
            with store.locked():
                for number, item in enumerate(items):
                    writer.submit(item, number)
        else:
            for number, item in enumerate(items):
                writer.submit(item, number)
                outcomes.wait_for(number + 1)
        said = outcomes.wait_for(len(items))
    return [said[number] for number in range(len(items))]


def dispositions(said: list[Any]) -> list[Any]:
    return [one.disposition for one in said]


@pytest.mark.parametrize("together", [True, False], ids=["one batch", "many"])
def test_callbacks_of_one_payment(store: Store, together: bool) -> None:
    said = take(
        store,
        arrival("stk", stk("ws_1", code=1032)),
        arrival("stk", stk("ws_1", receipt="UA")),
        arrival("c2b-confirmation", c2b("UA")),
        arrival("c2b-confirmation", c2b("UA", FirstName="JANE")),
        arrival("c2b-confirmation", c2b("UA", amount="1.00")),
        arrival("stk", stk("ws_1", receipt="UA")),
        together=together,
    )
    assert dispositions(said) == [A, A, A, D, C, D]
    # In one batch the confirmation completes the event; later it is too late, and tells what it adds as an update.
    types = ["payment.failed", "payment.succeeded", *([] if together else ["payment.updated"])]
    made = store.query("SELECT type, payment_seq = (SELECT seq FROM payments) FROM events ORDER BY seq")
    assert made == [(event_type, 1) for event_type in types]
    assert store.query("SELECT outcome, amount FROM payments") == [(2, "1500.00")]
    assert store.query("SELECT event_seq FROM payments") == [(2,)]
    rows = store.query("SELECT kind, disposition, seen FROM callbacks ORDER BY id")
    assert rows == [
        ("stk", "accepted", 1),
        ("stk", "accepted", 2),
        ("c2b-confirmation", "accepted", 2),
        ("c2b-confirmation", "conflict", 1),
    ]
    # The bytes of the repetition that differ are kept too.
    ((copy,),) = store.query("SELECT body FROM callback_copies")
    assert json.loads(copy)["FirstName"] == "JANE"
    keys = store.query("SELECT name, value FROM payment_keys ORDER BY name")
    assert keys == [("checkout", "ws_1"), ("receipt", "UA")]
    assert len(store.query("SELECT id FROM deliveries")) == len(types)


@pytest.mark.parametrize("together", [True, False], ids=["one batch", "many"])
def test_a_late_twin_of_a_payment_that_was_joined_to_another_is_no_fault(store: Store, together: bool) -> None:
    """What stands for the payment was made for the one that was joined to it."""
    hook = {
        "schema": {"type": "object"},
        "provider": "mobi",
        "identity": "id",
        "outcome": {"from": "status", "table": {"0": "succeeded"}},
        "keys": {"checkout": "checkout", "originator": "originator"},
        "fields": {"amount": "amount", "account_reference": "reference"},
    }
    kinds = hooks(shortcode(), providers=declared({"mobi": hook, "mobi-late": hook}))

    def told(kind: str, **body: str) -> Received:
        found = kinds.find(KEY, kind)
        assert found is not None
        return receive(found, callback(kind, body))

    asked = told("mobi", id="1", status="?", checkout="c")
    paid = told("mobi", id="2", status="0", originator="o", amount="10")
    both = told("mobi", id="3", status="0", checkout="c", originator="o", amount="10")
    late = told("mobi-late", id="4", status="0", checkout="c", amount="10", reference="INV-7")
    said = [*take(store, asked, paid, both, together=together), *take(store, late)]
    assert [one.disposition for one in said] == [A, A, Disposition.ATTACHED, A]
    types = ["payment.unknown", "payment.succeeded", "payment.updated"]
    with reading(store.engine) as connection:
        made = list(events(connection))
    assert [one.type for one in made] == types
    # The update is of the payment that both are.
    assert made[2].payment_id == made[0].payment_id != made[1].payment_id
    assert made[2].account_reference == "INV-7"


@pytest.mark.parametrize("together", [True, False], ids=["one batch", "many"])
def test_a_reversal_waits_for_the_receipt_that_only_a_status_query_tells(store: Store, together: bool) -> None:
    """It was adopted within one batch, and waited for ever where the answer came later."""
    names = {"OriginatorConversationID": "subject", "ConversationID": "AG_subject"}
    take(
        store,
        arrival("reversal-result", reversal("succeeded")),
        arrival("b2c-result", payout("unknown")),
        arrival("status-result", answer("succeeded", **names)),
        together=together,
    )
    ((payment,),) = store.query("SELECT seq FROM payments")
    made = store.query("SELECT type, payment_seq FROM events ORDER BY seq")
    assert made == [("reversal.succeeded", payment), ("payout.unknown", payment), ("payout.succeeded", payment)]
    notes = store.query("SELECT kind, note FROM callbacks WHERE payment_seq = ? AND note IS NOT NULL", payment)
    assert ("status-result", "a payment was reversed, before it came") in notes


def test_bytes_are_kept_as_they_came(store: Store) -> None:
    body = b"\xef\xbb\xbf  " + json.dumps(c2b("UBYTES")).encode() + b"\r\n\n"
    take(store, arrival("c2b-confirmation", body))
    assert store.query("SELECT body FROM callbacks") == [(body,)]


def test_the_same_bad_bytes_are_counted_and_come_up_again_when_somebody_had_dealt_with_them(store: Store) -> None:
    """They stayed resolved, so that nobody ever saw them again."""
    bad = [Quarantined(callback("stk", b"\xff"), Reason.UNREADABLE) for _ in range(4)]
    assert take(store, *bad[:3]) == [None] * 3
    assert store.query("SELECT id, seen, resolved FROM quarantine") == [(bad[0].callback.id, 3, 0)]
    store.query("UPDATE quarantine SET resolved = true")
    take(store, bad[3])
    assert store.query("SELECT seen, resolved FROM quarantine") == [(4, 0)]


def test_the_same_bytes_elsewhere_are_another_row(store: Store) -> None:
    take(
        store,
        *(
            Quarantined(callback(kind, b"\xff", tenant=tenant, shortcode=number), Reason.UNREADABLE)
            for kind, tenant, number in [
                ("stk", "duka", "600638"),
                ("c2b-confirmation", "duka", "600638"),
                ("stk", "duka", "600999"),
                ("stk", "mama", "600638"),
            ]
        ),
    )
    assert store.query("SELECT seen FROM quarantine") == [(1,)] * 4


def test_a_mixed_batch_is_one_commit(store: Store) -> None:
    question = received("c2b-validation", c2b("UMIX"))
    assert isinstance(question, Question)
    bad = Quarantined(callback("stk", b"{"), Reason.BUG)
    said = take(store, question, arrival("c2b-confirmation", c2b("UMIX")), bad)
    assert (said[0], said[1].disposition, said[2]) == (None, A, None)
    tables = ("questions", "callbacks", "quarantine")
    assert [store.query(f"SELECT count(*) FROM {table}") for table in tables] == [[(1,)]] * 3  # noqa: S608


def test_two_processes_that_are_told_the_same_make_one_event_of_it(store: Store) -> None:
    """Each with its own connection, in opposite orders."""
    receipts = [f"UT{number}" for number in range(50)]

    def tell(order: list[str]) -> list[Any]:
        engine = open_engine(store.url)
        with writing(engine, batch=5) as (writer, outcomes):
            for number, receipt in enumerate(order):
                writer.submit(arrival("c2b-confirmation", c2b(receipt)), number)
            said = outcomes.wait_for(len(order))
        return [one.disposition for one in said.values()]

    with ThreadPoolExecutor(2) as pool:
        both = [one for told in pool.map(tell, (receipts, receipts[::-1])) for one in told]
    assert sorted(both) == [A] * 50 + [D] * 50
    assert len(store.query("SELECT id FROM events")) == 50
    assert store.query("SELECT DISTINCT seen FROM callbacks") == [(2,)]


def test_ids_of_what_is_stored_stay_what_they_were(store: Store, tmp_path: Path) -> None:
    """A gateway that starts anew from nothing gives the same ids."""
    (tmp_path / "second").mkdir()
    second = Store(tmp_path / "second")
    for one in (store, second):
        take(one, arrival("stk", stk("ws_1", receipt="UA")), arrival("c2b-confirmation", c2b("UB")))
    ids = "SELECT events.id, payments.id FROM events JOIN payments ON payments.seq = payment_seq ORDER BY 1"
    assert store.query(ids) == second.query(ids)


def test_what_is_open_of_a_hook_is_added_up_from_the_index_alone(file_store: Store) -> None:
    """SQLite did not take the index for `resolved IS 0`: it went through all rows that the hook had ever set aside."""
    take(file_store, *(Quarantined(callback("stk", b"{%d" % number), Reason.UNREADABLE) for number in range(3)))
    query = open_of(("duka", "600638", "stk"))
    text = str(query.compile(file_store.engine, compile_kwargs={"literal_binds": True}))
    assert file_store.query(text) == [(3, 6)]
    assert "COVERING INDEX quarantine_open" in str(file_store.query(f"EXPLAIN QUERY PLAN {text}"))


def test_the_size_of_what_is_set_aside_counts_headers_and_context(store: Store) -> None:
    large = callback("stk", b"{" * 10, headers={"x-a": "b" * 20}, context={"ref": "é"})
    take(store, Quarantined(large, Reason.UNREADABLE))
    assert store.query("SELECT size FROM quarantine") == [(10 + 23 + 4,)]


def test_what_repeats_in_one_batch_takes_its_room_once(store: Store) -> None:
    same = [Quarantined(callback("stk", b"x" * 1000), Reason.UNREADABLE) for _ in range(5)]
    other = Quarantined(callback("stk", b"y" * 1000), Reason.UNREADABLE)
    third = Quarantined(callback("stk", b"z" * 1000), Reason.UNREADABLE)
    with store.engine.begin() as connection:
        full = write_quarantine(connection, [*same, other, third], lambda *_: Quota(rows=9, size=2500))
    assert list(full) == [third.callback.id]
    assert store.query("SELECT seen FROM quarantine ORDER BY seen") == [(1,), (5,)]
