"""A part of a list: whose rows, from where on, how many. Every list that people page through is cut by it."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, desc

Tenants = frozenset[str] | tuple[str, ...] | None
"""Whose rows are meant; None: everybody's. No other collection: a text is one, too, of letters."""


@dataclass(frozen=True, slots=True)
class Page:
    """Which rows of a list are wanted. None means: no bound."""

    # Only rows of these tenants.
    tenants: Tenants = None
    # Only rows that come after the one of this number.
    after: int | None = None
    limit: int | None = None
    # The rows of the highest numbers come first.
    newest_first: bool = False

    def cut(self, query: Select[Any], tenant: ColumnElement[str], number: ColumnElement[int]) -> Select[Any]:
        """Return the query for these rows alone, in order."""
        if self.tenants is not None:
            query = query.where(tenant.in_(self.tenants))
        if self.after is not None:
            query = query.where(number < self.after if self.newest_first else number > self.after)
        query = query.order_by(desc(number) if self.newest_first else number)
        return query if self.limit is None else query.limit(self.limit)


WHOLE = Page()
"""All rows, the oldest first."""


def of_tenant(tenant: str | None) -> Page:
    """Return the whole list of one tenant; None: of all."""
    return Page(tenants=only(tenant))


def only(tenant: str | None) -> tuple[str] | None:
    """Return the one tenant that is meant, None for all."""
    return None if tenant is None else (tenant,)
