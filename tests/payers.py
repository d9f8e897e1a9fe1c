"""Payers who go on paying whatever happens to the gateway, and what they were told."""

import itertools
import threading
import time
from collections import Counter

import requests
from gateway_process import Gateway
from simulated import c2b


class Payers:
    """Some threads, each posting one payment after the other. A payment that got no answer is nobody's."""

    def __init__(self, pesagate: Gateway, letters: str, number: int = 3) -> None:
        self.acknowledged: set[str] = set()
        # Any other answer, by its status.
        self.refused = Counter[int]()
        self._pesagate = pesagate
        self._receipts = (f"{letters}{number}" for number in itertools.count(1000))
        self._next = threading.Lock()
        self._done = threading.Event()
        self._threads = [threading.Thread(target=self._pay) for _ in range(number)]

    def __enter__(self) -> "Payers":
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._done.set()
        for thread in self._threads:
            thread.join(60)

    def wait_for(self, number: int) -> None:
        """Wait until so many payments more are acknowledged."""
        wanted = len(self.acknowledged) + number
        while len(self.acknowledged) < wanted:
            time.sleep(0.05)

    def _pay(self) -> None:
        while not self._done.wait(0.01):
            with self._next:
                receipt = next(self._receipts)
            try:
                answer = self._pesagate.post("c2b-confirmation", c2b(receipt))
            except requests.RequestException:
                self.refused[0] += 1
                continue
            if answer.headers.get("Pesagate-Result") == "accepted":
                self.acknowledged.add(receipt)
            else:
                self.refused[answer.status_code] += 1
