"""Posting callbacks to a gateway, one after the other over one connection, and what it answered."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from statistics import median
from time import perf_counter, sleep
from typing import NamedTuple

import requests

from gateway.domain.errors import PesagateError

_TIMEOUT = 30.0
_OK = 200


@dataclass(frozen=True, slots=True)
class Post:
    """One request to be made: path (with query) and body."""

    path: str
    body: bytes


class Answer(NamedTuple):
    """What came back. A status of None: no answer at all, so M-Pesa would have lost this callback."""

    status: int | None
    result: str
    seconds: float


def post_all(base: str, posts: Iterable[Post], rate: float | None = None) -> Iterator[Answer]:
    """Post them all, at most `rate` a second, and give the answers as they come.

    Raises PesagateError if already the first finds nobody there; later ones only count as unanswered.
    """
    with requests.Session() as session:
        # The gateway is near; a proxy from the environment would only be in the way.
        session.trust_env = False
        session.headers["Content-Type"] = "application/json"
        begin = perf_counter()
        for number, post in enumerate(posts):
            if rate:
                # By the plan, not by the last answer: a slow answer does not lower the rate.
                sleep(max(0.0, begin + number / rate - perf_counter()))
            answer = _post(session, base, post)
            if number == 0 and answer.status is None:
                raise PesagateError(f"nothing answers at {base}: start `pesagate serve`, or say --url where it is.")
            yield answer


def summary(answers: Iterable[Answer]) -> Iterator[str]:
    """Return the lines that sum up the answers: how many of each, and how long they took."""
    answers = tuple(answers)
    counts = Counter((_status_text(answer.status), answer.result) for answer in answers)
    for (status, result), number in sorted(counts.items()):
        yield f"{number:7}  {status} {result}".rstrip()
    times = [answer.seconds * 1000 for answer in answers]
    yield f"p50 {median(times):.1f} ms, slowest {max(times):.1f} ms"


def all_taken(answers: Iterable[Answer]) -> bool:
    """Tell whether every callback was answered with 200."""
    return all(answer.status == _OK for answer in answers)


def _post(session: requests.Session, base: str, post: Post) -> Answer:
    begin = perf_counter()
    try:
        response = session.post(base + post.path, data=post.body, timeout=_TIMEOUT, allow_redirects=False)
    except requests.RequestException:
        # Its text would show the URL, and with it the key.
        return Answer(None, "", perf_counter() - begin)
    return Answer(response.status_code, response.headers.get("Pesagate-Result", ""), perf_counter() - begin)


def _status_text(status: int | None) -> str:
    return "no answer" if status is None else str(status)
