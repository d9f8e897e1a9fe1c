"""Faults of our own, between authentication and commit: on a real writer and a real store."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from arrivals import callback, hook
from opened_store import Store
from simulated import c2b
from sqlalchemy import Engine

from gateway.domain.callback import Callback
from gateway.domain.facts import Facts
from gateway.domain.settled import Settled
from gateway.domain.times import utc_now
from gateway.pipeline.hooks import Hook
from gateway.pipeline.settle import settle
from gateway.server.answers import Answer, Decision
from gateway.server.intake import Intake, resolver
from gateway.store.inbox import Inbox
from gateway.store.writer import Writer

Said = tuple[int, bytes, str | None]


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path)


def with_normalise(kind: str, normalise: Callable[[Mapping[str, Any]], Facts], **overrides: Any) -> Hook:
    """Return a hook whose kind has a fault."""
    made = hook(kind, **overrides)
    assert made.kind is not None
    return replace(made, kind=replace(made.kind, normalise=normalise))


def broken(_body: Mapping[str, Any]) -> Facts:
    raise KeyError("254700000000")


def unwritable(kind: str) -> Callable[[Mapping[str, Any]], Facts]:
    """Return a normaliser whose facts cannot be written where the body asks for it."""
    whole = hook(kind).kind
    assert whole is not None

    def normalise(body: Mapping[str, Any]) -> Facts:
        facts = whole.normalise(body)
        return replace(facts, receipt=object()) if body.get("Odd") else facts  # type: ignore[arg-type]

    return normalise


def begin(intake: Intake, made: Hook, taken: Callback) -> "asyncio.Future[tuple[Decision, Answer]]":
    """Let it take a callback; the future gets what it decides."""
    answered: asyncio.Future[tuple[Decision, Answer]] = asyncio.get_running_loop().create_future()
    intake.take(made, taken, lambda decision, said: answered.set_result((decision, said)))
    return answered


def take(
    store: Store, *requests: tuple[Hook, Callback], engine: Engine | None = None, committed: list[Settled] | None = None
) -> list[Said]:
    """Take callbacks as an intake process does, all at once; return status, body and result of each answer."""

    async def run() -> list[Said]:
        loop = asyncio.get_running_loop()
        writer: Writer[Any, Any, Any] = Writer(engine or store.engine, Inbox(settle, utc_now), resolver(loop))
        intake = Intake(writer.submit, (committed if committed is not None else []).append)
        try:
            with store.locked():
                taken = [begin(intake, *request) for request in requests]
                await asyncio.sleep(0.1)
            answers = [said for _, said in await asyncio.gather(*taken)]
        finally:
            await loop.run_in_executor(None, writer.close)
            await asyncio.sleep(0)
        return [(said.status, said.body, dict(said.headers).get("Pesagate-Result")) for said in answers]

    return asyncio.run(run())


SUCCESS = b'{"ResultCode":0,"ResultDesc":"Success"}'
KEPT = (200, SUCCESS, "quarantined")


def test_a_fault_of_ours_is_kept_as_a_bug_and_acknowledged(store: Store) -> None:
    made = callback("c2b-confirmation", c2b("UBUG"))
    assert take(store, (with_normalise("c2b-confirmation", broken), made)) == [KEPT]
    ((reason, body, detail),) = store.query("SELECT reason, body, detail FROM quarantine")
    assert (reason, body) == ("bug", made.body)
    # The place is told, the exception's own words are not: they may quote the payer.
    assert detail.startswith("KeyError in broken line ")
    assert "2547" not in detail
    assert store.query("SELECT count(*) FROM callbacks") == [(0,)]


def test_a_row_that_cannot_be_written_is_a_bug_and_costs_the_others_nothing(store: Store) -> None:
    odd = with_normalise("c2b-confirmation", unwritable("c2b-confirmation"))
    bodies = [c2b(f"UROW{number}", Odd=number in (3, 4)) for number in range(8)]
    committed: list[Settled] = []
    said = take(store, *((odd, callback("c2b-confirmation", body)) for body in bodies), committed=committed)
    accepted = (200, SUCCESS, "accepted")
    assert said == [accepted] * 3 + [KEPT] * 2 + [accepted] * 3
    assert store.query("SELECT reason FROM quarantine") == [("bug",)] * 2
    assert store.query("SELECT count(*) FROM events") == [(6,)]
    assert len(committed) == 6


@pytest.mark.parametrize("normalise", [broken, unwritable("c2b-confirmation")], ids=["before", "in the commit"])
def test_where_a_bug_cannot_be_kept_either_nothing_is_acknowledged(store: Store, normalise: Any) -> None:
    faulty = with_normalise("c2b-confirmation", normalise)
    body = c2b("UBOTH", Odd=True, Padding="x" * 40_000)
    said = take(store, (faulty, callback("c2b-confirmation", body)), engine=store.full_engine())
    assert said == [(503, b'{"error":"try again later"}', None)]
    assert store.query("SELECT count(*) FROM quarantine") == [(0,)]


def test_a_store_that_takes_nothing_is_no_bug(store: Store) -> None:
    made = callback("c2b-confirmation", c2b("UFULL", Padding="x" * 40_000))
    said = take(store, (hook("c2b-confirmation"), made), engine=store.full_engine())
    assert said == [(503, b'{"error":"try again later"}', None)]


@pytest.mark.parametrize("default", ["accept", "C2B00012"])
def test_a_fault_of_ours_in_a_question_gives_the_default(store: Store, default: str) -> None:
    faulty = with_normalise("c2b-validation", broken, validation_default=default)
    ((status, body, result),) = take(store, (faulty, callback("c2b-validation", c2b("UASK"))))
    code = "0" if default == "accept" else default
    assert (status, result) == (200, "quarantined")
    assert f'"ResultCode":"{code}"'.encode() in body
    assert store.query("SELECT reason, kind FROM quarantine") == [("bug", "c2b-validation")]


def test_what_was_decided_is_what_is_counted(store: Store) -> None:
    async def run() -> Decision:
        writer: Writer[Any, Any, Any] = Writer(
            store.engine, Inbox(settle, utc_now), resolver(asyncio.get_running_loop())
        )
        decision, _ = await begin(Intake(writer.submit, print), hook("stk"), callback("stk", b"{"))
        await asyncio.get_running_loop().run_in_executor(None, writer.close)
        return decision

    assert asyncio.run(run()) is Decision.UNREADABLE


@pytest.mark.parametrize(("seconds", "code"), [(2.9, "0"), (3.1, "C2B00016")])
def test_a_question_that_took_too_long_gets_the_default(store: Store, seconds: float, code: str) -> None:
    """Deciding waits for nobody; what is measured is a machine that stood still."""
    times = iter([100.0, 100.0 + seconds])

    async def run() -> bytes:
        loop = asyncio.get_running_loop()
        writer: Writer[Any, Any, Any] = Writer(store.engine, Inbox(settle, utc_now), resolver(loop))
        asked = hook("c2b-validation", validation=(), validation_default="C2B00016")
        intake = Intake(writer.submit, print, lambda: next(times))
        _, said = await begin(intake, asked, callback("c2b-validation", c2b("USLOW")))
        # It is recorded after it is answered.
        await asyncio.sleep(0)
        await asyncio.get_running_loop().run_in_executor(None, writer.close)
        return said.body

    assert f'"ResultCode":"{code}"'.encode() in asyncio.run(run())
    because = "no rule matches" if code == "0" else "deciding took longer than validation_budget"
    assert store.query("SELECT decision, because FROM questions") == [("accept" if code == "0" else code, because)]
