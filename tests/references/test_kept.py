"""Lists in memory: looked up at once, refreshed beside, kept while their source is away, dropped when too old."""

import threading
from collections.abc import Callable, Iterable
from datetime import timedelta

import pytest
import structlog
from structlog.testing import capture_logs

from gateway.domain.references import FileSource, ReferenceList, Source
from gateway.references.kept import KeptLists
from gateway.references.unreadable import Unreadable

WANTED = ReferenceList(
    "open", "duka", FileSource("/x"), refresh=timedelta(milliseconds=1), max_age=timedelta(hours=1), normalise=("trim",)
)
OTHER = ReferenceList("open", "mama", FileSource("/y"), refresh=timedelta(hours=1))


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


class Place:
    """A source whose content a test sets; a text instead is why it cannot be read."""

    def __init__(self, content: list[str] | str | Exception) -> None:
        self.content = content
        self.readings = 0
        self._read = threading.Condition()

    def __call__(self, _source: Source, _timeout: timedelta) -> Iterable[str]:
        with self._read:
            self.readings += 1
            self._read.notify_all()
        if isinstance(self.content, Exception):
            raise self.content
        if isinstance(self.content, str):
            raise Unreadable(self.content)
        return self.content

    def wait_for_readings(self, more: int) -> None:
        with self._read:
            wanted = self.readings + more
            assert self._read.wait_for(lambda: self.readings >= wanted, 30)


def wait_until(holds: Callable[[], bool]) -> None:
    pause = threading.Event()
    for _ in range(3000):
        if holds():
            return
        pause.wait(0.01)
    raise AssertionError("it did not come about")


def test_a_list_is_unknown_until_it_is_read() -> None:
    lists = KeptLists([WANTED], Place([" INV-1 ", "", "  "]))
    assert lists.look_up("duka", "open") is None
    assert lists.read("duka", "open") is None
    assert lists.look_up("duka", "open") == {"INV-1"}


def test_lists_of_two_tenants_are_two() -> None:
    lists = KeptLists([WANTED, OTHER], Place(["INV-1"]))
    lists.read("duka", "open")
    assert lists.look_up("duka", "open") == {"INV-1"}
    assert lists.look_up("mama", "open") is None


@pytest.mark.parametrize("trouble", ["it is away", RuntimeError("a driver's own")])
def test_where_it_cannot_be_read_the_last_good_one_stays_until_it_is_too_old(trouble: str | Exception) -> None:
    clock, place = Clock(), Place(["INV-1"])
    lists = KeptLists([WANTED], place, clock)
    lists.read("duka", "open")
    place.content = trouble
    clock.now += 3600
    said = lists.read("duka", "open")
    assert said == ("it is away" if isinstance(trouble, str) else "reading it failed with RuntimeError")
    assert lists.look_up("duka", "open") == {"INV-1"}
    clock.now += 0.001
    assert lists.look_up("duka", "open") is None
    place.content = ["INV-2"]
    lists.read("duka", "open")
    assert lists.look_up("duka", "open") == {"INV-2"}


def test_a_list_is_as_old_as_the_question_for_it_and_not_as_its_answer() -> None:
    clock = Clock()

    def slow(_source: Source, _timeout: timedelta) -> list[str]:
        clock.now += 1800
        return ["INV-1"]

    lists = KeptLists([WANTED], slow, clock)
    lists.read("duka", "open")
    clock.now += 1801
    assert lists.look_up("duka", "open") is None


def test_it_is_refreshed_beside_until_the_end() -> None:
    place = Place(["INV-1"])
    lists = KeptLists([WANTED], place)
    with lists.kept_fresh():
        # What answers at once is there when the first question comes.
        assert lists.look_up("duka", "open") == {"INV-1"}
        place.content = ["INV-2"]
        wait_until(lambda: lists.look_up("duka", "open") == {"INV-2"})
    wait_until(lambda: not [thread for thread in threading.enumerate() if thread.name == "list-duka-open"])


def test_a_source_that_hangs_holds_up_neither_start_nor_end_nor_another_list() -> None:
    release = threading.Event()

    def read(source: Source, _timeout: timedelta) -> list[str]:
        if source == WANTED.source:
            release.wait()
        return ["INV-9"]

    lists = KeptLists([WANTED, OTHER], read)
    try:
        with lists.kept_fresh():
            wait_until(lambda: lists.look_up("mama", "open") == {"INV-9"})
            assert lists.look_up("duka", "open") is None
    finally:
        release.set()
    wait_until(lambda: not [thread for thread in threading.enumerate() if thread.name.startswith("list-")])


def logged(contents: list[list[str] | str], ages: list[float]) -> list[tuple[str, str]]:
    """Return level and words of what is logged while a source gives these, one reading after the other."""
    from gateway.references.kept import _Keeper

    structlog.reset_defaults()
    clock, place = Clock(), Place([])
    lists = KeptLists([WANTED], place, clock)
    keeper = _Keeper(lists, WANTED)
    with capture_logs() as lines:
        for content, age in zip(contents, ages, strict=True):
            place.content = content
            clock.now += age
            ending = threading.Event()
            ending.wait = lambda _seconds=None, end=ending: end.set()  # type: ignore[method-assign,assignment,func-returns-value]
            keeper.run(threading.Event(), ending)
    return [(line["log_level"], line["event"]) for line in lines]


KNOWN = ("info", "a list of references is known")
STAYS = ("warning", "a list of references could not be refreshed and stays as it was")
LOST = ("error", "a list of references is not known: its rules cannot decide")


@pytest.mark.parametrize(
    ("contents", "ages", "lines"),
    [
        ([["A"], ["A"], ["B"]], [0, 60, 60], [KNOWN]),
        ([["A"], "away", "away", ["A"]], [0, 60, 60, 60], [KNOWN, STAYS, KNOWN]),
        (["away", "away", ["A"]], [0, 60, 60], [LOST, KNOWN]),
        ([["A"], "away", "away", "away", ["A"]], [0, 60, 7200, 60, 60], [KNOWN, STAYS, LOST, KNOWN]),
        ([["A"], "away"], [0, 7200], [KNOWN, LOST]),
    ],
)
def test_the_log_tells_what_changes_and_no_more(
    contents: list[list[str] | str], ages: list[float], lines: list[tuple[str, str]]
) -> None:
    assert logged(contents, ages) == lines
