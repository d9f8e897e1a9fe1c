"""Every kind of source and how it is read: one table. Each reader is imported when it is needed."""

from collections.abc import Callable, Iterable
from datetime import timedelta

from gateway.domain.references import DatabaseSource, FileSource, HttpSource, ReferenceList, Source
from gateway.expressions.normalise import normaliser

Read = Callable[[Source, timedelta], Iterable[str]]
"""Gives the references of a source as they stand there, within a time. Raises Unreadable."""


def read(source: Source, timeout: timedelta) -> Iterable[str]:
    """Return the references of a source as they stand there. Raises Unreadable."""
    if isinstance(source, FileSource):
        from gateway.references.text_file import read_file

        return read_file(source, timeout)
    if isinstance(source, DatabaseSource):
        from gateway.references.query import read_query

        return read_query(source, timeout)
    from gateway.references.address import read_address

    assert isinstance(source, HttpSource)  # noqa: S101 - the three sources are all there are
    return read_address(source, timeout)


def fault_of(source: Source) -> str | None:
    """Return why a source cannot be read from here whatever it holds, such as a driver that is missing; else None."""
    if isinstance(source, DatabaseSource):
        from gateway.references.query import fault_of_url

        return fault_of_url(source)
    return None


def alike(references: Iterable[str], wanted: ReferenceList) -> frozenset[str]:
    """Return the references made alike as the list says; blank ones are none."""
    normalise = normaliser(wanted.normalise)
    made = (normalise(reference) for reference in references)
    return frozenset(reference for reference in made if reference is not None and reference.strip())
