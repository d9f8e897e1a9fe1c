"""Looks into the store on threads of their own: whoever takes callbacks never waits for a list."""

import asyncio
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from sqlalchemy import Connection, Engine

from gateway.domain.settings import Secret
from gateway.store.engine import open_engine
from gateway.store.queries import reading

Told = TypeVar("Told")

_THREADS = 4


class Reads:
    """Threads of one intake process that read, and that write what a person asks for."""

    def __init__(self, store_url: Secret) -> None:
        self.engine: Engine = open_engine(store_url)
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="reads")

    def read(self, ask: Callable[[Connection], Told]) -> Awaitable[Told]:
        """Return what `ask` says of one moment of the store."""
        return self.do(lambda: self._reading(ask))

    def write(self, act: Callable[[Connection], Told]) -> Awaitable[Told]:
        """Return what `act` says, after its commit."""
        return self.do(lambda: self._writing(act))

    def do(self, work: Callable[[], Told]) -> Awaitable[Told]:
        """Return what a function says that takes its time."""
        return asyncio.get_running_loop().run_in_executor(self._threads, work)

    def close(self) -> None:
        """Take no more work; what is under way ends by itself."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _reading(self, ask: Callable[[Connection], Told]) -> Told:
        with reading(self.engine) as connection:
            return ask(connection)

    def _writing(self, act: Callable[[Connection], Told]) -> Told:
        with self.engine.begin() as connection:
            return act(connection)
