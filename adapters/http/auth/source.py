"""Whoever issues credentials, a token endpoint or a login: what it means when there are none."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from adapters.http.answer import Answer
from adapters.http.auth.protocol import Unauthorised
from adapters.http.guard import address_problems

_TEMPORARY_STATUS = frozenset({408, 425, 429})
# As permanent here as for the destination itself.
_AS_THEY_ARE = frozenset({"refused_address", "proxy_auth", "faulty_tls"})
_NEVER_SENT = frozenset({*_AS_THEY_ARE, "no_connection", "tls"})

_WORDS: Mapping[str, str] = {
    "no_connection": "cannot be reached",
    "tls": "cannot be reached over TLS",
    "timeout": "did not answer in time",
    "connection_cut": "cut the connection",
    "bad_answer": "sent something that is not an HTTP answer",
}


class Refusal(Unauthorised):
    """The question was judged, and the answer is no; `error` is its word, such as invalid_grant."""

    def __init__(self, answer: Answer, error: str = "") -> None:
        super().__init__(answer)
        self.error = error


class NeverAsked(Unauthorised):
    """The question did not arrive."""


@dataclass(frozen=True, slots=True)
class Source:
    """Where credentials come from; `what` is what it is to people, as "token endpoint"."""

    what: str
    # The key of its address.
    key: str
    url: str

    @property
    def named(self) -> str:
        """What it is, with its host."""
        return f"The {self.what} {urlsplit(self.url).hostname or ''}"

    def require_judged(self, answer: Answer) -> None:
        """Raise Unauthorised where an answer is none, or speaks of trouble that will pass."""
        if answer.broken is not None:
            raise self._broken(answer)
        status = answer.status or 0
        if status >= 500 or status in _TEMPORARY_STATUS:
            raise self.unavailable(f"answered {status}", answer)

    def unavailable(self, what: str, answer: Answer) -> Unauthorised:
        """Return what to raise for trouble that will pass."""
        note = f"{self.named} {what}; nothing was sent to the destination."
        return Unauthorised(Answer(headers=answer.headers, broken="auth_unavailable", note=note))

    def refused(self, what: str, error: str = "") -> Refusal:
        """Return what to raise for a no."""
        note = f"{self.named} {what}; nothing was sent. Look at `auth`."
        return Refusal(Answer(broken="auth_refused", note=note), error)

    def faults(self, allow_private: bool) -> Iterator[str]:
        """Yield what keeps it from being asked."""
        parts = urlsplit(self.url)
        if parts.scheme != "https" and not allow_private:
            yield f"`auth`: `{self.key}` must begin with https://, or secrets could be read on their way."
        if "@" in parts.netloc:
            yield f"`auth`: `{self.key}` holds a user name or password, which do not belong into an address."

    def out_of_bounds(self, allow_private: bool) -> Iterator[str]:
        """Yield why its address may not be connected to, where it is written out."""
        yield from address_problems(f"`auth`: `{self.key}`", self.url, allow_private)

    def _broken(self, answer: Answer) -> Unauthorised:
        never_sent = answer.broken in _NEVER_SENT
        if answer.broken in _AS_THEY_ARE:
            return NeverAsked(answer)
        trouble = self.unavailable(_WORDS.get(str(answer.broken), "did not answer"), answer)
        return NeverAsked(trouble.answer) if never_sent else trouble
