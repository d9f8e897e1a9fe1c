"""Pages that show: payments and the search for one, a whole story, bytes, lists."""

from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from tornado.web import HTTPError

from gateway.domain.delivery import DeliveryState
from gateway.domain.outcome import Outcome
from gateway.domain.times import NAIROBI
from gateway.server.console.base import HOME, Base, number_in
from gateway.server.console.lists import List
from gateway.store.page import Page
from gateway.store.payments import Sought, payments

_ROWS = 50


class Payments(Base):
    """The first page: payments, the newest first, and the search for one."""

    async def get(self) -> None:
        """Show them."""
        await self._show(None)

    async def post(self) -> None:
        """Search by an id. It does not stand in the address: some end with the payer's phone."""
        name = self.field("name")
        if name is None:
            self.redirect(HOME, status=303)
            return
        found = await self.look(lambda connection: self.office.named(connection, self.who, name))
        rows = await self._rows(Sought(numbers=found))
        if len(rows) == 1 and rows[0]["payment_id"]:
            self.redirect(f"{HOME}/payments/{rows[0]['payment_id']}", status=303)
            return
        told = None if rows else await self._told(name)
        self.render("payments.html", rows=rows, told=told, sought={}, last=None, searched=True)

    async def _told(self, name: str) -> Any:
        try:
            return await self.look(lambda connection: self.office.story(connection, self.who, name))
        except HTTPError:
            return None

    async def _show(self, told: Any) -> None:
        names = ("reference", "phone_ends", "amount", "outcome", "state", "since", "until", "after")
        sought = {name: self.field(name) for name in names}
        rows = await self._rows(_sought(sought), sought["after"])
        last = rows[-1]["number"] if len(rows) == _ROWS else None
        self.render("payments.html", rows=rows, told=told, sought=sought, last=last, searched=any(sought.values()))

    async def _rows(self, sought: Sought, after: str | None = None) -> list[dict[str, Any]]:
        page = Page(self.who.tenants, number_in(after), _ROWS, newest_first=True)
        rows: list[dict[str, Any]] = await self.look(lambda connection: list(payments(connection, sought, page)))
        return rows


class Story(Base):
    """One payment's whole story. It shows the payer."""

    async def get(self, name: str) -> None:
        """Tell it."""
        told = await self.look(lambda connection: self.office.story(connection, self.who, name))
        self.render("story.html", told=told, name=name)


class Body(Base):
    """The bytes of a callback as they came, for download."""

    async def get(self, row: str) -> None:
        """Send them."""
        find = self.office.quarantined_body if self.more["quarantined"] else self.office.callback_body
        body = await self.look(lambda connection: find(connection, self.who, int(row)))
        self.set_header("Content-Type", "application/octet-stream")
        self.set_header("Content-Disposition", f'attachment; filename="callback-{row}.txt"')
        self.finish(body)


class Table(Base):
    """A list."""

    async def get(self) -> None:
        """Show it."""
        shown: List = self.more["shown"]
        if not self.who.may(shown.right):
            raise HTTPError(404)
        page = Page(self.who.tenants, number_in(self.field("after")), _ROWS, newest_first=True)
        rows = await self.look(lambda connection: shown.rows(self.office, connection, self.who, page))
        last = rows[-1]["id"] if shown.paged and len(rows) == _ROWS else None
        self.render("table.html", shown=shown, rows=rows, last=last)


def _sought(told: dict[str, str | None]) -> Sought:
    """Return what a form asks for; what is not understood is left out."""
    amount, outcome, state, ends = (told[name] for name in ("amount", "outcome", "state", "phone_ends"))
    return Sought(
        reference=told["reference"],
        digits=ends[-3:] if ends and ends[-3:].isdigit() and len(ends) >= 3 else None,
        amount=_decimal(amount),
        outcome=Outcome[outcome.upper()] if outcome in ("succeeded", "failed", "unknown") else None,
        since=_day(told["since"]),
        until=_day(told["until"]),
        state=DeliveryState(state) if state in tuple(DeliveryState) else None,
    )


def _decimal(text: str | None) -> Decimal | None:
    try:
        found = None if text is None else Decimal(text).quantize(Decimal("0.01"))
    except InvalidOperation:
        return None
    return found


def _day(text: str | None) -> datetime | None:
    try:
        found = None if text is None else datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found is None or found.tzinfo else found.replace(tzinfo=NAIROBI)
