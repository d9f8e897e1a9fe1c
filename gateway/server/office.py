"""What API and console have in common: lists, stories and actions, each for what somebody may see and do.

Everything here waits for the store: it runs on the threads of `Reads`, never on the event loop.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Engine

from gateway.domain.access import Access, Principal, Right
from gateway.domain.received import Quarantined
from gateway.domain.settings import Settings
from gateway.domain.times import utc_now
from gateway.settings import Entry
from gateway.store import audit, lanes, queries, story
from gateway.store.destinations import standings
from gateway.store.page import Page
from gateway.store.queries import reading
from gateway.store.replays import Replays, Wanted, meant
from gateway.store.reprocess import Refused, Reviewed, open_rows, reprocess_all, resolve

Row = dict[str, Any]


class NotFound(Exception):
    """There is nothing of that name that he may see."""


class Forbidden(Exception):
    """He sees it, and may not do that."""


class Changed(Exception):
    """It is another number by now than he agreed to."""

    def __init__(self, count: int) -> None:
        super().__init__(count)
        self.count = count


@dataclass(frozen=True, slots=True)
class Acts:
    """What only the composition root can do: by the present configuration."""

    choose_replays: Callable[[Connection, Wanted], Replays]
    replay: Callable[[Engine, Replays, Callable[[Connection, int], None]], Iterator[int]]
    reprocess: Callable[[Connection, Sequence[int]], Sequence[Reviewed]]


@dataclass(frozen=True, slots=True)
class Office:
    """Where people are served. `engine` is used by one thread at a time for each connection."""

    settings: Settings
    access: Access
    engine: Engine
    acts: Acts
    # Hook URLs: tenant, shortcode, kind, url.
    urls: Sequence[Mapping[str, str]] = ()
    # Every value of the configuration in force, secrets masked.
    entries: Sequence[Entry] = ()

    def named(self, connection: Connection, who: Principal, name: str) -> list[int]:
        """Return the numbers of the payments that a receipt or any other id names."""
        return story.payments_named(connection, name, who.tenants)

    def story(self, connection: Connection, who: Principal, name: str) -> Row:
        """Return all that is known under a name. Raises NotFound."""
        told = {
            "payments": story.stories(connection, self.named(connection, who, name)),
            "results": list(story.results_named(connection, name, who.tenants)),
            "questions": list(story.questions_named(connection, name, who.tenants)),
            "quarantine": list(story.quarantined_naming(connection, name, who.tenants)),
        }
        if not any(told.values()):
            raise NotFound
        return told

    def deliveries(
        self, connection: Connection, page: Page, state: str | None = None, destination: str | None = None
    ) -> list[Row]:
        """Return deliveries and where they stand."""
        states = lanes.read_lanes(connection)
        parked = {name for name, lane in states.items() if lane.parked_at is not None}

        def is_served(owner: str, name: str) -> bool:
            return self.settings.destination(owner, name) is not None and (owner, name) not in parked

        return list(queries.deliveries(connection, utc_now(), is_served, page, state, destination))

    def destinations(self, connection: Connection, who: Principal, tenant: str | None = None) -> list[Row]:
        """Return how destinations stand."""
        now, among = utc_now(), who.among(tenant)
        return [
            each.as_dict(now)
            for each in standings(connection, self._configured(), now)
            if among is None or each.name[0] in among
        ]

    def park(self, connection: Connection, who: Principal, source: str, tenant: str, name: str) -> Row:
        """Park a destination. Raises NotFound, Forbidden."""
        self._require(who, Right.DESTINATIONS, tenant, name)
        if lanes.park(connection, (tenant, name), utc_now()):
            note(connection, who, source, tenant, "park", f"destination {name}")
        return self._standing(connection, tenant, name)

    def resume(self, connection: Connection, who: Principal, source: str, tenant: str, name: str) -> Row:
        """Let a destination go on. Raises NotFound, Forbidden."""
        self._require(who, Right.DESTINATIONS, tenant, name)
        lanes.resume(connection, (tenant, name), utc_now())
        note(connection, who, source, tenant, "resume", f"destination {name}")
        return self._standing(connection, tenant, name)

    def wanted(self, who: Principal, names: Sequence[str], tenant: str | None, **more: Any) -> Wanted:
        """Return what is to be replayed. Raises NotFound where a name, or the tenant, is none that he sees."""
        self.require_tenant(who, tenant)
        among = who.among(tenant)
        with reading(self.engine) as connection:
            payments, events, unknown = meant(connection, names, among)
        if unknown:
            raise NotFound
        return Wanted(
            payments=payments,
            events=events,
            tenants=among,
            **more,
        )

    def replay(self, who: Principal, source: str, wanted: Wanted, count: int | None, about: str) -> Row:
        """Count what would be replayed; where he has agreed to that count, replay it. Raises Forbidden, Changed."""
        if not who.may(Right.REPLAY):
            raise Forbidden
        with reading(self.engine) as connection:
            chosen = self.acts.choose_replays(connection, wanted)
        if count is None:
            return {"count": len(chosen), "made_due": 0}
        if count != len(chosen):
            raise Changed(len(chosen))

        def written(connection: Connection, made: int) -> None:
            note(connection, who, source, _one(wanted.tenants), "replay", f"{made} deliveries{about}")

        return {"count": len(chosen), "made_due": sum(self.acts.replay(self.engine, chosen, written))}

    def quarantined_body(self, connection: Connection, who: Principal, row_id: int) -> bytes:
        """Return the bytes of a quarantined callback. Raises NotFound."""
        found = queries.quarantined_body(connection, row_id, who.tenants)
        if found is None:
            raise NotFound
        return found

    def callback_body(self, connection: Connection, who: Principal, callback_id: int) -> bytes:
        """Return the bytes of a callback. Raises NotFound."""
        found = queries.callback_body(connection, callback_id, who.tenants)
        if found is None:
            raise NotFound
        return found

    def resolve(self, connection: Connection, who: Principal, source: str, row_id: int) -> None:
        """Mark a quarantined callback as dealt with. Raises NotFound, Forbidden."""
        if not open_rows(connection, (row_id,), who.tenants):
            raise NotFound
        if not who.may(Right.QUARANTINE):
            raise Forbidden
        resolve(connection, row_id)
        note(connection, who, source, _one(who.tenants), "resolve", f"quarantine row {row_id}")

    def reprocess(
        self,
        who: Principal,
        source: str,
        count: int | None,
        ids: Sequence[int] = (),
        tenant: str | None = None,
        reason: str | None = None,
    ) -> Row:
        """Count quarantined callbacks; where he has agreed to that count, take them once more.

        Raises NotFound, Forbidden, Changed.
        """
        self.require_tenant(who, tenant)
        with reading(self.engine) as connection:
            chosen = open_rows(connection, ids, who.among(tenant), reason)
        if set(ids) - set(chosen):
            raise NotFound
        if not who.may(Right.QUARANTINE):
            raise Forbidden
        if count is None:
            return {"count": len(chosen), "became": {}}
        if count != len(chosen):
            raise Changed(len(chosen))
        became = Counter(map(became_of, reprocess_all(self.engine, chosen, self.acts.reprocess)))
        with self.engine.begin() as connection:
            note(connection, who, source, tenant or _one(who.tenants), "reprocess", f"{len(chosen)} callbacks")
        return {"count": len(chosen), "became": dict(became)}

    def require_tenant(self, who: Principal, tenant: str | None) -> None:
        """Raise NotFound where a tenant is none that he sees."""
        if tenant is not None and not (who.sees(tenant) and tenant in self.settings.tenants):
            raise NotFound

    def _require(self, who: Principal, right: Right, tenant: str, name: str) -> None:
        self.require_tenant(who, tenant)
        if self.settings.destination(tenant, name) is None:
            raise NotFound
        if not who.may(right):
            raise Forbidden

    def _standing(self, connection: Connection, tenant: str, name: str) -> Row:
        now = utc_now()
        (found,) = (one for one in standings(connection, [(tenant, name)], now) if one.name == (tenant, name))
        return found.as_dict(now)

    def _configured(self) -> list[lanes.Name]:
        return [(tenant.id, name) for tenant in self.settings.tenants.values() for name in tenant.destinations]


def note(connection: Connection, who: Principal, source: str, tenant: str, action: str, detail: str) -> None:
    """Write into the audit what somebody does."""
    audit.note(connection, audit.Action(utc_now(), who.name, tenant, action, detail, source))


def became_of(reviewed: Reviewed | Refused) -> str:
    """Return in a word what became of a quarantined callback."""
    if isinstance(reviewed, Refused):
        return "refused by the store"
    if isinstance(reviewed.received, Quarantined):
        return f"still set aside: {reviewed.received.reason.value}"
    return "a question of long ago" if reviewed.settled is None else reviewed.settled.disposition.value


def _one(tenants: Any) -> str:
    """Return the tenant where only one is meant, else nothing."""
    return next(iter(tenants)) if tenants is not None and len(tenants) == 1 else ""


def described(**filters: Any) -> str:
    """Return filters as the audit tells them."""
    told: Mapping[str, Any] = {name: value for name, value in filters.items() if value not in (None, False, ())}
    return "".join(f", {name.replace('_', ' ')} {value}" for name, value in told.items())
