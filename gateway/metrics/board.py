"""Numbers that every process counts in and each can read: a file without a name that the parent maps before it forks.

A process claims a region, and is the only one that writes there. The region outlives it, and the next process that
claims it counts on from what stands there: who dies takes nothing with him, SIGKILL included. Counting costs a look-up
and an addition in memory, no lock and no system call.
"""

import fcntl
import json
import mmap
import os
import struct
import tempfile
import threading
from collections import Counter
from collections.abc import Mapping

Key = tuple[str, ...]
"""Name of a series and the values of its labels."""

CELLS = 4096
"""So many series a process can count; what comes above goes into `DROPPED`."""
NAMES = 512 * 1024
DROPPED: Key = ("dropped",)

_HEAD = struct.Struct("=I")
_REGION = _HEAD.size + NAMES + 8 * CELLS + (-(_HEAD.size + NAMES)) % 8


class Tally:
    """What one process counts. Each series is counted by one thread only."""

    def __init__(self, memory: memoryview) -> None:
        self._memory = memory
        self._cells = memory[_cells_at() :].cast("d")
        self._places = {key: place for place, key in enumerate(_names(memory))}
        self._adding = threading.Lock()
        self.place(DROPPED)

    @classmethod
    def alone(cls) -> "Tally":
        """Return one that no other process sees."""
        return cls(memoryview(bytearray(_REGION)))

    def place(self, key: Key) -> int:
        """Return where a series stands; where there is no room left, the place of `DROPPED`."""
        found = self._places.get(key)
        return self._add_place(key) if found is None else found

    def add(self, key: Key, by: float = 1.0) -> None:
        """Count."""
        place = self._places.get(key)
        self._cells[self._add_place(key) if place is None else place] += by

    def add_at(self, place: int, by: float = 1.0) -> None:
        """Count where `place` has said."""
        self._cells[place] += by

    def _add_place(self, key: Key) -> int:
        with self._adding:
            if key in self._places:
                return self._places[key]
            used = _HEAD.unpack_from(self._memory)[0]
            text = json.dumps(key).encode()
            end = used + _HEAD.size + len(text)
            if len(self._places) == CELLS or end > NAMES:
                return 0
            begin = _HEAD.size + used
            _HEAD.pack_into(self._memory, begin, len(text))
            self._memory[begin + _HEAD.size : begin + _HEAD.size + len(text)] = text
            # Last, so that a reader never sees half a name.
            _HEAD.pack_into(self._memory, 0, end)
            self._places[key] = len(self._places)
            return self._places[key]


class Board:
    """Regions for so many processes. Made by the parent; children inherit it."""

    def __init__(self, regions: int) -> None:
        with tempfile.TemporaryFile() as file:
            file.truncate(regions * _REGION)
            self._map = memoryview(mmap.mmap(file.fileno(), regions * _REGION))
            # A number, which nobody closes: whoever closes a file loses his locks on it.
            self._file = os.dup(file.fileno())
        self._regions = regions
        self._mine: set[tuple[int, int]] = set()

    def claim(self) -> Tally:
        """Return a region of this process' own, until it ends. Where all are taken it counts for itself alone."""
        for region in range(self._regions):
            if (os.getpid(), region) not in self._mine and self._lock(region):
                self._mine.add((os.getpid(), region))
                return Tally(self._region(region))
        return Tally.alone()

    def read(self) -> Mapping[Key, float]:
        """Return what all processes have counted, those that are gone included."""
        total: Counter[Key] = Counter()
        for number in range(self._regions):
            region = self._region(number)
            values = region[_cells_at() :].cast("d")
            for place, key in enumerate(_names(region)):
                total[key] += values[place]  # type: ignore[assignment]
        return total

    def _region(self, number: int) -> memoryview:
        return self._map[number * _REGION : (number + 1) * _REGION]

    def _lock(self, region: int) -> bool:
        # The kernel gives it back however the process ends.
        try:
            fcntl.lockf(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, region)
        except OSError:
            return False
        return True


def _cells_at() -> int:
    return _REGION - 8 * CELLS


def _names(region: memoryview) -> list[Key]:
    end = _HEAD.size + _HEAD.unpack_from(region)[0]
    names: list[Key] = []
    begin = _HEAD.size
    while begin < end:
        length = _HEAD.unpack_from(region, begin)[0]
        begin += _HEAD.size
        names.append(tuple(json.loads(bytes(region[begin : begin + length]))))
        begin += length
    return names
