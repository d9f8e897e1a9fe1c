"""What the forms of the console do: each counts first where it may be many."""

from collections.abc import Callable
from typing import Any

from gateway.server.console.base import HOME, Base, number_in
from gateway.server.office import Changed, described


class Replay(Base):
    """Counts first, then replays what was agreed to."""

    async def post(self) -> None:
        """Show the count, or do it."""
        chosen = {name: self.field(name) for name in ("name", "tenant", "destination", "reason")}
        names = [chosen["name"]] if chosen["name"] else []
        more: dict[str, Any] = {name: chosen[name] for name in ("destination", "reason")}
        count = number_in(self.field("count"))

        def work() -> Any:
            wanted = self.office.wanted(self.who, names, chosen["tenant"], **more)
            return self.office.replay(self.who, self.source, wanted, count, described(**more))

        await _counted(self, work, "replay", "deliveries to try once more", chosen, count, f"{HOME}/waiting")


class Reprocess(Base):
    """Counts first, then takes quarantined callbacks once more."""

    async def post(self) -> None:
        """Show the count, or do it."""
        chosen = {name: self.field(name) for name in ("row", "tenant", "reason")}
        row, count = number_in(chosen["row"]), number_in(self.field("count"))
        ids = [] if row is None else [row]

        def work() -> Any:
            return self.office.reprocess(self.who, self.source, count, ids, chosen["tenant"], chosen["reason"])

        await _counted(self, work, "reprocess", "callbacks to take once more", chosen, count, f"{HOME}/quarantine")


class Resolve(Base):
    """Marks a quarantined callback as dealt with."""

    async def post(self, row: str) -> None:
        """Do it."""

        def work() -> None:
            with self.office.engine.begin() as connection:
                self.office.resolve(connection, self.who, self.source, int(row))

        await self.ask(work)
        self.redirect(f"{HOME}/quarantine", status=303)


class Lane(Base):
    """Parks a destination, or lets it go on."""

    async def post(self, tenant: str, name: str) -> None:
        """Do it."""
        act = self.office.park if self.more["park"] else self.office.resume

        def work() -> None:
            with self.office.engine.begin() as connection:
                act(connection, self.who, self.source, tenant, name)

        await self.ask(work)
        self.redirect(f"{HOME}/destinations", status=303)


async def _counted(
    page: Base, work: Callable[[], Any], path: str, what: str, chosen: dict[str, Any], count: int | None, then: str
) -> None:
    try:
        said = await page.ask(work)
    except Changed as changed:
        said, count = {"count": changed.count}, None
    if count is None:
        page.render("confirm.html", path=path, what=what, chosen=chosen, count=said["count"], back=then)
    else:
        page.redirect(then, status=303)
