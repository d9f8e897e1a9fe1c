"""Counts of several processes: none is lost with the process that made it, and none is counted twice."""

import os
import signal
import time
from collections.abc import Callable

from gateway.metrics import board as boards
from gateway.metrics.board import CELLS, DROPPED, Board, Tally
from gateway.metrics.series import ANSWER_SECONDS, Spread

PAID = ("paid", "duka")


def forked(act: Callable[[], None]) -> int:
    pid = os.fork()
    if pid == 0:
        try:
            act()
        finally:
            os._exit(0)
    return pid


def test_what_a_killed_process_has_counted_stays_and_its_successor_counts_on() -> None:
    board = Board(2)

    def count_and_wait() -> None:
        tally = board.claim()
        tally.add(PAID)
        tally.add(PAID, 2)
        while True:
            time.sleep(1)

    killed = forked(count_and_wait)
    while board.read().get(PAID) != 3:
        time.sleep(0.01)
    os.kill(killed, signal.SIGKILL)
    os.waitpid(killed, 0)
    for _ in range(3):
        os.waitpid(forked(lambda: board.claim().add(PAID)), 0)

    assert board.read()[PAID] == 6


def test_processes_at_the_same_time_do_not_share_a_region() -> None:
    board = Board(3)

    def count() -> None:
        tally = board.claim()
        for _ in range(20_000):
            tally.add(PAID)

    for pid in [forked(count) for _ in range(3)]:
        os.waitpid(pid, 0)

    assert board.read()[PAID] == 60_000


def test_a_process_without_a_region_counts_for_itself() -> None:
    board = Board(1)
    first = board.claim()
    board.claim().add(PAID)
    first.add(PAID)

    assert board.read()[PAID] == 1


def test_too_many_labels_are_counted_as_dropped() -> None:
    board = Board(1)
    tally = board.claim()
    for number in range(CELLS + 10):
        tally.add(("reason", str(number)))

    assert board.read()[DROPPED] == 11
    assert len(board.read()) == CELLS


def test_names_that_are_too_long_for_the_region_are_dropped_and_others_go_on() -> None:
    tally = Tally.alone()
    tally.add(("x" * boards.NAMES,))
    tally.add(PAID)

    assert tally.place(PAID) != tally.place(DROPPED)


def test_a_histogram_counts_each_value_at_its_bound() -> None:
    board = Board(1)
    spread = Spread(board.claim(), ANSWER_SECONDS, "stk")
    for value in (0.0005, 0.001, 0.003, 99.0):
        spread.observe(value)
    told = {key[-1]: value for key, value in board.read().items() if key[:2] == (ANSWER_SECONDS.name, "stk") and value}

    assert told == {"0.001": 2, "0.005": 1, "+Inf": 1, "sum": 99.0045}
