"""The version of a store's tables, and whether this release can work on them."""

import shlex
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection, delete, insert, select

from gateway.store.tables import META

_NUMBER, _COMPATIBLE_FROM = "schema_version", "compatible_from"


@dataclass(frozen=True, slots=True)
class Version:
    """What a store says of its tables."""

    number: int
    # The oldest release, by the number that it needs, that works on them too.
    compatible_from: int


def read_version(connection: Connection) -> Version | None:
    """Return the version of a store that has the table `meta`, None where it says nothing."""
    query = select(META.c.key, META.c.value).where(META.c.key.in_([_NUMBER, _COMPATIBLE_FROM]))
    said = {key: int(value) for key, value in connection.execute(query) if value.isdecimal()}
    if _NUMBER not in said:
        return None
    return Version(said[_NUMBER], said.get(_COMPATIBLE_FROM, said[_NUMBER]))


def write_version(connection: Connection, version: Version) -> None:
    """Write the version, in the transaction that makes it true."""
    values = {_NUMBER: version.number, _COMPATIBLE_FROM: version.compatible_from}
    connection.execute(delete(META).where(META.c.key.in_(values)))
    connection.execute(insert(META), [{"key": key, "value": str(value)} for key, value in values.items()])


def objection(found: Version | None, needed: int, config: Path | None = None) -> str | None:
    """Return why a release that needs tables of one version must not work on those found, None where it may.

    `config` is the configuration file, for the command that helps.
    """
    if found is None:
        return "The store does not say which version its tables have: it is no whole store, restore a backup."
    if found.number == needed or found.compatible_from <= needed < found.number:
        return None
    told = f"The store has tables of version {found.number}, this release needs {needed}: "
    if found.number > needed:
        return f"{told}use the release that made the store."
    return f"{told}run `{command('migrate', config)}`, after a `{command('backup FILE', config)}`."


def command(words: str, config: Path | None) -> str:
    """Return a command of ours as it has to be typed for this configuration."""
    return f"pesagate {words}" if config is None else f"pesagate {words} -c {shlex.quote(str(config))}"
