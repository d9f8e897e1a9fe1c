"""The durable values of one tenant's adapters: read from the store, written through the process's writer."""

from collections.abc import Callable

from sqlalchemy import Engine
from sqlalchemy.exc import IntegrityError

from gateway.domain.due import DeliveryWrite, StateSwap
from gateway.domain.times import Clock
from gateway.store.adapter_state import read_state


class StoredVault:
    """A tenant's vault. `commit` writes one row and returns its outcome when it is on disk."""

    def __init__(self, tenant: str, engine: Engine, commit: Callable[[DeliveryWrite], object], clock: Clock) -> None:
        self._tenant = tenant
        self._engine = engine
        self._commit = commit
        self._clock = clock

    def __repr__(self) -> str:
        return f"<StoredVault {self._tenant}>"

    def get(self, key: str) -> str | None:
        """Return the value as it is committed now. Raises StoreUnavailable."""
        return read_state(self._engine, self._tenant, key)

    def swap(self, key: str, old: str | None, new: str) -> bool:
        """Commit `new` where the value is `old`, and tell whether it was. Raises StoreUnavailable."""
        try:
            return self._commit(StateSwap(self._tenant, key, old, new, self._clock())) is True
        except IntegrityError:
            # Somebody else has made the value at the same moment.
            return False
