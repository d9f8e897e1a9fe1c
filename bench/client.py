"""The load client for machines without wrk: keep-alive connections on asyncio, one request at a time on each.

With `--acknowledged FILE` it also keeps account: every request is repeated until it is acknowledged, also over broken
connections, and the file lists the checkout ids of all that were.
"""

import argparse
import asyncio
import json
import re
import time
from itertools import count
from pathlib import Path

import bodies

_LENGTH = re.compile(rb"content-length: *(\d+)", re.IGNORECASE)
_RECONNECT_S = 0.05
# Those who keep account may come to an end this much later, so that nothing is left open.
_GRACE_S = 10.0


class Run:
    """What all connections share: the numbers of requests, the clock, the counts."""

    def __init__(self, options: argparse.Namespace) -> None:
        self.options = options
        self.text = Path(options.body).read_text("utf-8")
        self.paths = options.paths.split(",")
        self.numbers = count(1)
        self.generated = self.non_2xx = self.errors = self.open = 0
        self.latencies: list[float] = []
        self.acknowledged: list[str] = []
        self.accounts = options.acknowledged is not None
        self.started = time.perf_counter()
        self.ends = self.started + options.seconds
        self.done = asyncio.Event()

    def draw(self) -> int | None:
        """Return the number of the next request, None when the time is over."""
        if time.perf_counter() >= self.ends:
            return None
        self.generated = next(self.numbers)
        return self.generated

    def request(self, number: int) -> bytes:
        """Return the bytes of a request."""
        sent = bodies.body(self.text, self.options.mix, self.options.round, number).encode()
        path = self.paths[number % len(self.paths)]
        head = f"POST {path} HTTP/1.1\r\nHost: {self.options.host}:{self.options.port}\r\n"
        return f"{head}Content-Type: application/json\r\nContent-Length: {len(sent)}\r\n\r\n".encode() + sent

    def answered(self, number: int, status: int, seconds: float) -> bool:
        """Count an answer; return whether the request is settled."""
        self.latencies.append(seconds)
        if 200 <= status < 300:
            if self.accounts:
                self.acknowledged.append(bodies.checkout(self.options.round, number))
            return True
        self.non_2xx += 1
        return not self.accounts


class Connection(asyncio.Protocol):
    """One connection; it opens itself again while there is something to say."""

    def __init__(self, run: Run, number: int | None = None) -> None:
        self._run = run
        self._number = number
        self._buffer = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._next(self._number)

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        head, blank, rest = self._buffer.partition(b"\r\n\r\n")
        length = _LENGTH.search(head)
        if not blank or (length is not None and len(rest) < int(length[1])):
            return
        self._buffer = b""
        assert self._number is not None
        settled = self._run.answered(self._number, int(head[9:12]), time.perf_counter() - self._sent_at)
        self._next(None if settled else self._number)

    def connection_lost(self, _error: Exception | None) -> None:
        if self._number is None:
            return
        self._run.errors += 1
        again = self._number if self._run.accounts else None
        asyncio.get_running_loop().call_later(_RECONNECT_S, start, self._run, again)

    def _next(self, number: int | None) -> None:
        self._number = self._run.draw() if number is None else number
        if self._number is None:
            self._transport.close()
            finished(self._run)
            return
        self._sent_at = time.perf_counter()
        self._transport.write(self._run.request(self._number))


def start(run: Run, number: int | None) -> None:
    """Open a connection in the background."""
    task = asyncio.get_running_loop().create_task(_connect(run, number))
    _TASKS.add(task)
    task.add_done_callback(_TASKS.discard)


_TASKS: set["asyncio.Task[None]"] = set()


async def _connect(run: Run, number: int | None) -> None:
    over = run.ends + (_GRACE_S if run.accounts and number is not None else 0.0)
    while time.perf_counter() < over:
        try:
            options = run.options
            await asyncio.get_running_loop().create_connection(
                lambda: Connection(run, number), options.host, options.port
            )
        except OSError:
            run.errors += 1
            await asyncio.sleep(_RECONNECT_S)
        else:
            return
    finished(run)


def finished(run: Run) -> None:
    """Note that one connection has ended for good."""
    run.open -= 1
    if run.open == 0:
        run.done.set()


async def load(options: argparse.Namespace) -> Run:
    """Make the load; return what came of it."""
    run = Run(options)
    run.open = options.connections
    for _ in range(options.connections):
        start(run, None)
    await asyncio.wait_for(run.done.wait(), options.seconds + _GRACE_S + 5)
    return run


def summary(run: Run) -> dict[str, float]:
    """Return the counts in the form that wrk.lua writes too."""
    ordered = sorted(run.latencies) or [0.0]
    return {
        "requests": len(run.latencies),
        "seconds": round(time.perf_counter() - run.started, 4),
        "non_2xx": run.non_2xx,
        "errors": run.errors,
        "p50_ms": round(ordered[len(ordered) // 2] * 1000, 3),
        "p99_ms": round(ordered[len(ordered) * 99 // 100] * 1000, 3),
        "generated": run.generated,
    }


def main() -> None:
    """Make the load that the options describe and print one JSON object."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--paths", required=True)
    parser.add_argument("--body", required=True)
    parser.add_argument("--mix", choices=bodies.MIXES, default="unique")
    parser.add_argument("--round", type=int, required=True)
    parser.add_argument("--connections", type=int, default=64)
    parser.add_argument("--seconds", type=float, default=2.0)
    parser.add_argument("--acknowledged")
    options = parser.parse_args()
    run = asyncio.run(load(options))
    if options.acknowledged:
        Path(options.acknowledged).write_text("\n".join(run.acknowledged), "utf-8")
    print(json.dumps(summary(run)))


if __name__ == "__main__":
    main()
