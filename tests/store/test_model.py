"""The store and what settles on it against a model: any order of callbacks, attempts, replays and passing time.

The model is written from the rules, not from the code: a dict of payments, a dict of events, a dict of deliveries.
"""

import shutil
import tempfile
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from arrivals import AT, callback, hook
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test
from opened_store import Store
from simulated import c2b, stk
from taken_up import taken_up

from gateway.delivery.decide import decide
from gateway.domain.delivery import AttemptResult, Verdict
from gateway.domain.due import AttemptEnded, DueDelivery, Seal, StepBegun
from gateway.domain.received import Arrival
from gateway.domain.settings import RetrySchedule, Route
from gateway.domain.times import to_micros
from gateway.pipeline.receive import receive
from gateway.pipeline.settle import settle
from gateway.store.deliveries import write_deliveries
from gateway.store.eventrow import event_of, select_events
from gateway.store.inbox import Inbox
from gateway.store.queries import reading
from gateway.store.replays import Wanted, make_due, matching
from gateway.store.tables import EVENTS

WINDOW = timedelta(seconds=10)
RETRIES = RetrySchedule((timedelta(seconds=5), timedelta(seconds=60)), jitter=0.0)
# By type, and by whether the reference is known: what a twin completes goes elsewhere than before.
DESTINATIONS = {
    ("payment.succeeded", True): ("erp", "books"),
    ("payment.succeeded", False): ("suspense", "erp"),
    ("payment.failed", False): ("erp",),
    ("payment.updated", True): ("updates",),
}
NAMES = ("erp", "books", "suspense", "updates")
ROUTES = tuple(
    Route({"type": (event_type,)} | ({"reference": ("INV-*",)} if knows else {}), names)
    for (event_type, knows), names in DESTINATIONS.items()
)
HOOKS = {kind: hook(kind, ROUTES, merge_window=WINDOW, hold_older_than=None) for kind in ("stk", "c2b-confirmation")}
FAILED, SUCCEEDED = 1, 2
# Nothing is killed here: a store in memory is as good, and what a run takes does not hang on the disk.
MEMORY = "/dev/shm" if Path("/dev/shm").is_dir() else None


@dataclass
class Payment:
    """What is believed of one payment."""

    outcome: int
    amount: int | None
    told: set[tuple[str, Any]]
    event: "Event"
    updated: bool = False


@dataclass
class Event:
    """One event and its deliveries."""

    type: str
    names: frozenset[str]
    sealed_at: datetime
    sealed: bool
    knows_name: bool
    deliveries: dict[str, "Delivery"] = field(default_factory=dict)
    sent: Any = None
    sources: int = 1


@dataclass
class Delivery:
    """One delivery."""

    due_at: datetime
    state: str = "pending"
    attempts: int = 0
    open_step: str | None = None


@dataclass
class Claim:
    """A delivery that a process has taken up and not yet tried."""

    due: DueDelivery
    event: Event
    delivery: Delivery


class Model(RuleBasedStateMachine):
    """Three payments, each with a push and a confirmation; two amounts; two spellings."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(prefix="model-", dir=MEMORY))
        self.store = Store(self.folder)
        self.now = AT
        self.inbox = Inbox(settle, lambda: self.now)
        # Facts by identity, payment by name, events in the order they were made.
        self.facts: dict[tuple[str, str], set[Any]] = {}
        self.bodies: set[bytes] = set()
        self.seen = 0
        self.payments: dict[str, Payment] = {}
        self.events: list[Event] = []
        self.claims: list[Claim] = []
        self.pairs = 0

    def teardown(self) -> None:
        self.store.engine.dispose()
        shutil.rmtree(self.folder)

    @rule(
        number=st.integers(0, 2), kind=st.sampled_from(("stk", "stk", "c2b-confirmation")), paid=st.booleans(),
        amount=st.sampled_from((100, 100, 100, 200)), spelling=st.sampled_from((0, 0, 1)),
    )  # fmt: skip
    def callback(self, number: int, kind: str, paid: bool, amount: int, spelling: int) -> None:
        self._take([self._arrival(number, kind, paid, amount, spelling)])

    @rule(
        number=st.integers(0, 2), amount=st.sampled_from((100, 200)), push_first=st.booleans(), repeated=st.booleans()
    )
    def callbacks_in_one_batch(self, number: int, amount: int, push_first: bool, repeated: bool) -> None:
        twins = [self._arrival(number, kind, True, amount, 0) for kind in ("stk", "c2b-confirmation")]
        if not push_first:
            twins.reverse()
        if repeated:
            twins.append(self._arrival(number, "stk", True, amount, 1))
        self._take(twins)

    @rule(seconds=st.sampled_from((1, 4, 10, 61)))
    def time_passes(self, seconds: int) -> None:
        self.now += timedelta(seconds=seconds)

    @rule()
    def two_months_pass(self) -> None:
        self.now += timedelta(days=60)

    @rule(seconds=st.sampled_from((1, 8, 3600)))
    def the_clock_goes_back(self, seconds: int) -> None:
        self.now -= timedelta(seconds=seconds)

    @rule(
        push_first=st.booleans(), attempted=st.booleans(), claimed=st.booleans(),
        seconds=st.sampled_from((-3600, -8, 4, 11)),
    )  # fmt: skip
    def twins_with_time_between(self, push_first: bool, attempted: bool, claimed: bool, seconds: int) -> None:
        """Faults show where twins, deliveries and the clock meet; chance alone brings them together too seldom."""
        # A payment of its own each time: of those that chance has told of, little is left to learn.
        number = 3 + self.pairs
        self.pairs += 1
        first, second = ("stk", "c2b-confirmation") if push_first else ("c2b-confirmation", "stk")
        self._take([self._arrival(number, first, True, 100, 0)])
        if claimed:
            self.claim(0, ahead=True)
        if attempted:
            self.attempt(0, AttemptResult.RETRY)
        self.now += timedelta(seconds=seconds)
        self._take([self._arrival(number, second, True, 100, 0)])
        if claimed and self.claims:
            self._attempt(self.claims.pop(), AttemptResult.RETRY)

    @rule(which=st.integers(0, 5), result=st.sampled_from((*AttemptResult, AttemptResult.DELIVERED)))
    def attempt(self, which: int, result: AttemptResult) -> None:
        waiting = self._unclaimed(self._due())
        if waiting:
            self._attempt(self._claim(waiting[which % len(waiting)]), result)

    @rule(which=st.integers(0, 5), ahead=st.booleans())
    def claim(self, which: int, ahead: bool) -> None:
        """A process takes up a delivery, the clock of some of them being ahead."""
        waiting = self._unclaimed(self._due(WINDOW if ahead else timedelta(0)))
        if waiting:
            # The latest: what came before has had its chance.
            self.claims.append(self._claim(waiting[-1 - which % len(waiting)]))

    @precondition(lambda self: self.claims)
    @rule(result=st.sampled_from((AttemptResult.DELIVERED, AttemptResult.RETRY)))
    def a_claim_is_tried(self, result: AttemptResult) -> None:
        self._attempt(self.claims.pop(), result)

    def _attempt(self, claim: Claim, result: AttemptResult) -> None:
        one, told, delivery = claim.due, claim.event, claim.delivery
        event = one.event
        if one.unsealed:
            event = self._write(Seal(one.id, one.event.id))
            told.sealed = True
            if told.deliveries.get(one.destination) is not delivery:
                assert event is None, "a twin has taken this delivery away: it must not be sent"
                return
        assert event is not None
        told.sealed = True
        shown = event.as_dict()
        assert len(shown["sources"]) == told.sources
        # What has once been sent under an id is all that is ever sent under it.
        assert told.sent in (None, shown)
        told.sent = shown
        assert one.open_step == delivery.open_step
        assert one.attempts == delivery.attempts
        then = decide(Verdict(result, "said"), one.attempts + 1, RETRIES, self.now, lambda: 0.0)
        self._write(AttemptEnded(one.id, one.attempts + 1, self.now, 1, Verdict(result, "said"), then))
        delivery.attempts += 1
        delivery.state, delivery.due_at = then.state.value, then.due_at
        if result is not AttemptResult.UNKNOWN:
            delivery.open_step = None

    def _claim(self, one: DueDelivery) -> Claim:
        told = next(told for told in self.events if self._id(told) == one.event.id)
        return Claim(one, told, told.deliveries[one.destination])

    def _unclaimed(self, waiting: list[DueDelivery]) -> list[DueDelivery]:
        claimed = {claim.due.id for claim in self.claims}
        return [one for one in waiting if one.id not in claimed]

    @rule(which=st.integers(0, 5))
    def a_step_is_begun_and_nothing_follows(self, which: int) -> None:
        waiting = [one for one in self._unclaimed(self._due()) if not one.unsealed]
        if waiting:
            one = waiting[which % len(waiting)]
            self._write(StepBegun(one.id, "send"))
            told = next(told for told in self.events if self._id(told) == one.event.id)
            told.sealed = True
            told.deliveries[one.destination].open_step = "send"

    @rule(again=st.booleans())
    def replay(self, again: bool) -> None:
        with self.store.engine.begin() as connection:
            made = make_due(connection, matching(connection, Wanted(again=again)), self.now)
        states = ("dead", "delivered") if again else ("dead",)
        # Whoever has taken one up has it no more due; here it is only asked for once more.
        chosen = [one for event in self.events for one in event.deliveries.values() if one.state in states]
        assert made == len(chosen)
        for one in chosen:
            one.state, one.due_at, one.open_step = "pending", self.now, None

    @invariant()
    def deliveries_are_those_of_the_model(self) -> None:
        rows = self.store.query(
            "SELECT events.id, destination, state, attempts, due_at, open_step "
            "FROM deliveries JOIN events ON events.seq = event_seq"
        )
        expected = [
            (self._id(event), name, one.state, one.attempts, to_micros(one.due_at), one.open_step)
            for event in self.events
            for name, one in event.deliveries.items()
        ]
        stored = [(str(UUID(bytes=event_id)), *row) for event_id, *row in rows]
        assert sorted(stored, key=lambda row: row[:2]) == sorted(expected, key=lambda row: row[:2])
        attempts = self.store.query("SELECT count(*) FROM attempts")
        assert attempts == [(sum(row[3] for row in expected),)]

    @invariant()
    def events_say_what_the_model_knows(self) -> None:
        with self.store.engine.connect() as connection:
            stored = [event_of(row) for row in connection.execute(select_events().order_by(EVENTS.c.seq))]
        assert [(len(event.sources), event.payer.name is not None) for event in stored] == [
            (event.sources, event.knows_name) for event in self.events
        ]

    @invariant()
    def one_payment_for_each_name(self) -> None:
        rows = self.store.query(
            "SELECT value, coalesce(joined_to, seq) FROM payment_keys JOIN payments ON seq = payment_seq"
        )
        assert {value for value, _ in rows} == set(self.payments)
        by_name = dict(rows)
        for one, payment in self.payments.items():
            for other, another in self.payments.items():
                assert (by_name[one] == by_name[other]) == (payment is another)

    @invariant()
    def every_byte_is_kept_and_counted(self) -> None:
        kept = self.store.query("SELECT body FROM callbacks UNION SELECT body FROM callback_copies")
        assert {body for (body,) in kept} == self.bodies
        assert self.store.query("SELECT coalesce(sum(seen), 0) FROM callbacks") == [(self.seen,)]

    @invariant()
    def what_is_due_is_what_the_model_says(self) -> None:
        found = {(one.event.id, one.destination) for one in self._due()}
        assert found == {
            (self._id(event), name)
            for event in self.events
            for name, one in event.deliveries.items()
            if one.state == "pending" and one.due_at <= self.now
        }

    def _arrival(self, number: int, kind: str, paid: bool, amount: int, spelling: int) -> Arrival:
        if kind == "stk":
            body = stk(f"ws_{number}", f"U{number}", amount, code=0 if paid else 1032)
        else:
            body = c2b(f"U{number}", amount=f"{amount}.00")
        if spelling:
            body["spelled"] = "otherwise"
        made = receive(HOOKS[kind], callback(kind, body, received_at=self.now))
        assert isinstance(made, Arrival), made
        return made

    def _take(self, arrivals: list[Arrival]) -> None:
        with self.store.engine.begin() as connection:
            settled = self.inbox(connection, arrivals)
        batch: set[int] = set()
        expected = [self._expect(arrival, batch) for arrival in arrivals]
        assert [one.disposition.value for one in settled if one is not None] == expected

    def _expect(self, arrival: Arrival, batch: set[int]) -> str:
        """Do in the model what the rules say; return what the arrival is. `batch`: the events of this transaction."""
        self.seen += 1
        self.bodies.add(arrival.callback.body)
        kind, said = arrival.callback.kind, arrival.facts
        outcome, amount = int(said.outcome), None if said.amount is None else int(said.amount)
        names = frozenset(value for _, value in said.keys)
        known = self.facts.setdefault((kind, said.identity), set())
        if (outcome, amount) in known:
            return "duplicate"
        known.add((outcome, amount))
        payments = {id(self.payments[name]): self.payments[name] for _, name in said.keys if name in self.payments}
        if not payments:
            event = self._make(kind, outcome, names, batch)
            payment = Payment(outcome, amount, {(kind, (outcome, amount))}, event)
            self.payments |= dict.fromkeys(names, payment)
            return "accepted"
        payment, *others = payments.values()
        same_kind = [facts for told, facts in payment.told if told == kind]
        if outcome < payment.outcome or (
            outcome == payment.outcome and (same_kind or (amount is not None and amount != payment.amount))
        ):
            return "conflict"
        payment.told.add((kind, (outcome, amount)))
        if outcome > payment.outcome:
            payment.outcome, payment.amount = outcome, amount
            payment.event = self._make(kind, outcome, names, batch)
        else:
            self._tell_twin(payment, kind, batch)
        for other in others:
            payment.told |= other.told
        self._name(payment, names, others)
        return "accepted"

    def _make(self, kind: str, outcome: int, names: frozenset[str], batch: set[int]) -> Event:
        window = WINDOW if kind == "stk" and outcome == SUCCEEDED else timedelta(0)
        event_type = "payment.succeeded" if outcome == SUCCEEDED else "payment.failed"
        event = Event(event_type, names, self.now + window, not window, kind != "stk")
        self._route(event)
        self.events.append(event)
        batch.add(id(event))
        return event

    def _route(self, event: Event) -> None:
        """Give the event deliveries of its own, in place of any that it had."""
        names = DESTINATIONS[event.type, event.knows_name]
        event.deliveries = {name: Delivery(event.sealed_at) for name in names}

    def _tell_twin(self, payment: Payment, kind: str, batch: set[int]) -> None:
        event = payment.event
        if id(event) in batch or (not event.sealed and self.now < event.sealed_at):
            event.knows_name |= kind != "stk"
            event.sources += 1
            self._route(event)
        elif kind != "stk" and not event.knows_name and not payment.updated:
            payment.updated = True
            update = Event("payment.updated", event.names, self.now, True, True, sources=event.sources + 1)
            self._route(update)
            self.events.append(update)

    def _name(self, payment: Payment, names: frozenset[str], others: list[Payment]) -> None:
        self.payments |= dict.fromkeys(names, payment)
        for name, owner in self.payments.items():
            if any(owner is other for other in others):
                self.payments[name] = payment

    def _id(self, event: Event) -> str:
        """Return the id that the store gave the event: the one of its type and number in the order of making."""
        rows = self.store.query("SELECT id, type FROM events ORDER BY seq")
        assert [event_type for _, event_type in rows] == [one.type for one in self.events]
        return str(UUID(bytes=rows[next(n for n, one in enumerate(self.events) if one is event)][0]))

    def _due(self, ahead: timedelta = timedelta(0)) -> list[DueDelivery]:
        with reading(self.store.engine) as connection:
            found = [one for name in NAMES for one in taken_up(connection, "duka", name, self.now + ahead, 100)]
        return sorted(found, key=lambda one: one.id)

    def _write(self, item: Any) -> Any:
        with self.store.engine.begin() as connection:
            (outcome,) = write_deliveries(connection, [item])
        return outcome


@pytest.mark.timeout(600)
def test_the_store_does_what_the_model_says() -> None:
    limits = settings(
        max_examples=60, stateful_step_count=25, deadline=None, derandomize=True,
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    run_state_machine_as_test(Model, settings=limits)
