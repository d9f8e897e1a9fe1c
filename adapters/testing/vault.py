"""The durable values of a tenant without a store."""

import threading
from collections import deque


class MemoryVault:
    """Values kept in memory. `script` says how the next swaps end: None as usual, or an exception that is raised."""

    def __init__(self) -> None:
        self._values: dict[str, str] = {}
        self._lock = threading.Lock()
        self._script: deque[BaseException | None] = deque()

    def __repr__(self) -> str:
        return f"<MemoryVault of {len(self._values)}>"

    def script(self, *ends: BaseException | None) -> None:
        """Queue ends; each is used once, in this order."""
        self._script.extend(ends)

    def get(self, key: str) -> str | None:
        """Return the value, None where there is none."""
        return self._values.get(key)

    def swap(self, key: str, old: str | None, new: str) -> bool:
        """Keep `new` where the value is `old`, and tell whether it was."""
        with self._lock:
            end = self._script.popleft() if self._script else None
            if end is not None:
                raise end
            if self._values.get(key) != old:
                return False
            self._values[key] = new
            return True
