"""Lists of references that a business expects payments for, and where they are kept."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from gateway.domain.settings import Secret

LookUp = Callable[[str, str], frozenset[str] | None]
"""Gives the references of a tenant's list by tenant and name, from memory; None while the list is not known."""


@dataclass(frozen=True, slots=True)
class FileSource:
    """A text file with one reference a line. The path is absolute."""

    path: str


@dataclass(frozen=True, slots=True)
class DatabaseSource:
    """The first column of a query. The URL is SQLAlchemy's; an SQLite path in it is absolute."""

    url: Secret
    query: str


@dataclass(frozen=True, slots=True)
class HttpSource:
    """What an address answers: a JSON array, or text with one reference a line."""

    url: str
    # The one header that says who we are.
    auth: tuple[str, Secret] | None = None
    # Member of the answer that holds the array; None: the answer is the array.
    items: str | None = None
    # Member of each object in the array that is the reference; None: the array holds the references themselves.
    field: str | None = None


Source = FileSource | DatabaseSource | HttpSource


@dataclass(frozen=True, slots=True)
class ReferenceList:
    """A tenant's list of references and how it is kept fresh."""

    name: str
    tenant: str
    source: Source
    refresh: timedelta = timedelta(seconds=60)
    # How old it may grow where it cannot be refreshed; then it counts as not known.
    max_age: timedelta = timedelta(hours=24)
    # How long one reading may take.
    timeout: timedelta = timedelta(seconds=10)
    # Names of what is done to its references, and to one that is looked for in it.
    normalise: tuple[str, ...] = ("trim",)
