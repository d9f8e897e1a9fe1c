"""Every operation of the API: one table. Each acts on the threads of `Reads`, with what was asked already checked."""

import base64
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from gateway.domain.access import Principal, Right
from gateway.domain.delivery import DeliveryState
from gateway.domain.outcome import Outcome
from gateway.domain.times import NAIROBI, utc_now
from gateway.server.office import Office, described
from gateway.store import queries, story
from gateway.store.page import Page
from gateway.store.payments import Sought, payments
from gateway.store.queries import reading

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Ask:
    """One request, checked: who asks, from where, for what."""

    office: Office
    who: Principal
    source: str
    path: Mapping[str, str]
    query: Mapping[str, Any]
    body: Mapping[str, Any]

    @property
    def page(self) -> Page:
        """The part of a list that is asked for. Raises NotFound where it is another's."""
        tenant = self.query.get("tenant")
        self.office.require_tenant(self.who, tenant)
        after = self.query.get("after")
        return Page(self.who.among(tenant), None if after is None else int(after), self.query["limit"])


@dataclass(frozen=True, slots=True)
class Operation:
    """One row of the table."""

    name: str
    method: str
    path: str
    right: Right
    summary: str
    act: Callable[[Ask], Json]
    # Name of the schema of what comes back.
    gives: str
    # Names of its query parameters.
    query: tuple[str, ...] = ()
    # Name of the schema of its body.
    takes: str | None = None
    # By status, what else may come back.
    also: Mapping[int, str] = field(default_factory=dict)


def _listed(rows: list[Json], ask: Ask, number: Callable[[Json], str]) -> Json:
    """Return a page of a list: `next` is what `after` must be to go on, null at the end."""
    full = len(rows) == ask.query["limit"]
    return {"data": rows, "next": number(rows[-1]) if full else None}


def _events(ask: Ask) -> Json:
    shown = frozenset({"raw", "balances"} if ask.query.get("raw") else ())
    page = ask.page
    with reading(ask.office.engine) as connection:
        found = list(queries.settled_events(connection, page, utc_now(), with_raw=bool(shown)))
    last = str(found[-1][0]) if found else ask.query.get("after", "0")
    return {"data": [event.as_dict(shown) for _, event in found], "next": last, "more": len(found) == page.limit}


def _payments(ask: Ask) -> Json:
    query, page = ask.query, ask.page
    amount, outcome, state = query.get("amount"), query.get("outcome"), query.get("state")
    with reading(ask.office.engine) as connection:
        receipt = query.get("receipt")
        sought = Sought(
            numbers=None if receipt is None else ask.office.named(connection, ask.who, receipt),
            reference=query.get("reference"),
            digits=query.get("phone_ends"),
            amount=None if amount is None else Decimal(amount),
            outcome=None if outcome is None else Outcome[outcome.upper()],
            since=moment(query.get("since")),
            until=moment(query.get("until")),
            state=None if state is None else DeliveryState(state),
        )
        rows = list(payments(connection, sought, _newest(page)))
    shown = _listed(rows, ask, lambda row: str(row["number"]))
    for row in rows:
        del row["number"]
    return shown


def _payment(ask: Ask) -> Json:
    with reading(ask.office.engine) as connection:
        return ask.office.story(connection, ask.who, ask.path["id"])


def _deliveries(ask: Ask) -> Json:
    page = ask.page
    with reading(ask.office.engine) as connection:
        rows = ask.office.deliveries(connection, page, ask.query.get("state"), ask.query.get("destination"))
    return _listed(rows, ask, _id)


def _replay(ask: Ask) -> Json:
    body = ask.body
    chosen = {name: body.get(name) for name in ("destination", "reason")}
    since, until = moment(body.get("since")), moment(body.get("until"))
    more: Json = {**chosen, "since": since, "until": until, "again": body.get("again", False)}
    wanted = ask.office.wanted(ask.who, body.get("names", ()), body.get("tenant"), **more)
    return ask.office.replay(ask.who, ask.source, wanted, body.get("count"), described(**more))


def _quarantine(ask: Ask) -> Json:
    page = ask.page
    with reading(ask.office.engine) as connection:
        rows = list(queries.quarantined(connection, page))
    return _listed(rows, ask, _id)


def _quarantined(ask: Ask) -> Json:
    with reading(ask.office.engine) as connection:
        body = ask.office.quarantined_body(connection, ask.who, int(ask.path["row"]))
    return {"id": ask.path["row"], "body_base64": base64.b64encode(body).decode()}


def _resolve(ask: Ask) -> Json:
    with ask.office.engine.begin() as connection:
        ask.office.resolve(connection, ask.who, ask.source, int(ask.path["row"]))
    return {"id": ask.path["row"], "resolved": True}


def _reprocess(ask: Ask) -> Json:
    body = ask.body
    ids = [int(each) for each in body.get("ids", ())]
    return ask.office.reprocess(ask.who, ask.source, body.get("count"), ids, body.get("tenant"), body.get("reason"))


def _conflicts(ask: Ask) -> Json:
    page = ask.page
    with reading(ask.office.engine) as connection:
        rows = list(story.conflicts(connection, page))
    return _listed(rows, ask, _id)


def _destinations(ask: Ask) -> Json:
    tenant = ask.query.get("tenant")
    ask.office.require_tenant(ask.who, tenant)
    with reading(ask.office.engine) as connection:
        return {"data": ask.office.destinations(connection, ask.who, tenant), "next": None}


def _park(ask: Ask) -> Json:
    with ask.office.engine.begin() as connection:
        return ask.office.park(connection, ask.who, ask.source, ask.path["tenant"], ask.path["destination"])


def _resume(ask: Ask) -> Json:
    with ask.office.engine.begin() as connection:
        return ask.office.resume(connection, ask.who, ask.source, ask.path["tenant"], ask.path["destination"])


def _id(row: Json) -> str:
    return str(row["id"])


def _newest(page: Page) -> Page:
    return Page(page.tenants, page.after, page.limit, newest_first=True)


def moment(text: str | None) -> datetime | None:
    """Return a moment; without an offset it is Nairobi's. Raises ValueError."""
    if text is None:
        return None
    found = datetime.fromisoformat(text)
    return found if found.tzinfo else found.replace(tzinfo=NAIROBI)


_LIST = ("tenant", "after", "limit")
_SOUGHT = ("receipt", "reference", "phone_ends", "amount", "outcome", "since", "until", "state")
_COUNTED = {409: "changed"}

OPERATIONS = (
    Operation(
        "listEvents", "GET", "/events", Right.READ,
        "Events in the order in which they were made. Keep `next` and ask again with after=next: none is missed.",
        _events, "events", (*_LIST, "raw"),
    ),
    Operation(
        "searchPayments", "GET", "/payments", Right.READ, "Payments, the newest first, without the payer.",
        _payments, "payments", (*_LIST, *_SOUGHT),
    ),
    Operation(
        "getPayment", "GET", "/payments/{id}", Right.READ,
        "All that is known of a payment, by receipt, payment id or event id. This view shows the payer.",
        _payment, "story",
    ),
    Operation(
        "listDeliveries", "GET", "/deliveries", Right.READ, "Deliveries and where they stand.",
        _deliveries, "deliveries", (*_LIST, "state", "destination"),
    ),
    Operation(
        "replay", "POST", "/replays", Right.REPLAY,
        "Have dead letters tried once more: without `count` it says how many, with that count it does it.",
        _replay, "replayed", takes="replay", also=_COUNTED,
    ),
    Operation(
        "listQuarantine", "GET", "/quarantine", Right.READ, "Callbacks that could not become an event.",
        _quarantine, "quarantine", _LIST,
    ),
    Operation(
        "getQuarantined", "GET", "/quarantine/{row}", Right.READ, "The bytes of one of them, as they came.",
        _quarantined, "quarantined",
    ),
    Operation(
        "resolveQuarantined", "POST", "/quarantine/{row}/resolve", Right.QUARANTINE,
        "Mark one as dealt with. Its bytes stay.", _resolve, "resolved",
    ),
    Operation(
        "reprocessQuarantine", "POST", "/quarantine/reprocess", Right.QUARANTINE,
        "Take them once more: without `count` it says how many, with that count it does it.",
        _reprocess, "reprocessed", takes="reprocess", also=_COUNTED,
    ),
    Operation(
        "listConflicts", "GET", "/conflicts", Right.READ, "Callbacks that contradict what is known.",
        _conflicts, "conflicts", _LIST,
    ),
    Operation(
        "listDestinations", "GET", "/destinations", Right.READ, "How destinations stand.",
        _destinations, "destinations", ("tenant",),
    ),
    Operation(
        "parkDestination", "POST", "/destinations/{tenant}/{destination}/park", Right.DESTINATIONS,
        "Let its deliveries wait. Nothing is dropped.", _park, "destination",
    ),
    Operation(
        "resumeDestination", "POST", "/destinations/{tenant}/{destination}/resume", Right.DESTINATIONS,
        "Let it go on at once, whatever held it.", _resume, "destination",
    ),
)  # fmt: skip
