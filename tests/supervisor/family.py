"""A supervised family, as a program: `family.py GRACE CHILD...`. It writes `name pid` lines to standard output."""

import os
import signal
import sys
import threading
import time
from collections.abc import Callable

from gateway.child import Child, OnStop
from gateway.supervisor import Supervisor


def say(name: str) -> None:
    os.write(1, f"{name} {os.getpid()}\n".encode())


def good(stop: OnStop) -> None:
    """Ends when it is told to."""
    told = threading.Event()
    stop(told.set)
    say("good")
    # A signal is seen only between waits.
    while not told.wait(0.05):
        pass
    say("good-ended")


def deaf(stop: OnStop) -> None:
    """Hears and does nothing."""
    stop(lambda: None)
    say("deaf")
    while True:
        time.sleep(1)


def ignoring(stop: OnStop) -> None:
    """Does not even hear."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    say("ignoring")
    while True:
        time.sleep(1)


def failing(stop: OnStop) -> None:
    """Cannot start."""
    say("failing")
    raise RuntimeError("254700000000")


def slow(stop: OnStop) -> None:
    """Knows only late how it is stopped."""
    say("slow")
    time.sleep(1)
    told = threading.Event()
    stop(told.set)
    told.wait(20)
    say("slow-ended")


def late(stop: OnStop) -> None:
    """Takes its time to get going."""
    say("late")
    time.sleep(1)
    say("late-ready")
    good(stop)


CHILDREN: dict[str, Callable[[OnStop], None]] = {
    "good": good,
    "deaf": deaf,
    "ignoring": ignoring,
    "failing": failing,
    "slow": slow,
    "late": late,
}

if __name__ == "__main__":
    sys.exit(Supervisor([Child(name, CHILDREN[name]) for name in sys.argv[2:]], grace_s=float(sys.argv[1])).run())
