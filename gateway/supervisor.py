"""The parent: it forks the children, starts again what dies, passes signals on, and is what children live by.

It is also the one that tells systemd how the gateway is.

Each child holds the read end of a pipe whose write end only the parent has. When the parent is gone, however it
went, that pipe ends, and the child ends within a second: an orphan would keep the port.
"""

import contextlib
import gc
import os
import select
import signal
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence

import structlog

from gateway.child import Child, Stop
from gateway.crash import point
from gateway.handover import Handover, Successors
from gateway.systemd import Notifier

_LOG = structlog.get_logger("parent")

GRACE_S = 15.0
"""How long children may take to finish after SIGTERM, before they are killed."""
_ORPHAN_GRACE_S = 0.7
# Whoever lives no longer has not got going at all.
_QUICK_DEATH_S = 1.0
_LONGEST_PAUSE_S = 30.0
# How long successors may take to get going before everything stays as it is.
_GET_GOING_S = 60.0

_PASSED_ON = (signal.SIGTERM, signal.SIGINT)


def restart_pause(quick_deaths: int) -> float:
    """Return how many seconds to wait with a child that has died at once so many times in a row.

    Who dies as soon as it is started must not keep the machine busy, nor may it be given up: what ails it may pass.
    """
    return min(_LONGEST_PAUSE_S, 2.0 ** min(quick_deaths - 1, 10)) if quick_deaths else 0.0


class Supervisor:
    """Keeps children alive until it is told to stop. Everything they share must exist before `run`.

    `stopping` is called in the parent when it is told to stop, before the children are.
    """

    def __init__(
        self,
        children: Sequence[Child],
        grace_s: float = GRACE_S,
        notifier: Notifier | None = None,
        stopping: Callable[[], None] = lambda: None,
        successors: Successors | None = None,
    ) -> None:
        self._children = children
        self._grace_s = grace_s
        self._notifier = notifier or Notifier()
        self._stopping = stopping
        self._running: dict[int, tuple[Child, float]] = {}
        self._quick_deaths: Counter[str] = Counter()
        self._due: list[tuple[float, Child]] = []
        self._not_ready = {child.name for child in children}
        self._stop_signal = 0
        self._hangups = 0
        self._successors = successors
        self._handover: Handover | None = None
        # Who has been told to go, and when he is ended by force.
        self._leaving: dict[int, float] = {}
        self._life_read, self._life_write = os.pipe()
        self._wake_read, self._wake_write = _nonblocking_pipe()
        self._ready_read, self._ready_write = _nonblocking_pipe()

    def run(self) -> int:
        """Run until SIGTERM or SIGINT; return the exit code."""
        self._take_signals()
        # What exists by now is there for good: no collection looks at it again, in whatever process, so that its pages
        # stay shared.
        gc.collect()
        gc.freeze()
        for child in self._children:
            self._fork(child)
        while not self._stop_signal:
            self._wait(1.0)
            self._hear_of_ready()
            self._reap()
            self._hear_of_hangup()
            self._hand_over()
            self._restart()
        return self._end()

    def _take_signals(self) -> None:
        signal.set_wakeup_fd(self._wake_write, warn_on_full_buffer=False)
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._note_stop)
        signal.signal(signal.SIGCHLD, _note_nothing)
        # Heard when nobody is on his way in or out.
        signal.signal(signal.SIGHUP, self._note_hangup)

    def _note_stop(self, number: int, _frame: object) -> None:
        self._stop_signal = number

    def _note_hangup(self, _number: int, _frame: object) -> None:
        self._hangups += 1

    def _wait(self, seconds: float) -> None:
        self._notifier.alive()
        select.select([self._wake_read, self._ready_read], [], [], min(seconds, self._notifier.often_s))
        _drained(self._wake_read)

    def _hear_of_ready(self) -> None:
        for word in _drained(self._ready_read).decode().split():
            name, _, pid = word.rpartition(":")
            if self._handover is not None:
                self._handover.awaited.discard(int(pid))
            if name in self._not_ready:
                self._not_ready.remove(name)
                if not self._not_ready:
                    self._notifier.ready(f"{len(self._children)} processes")
                    _LOG.info("ready")

    def _hear_of_hangup(self) -> None:
        """Begin to hand over, once nobody is on his way in or out."""
        if not self._hangups or self._handover is not None or self._leaving or self._not_ready:
            return
        self._hangups = 0
        if self._successors is None:
            _LOG.warning("SIGHUP: there is nothing to read once more; nothing has changed")
            return
        children = self._successors.next()
        if children is not None:
            forked = {self._fork(child) for child in children if not child.alone}
            self._handover = Handover(children, forked, time.monotonic() + _GET_GOING_S, set(forked))

    def _hand_over(self) -> None:
        """Let the successors take over as soon as all have got going; while one has not, nobody goes."""
        self._end_by_force()
        handover = self._handover
        if handover is None or self._successors is None:
            return
        if handover.done:
            if not any(self._running[pid][0].alone for pid in self._leaving):
                for child in handover.children:
                    if child.alone:
                        self._fork(child)
                self._handover = None
                self._successors.end(True)
        elif handover.lost or time.monotonic() > handover.deadline:
            self._dismiss(handover.forked & self._running.keys())
            self._handover = None
            self._successors.end(False)
        elif not handover.awaited:
            point("in_reload")
            handover.done = True
            self._children, self._due = handover.children, []
            self._dismiss(self._running.keys() - handover.forked)

    def _dismiss(self, pids: Iterable[int]) -> None:
        deadline = time.monotonic() + self._grace_s
        for pid in list(pids):
            self._leaving[pid] = deadline
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGTERM)

    def _end_by_force(self) -> None:
        for pid, deadline in self._leaving.items():
            if time.monotonic() > deadline:
                _LOG.error("ending by force what did not end", pids=[pid])
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)

    def _fork(self, child: Child) -> int:
        _flush()
        # Until the child can take it a signal has to wait: noted by the parent's handler it would be lost.
        signal.pthread_sigmask(signal.SIG_BLOCK, _PASSED_ON)
        pid = os.fork()
        if pid == 0:
            self._become(child)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _PASSED_ON)
        self._running[pid] = (child, time.monotonic())
        _LOG.info("started", process=child.name, pid=pid)
        return pid

    def _become(self, child: Child) -> None:
        """Be the child, and never come back into the parent's code."""
        code = 70
        try:
            signal.set_wakeup_fd(-1)
            os.close(self._life_write)
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            # A terminal that goes away tells the whole group.
            signal.signal(signal.SIGHUP, signal.SIG_IGN)
            stop = Stop(lambda: os.write(self._ready_write, f"{child.name}:{os.getpid()}\n".encode()))
            # ^C goes to the whole group; the parent alone decides.
            signal.signal(signal.SIGINT, signal.SIG_IGN)
            signal.signal(signal.SIGTERM, lambda _number, _frame: stop.now())
            signal.pthread_sigmask(signal.SIG_UNBLOCK, _PASSED_ON)
            threading.Thread(target=self._end_with_parent, args=(stop,), daemon=True, name="lifeline").start()
            child.run(stop.then)
            code = 0
        except Exception as error:
            _LOG.error("failed", process=child.name, error=type(error).__name__, exc_info=True)
        finally:
            _flush()
            os._exit(code)

    def _end_with_parent(self, stop: Stop) -> None:
        os.read(self._life_read, 1)
        stop.now()
        time.sleep(_ORPHAN_GRACE_S)
        os._exit(71)

    def _reap(self) -> None:
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                return
            self._ended(pid, status)

    def _ended(self, pid: int, status: int) -> None:
        found = self._running.pop(pid, None)
        if found is None:
            return
        child, started = found
        if self._stop_signal or self._leaving.pop(pid, None) is not None:
            return
        if self._handover is not None and not self._handover.done and pid in self._handover.forked:
            self._handover.lost = True
            _LOG.error("died before it took over", process=child.name, pid=pid)
            return
        was_quick = time.monotonic() - started < _QUICK_DEATH_S
        self._quick_deaths[child.name] = self._quick_deaths[child.name] + 1 if was_quick else 0
        pause = restart_pause(self._quick_deaths[child.name])
        code = os.waitstatus_to_exitcode(status)
        _LOG.error("died; starting it again", process=child.name, pid=pid, exit=code, after_s=pause)
        self._due.append((time.monotonic() + pause, child))

    def _restart(self) -> None:
        due, self._due = self._due, []
        for when, child in due:
            if time.monotonic() >= when:
                self._fork(child)
            else:
                self._due.append((when, child))

    def _end(self) -> int:
        self._notifier.stopping()
        self._stopping()
        self._signal_all(signal.SIGTERM)
        deadline = time.monotonic() + self._grace_s
        while self._running and time.monotonic() < deadline:
            self._wait(0.1)
            self._reap()
        if self._running:
            _LOG.error("ending by force what did not end", pids=sorted(self._running))
            self._signal_all(signal.SIGKILL)
            self._reap_last()
        _LOG.info("stopped")
        return 0

    def _reap_last(self) -> None:
        for pid in list(self._running):
            with contextlib.suppress(ChildProcessError):
                os.waitpid(pid, 0)

    def _signal_all(self, number: int) -> None:
        for pid in self._running:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, number)


def _nonblocking_pipe() -> tuple[int, int]:
    ends = os.pipe()
    for end in ends:
        os.set_blocking(end, False)
    return ends


def _drained(pipe: int) -> bytes:
    try:
        return os.read(pipe, 65536)
    except BlockingIOError:
        return b""


def _flush() -> None:
    for stream in (sys.stdout, sys.stderr):
        # A full disk or a reader that has gone; there is nobody left to tell.
        with contextlib.suppress(OSError, ValueError):
            stream.flush()


def _note_nothing(_number: int, _frame: object) -> None:
    """Take a signal so that the wake-up pipe hears of it."""
