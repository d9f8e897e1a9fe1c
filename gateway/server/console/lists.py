"""The lists of the console: one table of what each shows."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from gateway.domain.access import Principal, Right
from gateway.server.office import Office
from gateway.settings import dotted
from gateway.store import audit, queries, story
from gateway.store.page import Page

Rows = list[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class List:
    """One page that is a table."""

    path: str
    title: str
    about: str
    right: Right
    columns: tuple[str, ...]
    rows: Callable[[Office, Connection, Principal, Page], Rows]
    # True: there are further pages, by the number `id` of the last row.
    paged: bool = True


def _dead(office: Office, connection: Connection, _who: Principal, page: Page) -> Rows:
    return office.deliveries(connection, page, "dead")


def _waiting(office: Office, connection: Connection, _who: Principal, page: Page) -> Rows:
    return office.deliveries(connection, page, "pending")


def _quarantine(_office: Office, connection: Connection, _who: Principal, page: Page) -> Rows:
    return list(queries.quarantined(connection, page))


def _conflicts(_office: Office, connection: Connection, _who: Principal, page: Page) -> Rows:
    return list(story.conflicts(connection, page))


def _destinations(office: Office, connection: Connection, who: Principal, _page: Page) -> Rows:
    return office.destinations(connection, who)


def _urls(office: Office, _connection: Connection, who: Principal, _page: Page) -> Rows:
    return [dict(row) for row in office.urls if who.sees(row["tenant"])]


def _configuration(office: Office, _connection: Connection, _who: Principal, _page: Page) -> Rows:
    return [
        {
            "key": dotted(entry.steps),
            "value": entry.value,
            "from": "default" if entry.place is None else f"{entry.place.file}:{entry.place.line}",
        }
        for entry in office.entries
    ]


def _audit(_office: Office, connection: Connection, _who: Principal, page: Page) -> Rows:
    return list(audit.actions(connection, page))


LISTS = (
    List(
        "dead-letters", "Dead letters", "Deliveries that are not tried any more unless you ask for it.", Right.READ,
        ("event_id", "tenant", "destination", "attempts", "reason", "detail"), _dead,
    ),
    List(
        "waiting", "Waiting", "Deliveries on their way, and why each waits.", Right.READ,
        ("event_id", "tenant", "destination", "waiting_for", "attempts", "due_at", "reason"), _waiting,
    ),
    List(
        "quarantine", "Quarantine", "Callbacks that were kept and could not become a payment.", Right.READ,
        ("id", "tenant", "shortcode", "kind", "reason", "seen", "received_at", "path", "detail"), _quarantine,
    ),
    List(
        "conflicts", "Conflicts", "Callbacks that contradict what is known. They were never booked.", Right.READ,
        ("received_at", "tenant", "shortcode", "kind", "note", "payment_id"), _conflicts,
    ),
    List(
        "destinations", "Destinations", "How they stand.", Right.READ,
        ("tenant", "destination", "pending", "dead", "breaker", "parked", "oldest_pending", "last_answer"),
        _destinations, paged=False,
    ),
    List(
        "urls", "Hook URLs", "To register with M-Pesa. They are secrets: whoever knows one can post payments.",
        Right.URLS, ("tenant", "shortcode", "kind", "url"), _urls, paged=False,
    ),
    List(
        "configuration", "Configuration", "Every value in force. Secrets are masked.", Right.GATEWAY,
        ("key", "value", "from"), _configuration, paged=False,
    ),
    List(
        "audit", "Audit", "What was done by console and API.", Right.GATEWAY,
        ("at", "who", "tenant", "action", "detail", "source"), _audit,
    ),
)  # fmt: skip
