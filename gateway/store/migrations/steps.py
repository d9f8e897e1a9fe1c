"""The chain of steps, in Alembic's order."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from alembic.script import Script, ScriptDirectory
from alembic.script.revision import RevisionError

from gateway.domain.errors import StoreError
from gateway.store.version import Version

VERSIONS = Path(__file__).with_name("versions")


@dataclass(frozen=True, slots=True)
class Step:
    """One step. Afterwards the tables have `version`."""

    version: Version
    # The number of the tables that it starts from, 0 for none.
    after: int
    # The first line of its module.
    title: str
    # What is gone for good afterwards, for a person to agree to; None where nothing is.
    destroys: str | None
    upgrade: Callable[[], None]

    def may_run_beside(self, number: int) -> bool:
        """Tell whether a gateway that needs tables of that number may go on running meanwhile."""
        return self.version.compatible_from <= number


def steps(after: int | None = None, versions: Path = VERSIONS) -> Sequence[Step]:
    """Return the steps that follow tables of the number `after`, in order; all of them for None.

    Raises StoreError where no step follows tables of that number, and they are not the last either.
    """
    scripts = ScriptDirectory(versions.parent, version_locations=[versions])
    lower = "base" if after is None else f"{after:04}"
    try:
        return [_step(script) for script in scripts.iterate_revisions("head", lower)][::-1]
    except RevisionError:
        known = [one.version.number for one in steps(versions=versions)]
        raise StoreError(
            f"No step leads on from tables of version {after}: this release knows {', '.join(map(str, known))}. "
            "Older ones were never released, for newer ones use the release that made the store."
        ) from None


def _step(script: Script) -> Step:
    module = script.module
    return Step(
        version=Version(int(script.revision), module.compatible_from),
        after=int(str(script.down_revision or 0)),
        title=(module.__doc__ or "").partition("\n")[0],
        destroys=module.destroys,
        upgrade=module.upgrade,
    )
