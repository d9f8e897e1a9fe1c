"""Clients that post stories, log what they hear, and are as stubborn as they are told to be."""

import queue
import threading
from collections.abc import Iterable
from random import Random

import requests
from crash.history import History, Post
from crash.load import Story

KEYS = {
    "600638": "test-key-0123456789-duka-PAYB",
    "5012345": "test-key-0123456789-duka-TILL",
    "600700": "test-key-0123456789-soko-PAYB",
}


class Clients:
    """A bounded number of threads. A post without a certain answer is repeated, sometimes not."""

    def __init__(self, base: str, history: History, stories: Iterable[Story], seed: int, pause: float = 0.0) -> None:
        self._base = base
        self._history = history
        self._stories: queue.SimpleQueue[Story] = queue.SimpleQueue()
        for story in stories:
            self._stories.put(story)
        self._pause = pause
        self._ending = threading.Event()
        self._threads = [
            threading.Thread(target=self._work, args=(Random(f"{seed}/{number}"),), name=f"client-{number}")
            for number in range(6)
        ]

    def __enter__(self) -> "Clients":
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ending.set()
        for thread in self._threads:
            thread.join(60)

    @property
    def busy(self) -> bool:
        """Whether there is anything left to post."""
        return any(thread.is_alive() for thread in self._threads)

    def _work(self, rng: Random) -> None:
        with requests.Session() as session:
            session.trust_env = False
            while not self._ending.is_set():
                try:
                    story = self._stories.get_nowait()
                except queue.Empty:
                    return
                for post in story:
                    self._insist(session, post, rng)

    def _insist(self, session: requests.Session, post: Post, rng: Random) -> None:
        # One in ten gives up at once, as M-Pesa is said to do.
        tries = 1 if rng.random() < 0.1 else 100
        for _ in range(tries):
            self._ending.wait(self._pause * rng.random())
            if self._ending.is_set() or self._post(session, post) == "ok":
                return
            self._ending.wait(0.1)

    def _post(self, session: requests.Session, post: Post) -> str:
        url = f"{self._base}/hooks/{KEYS[post.shortcode]}/{post.kind}"
        with self._history.operation(post) as ending:
            try:
                answer = session.post(url, data=post.body, headers={"Content-Type": "application/json"}, timeout=20)
            except requests.exceptions.ConnectionError as error:
                # Only a refused connection is certain; a kept one that was cut may have carried the body.
                ending.outcome = "fail" if "refused" in str(error) else "info"
            except requests.RequestException:
                ending.outcome = "info"
            else:
                ending.outcome = "info" if answer.status_code >= 500 else "ok"
                ending.status = answer.status_code
                ending.result = answer.headers.get("Pesagate-Result")
            return ending.outcome
