"""Alerts: what a person is told about without having to look, and how. Nothing in one is a payer's."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from gateway.domain.settings import Secret

WORDS: Mapping[str, str] = {
    # A delivery has ended as a dead letter.
    "dead_letter": "{count} dead letters of {what}: `pesagate deliveries`, then `pesagate replay`",
    # A destination gets nothing any more until a person resumes it.
    "parked": "{what} was parked: `pesagate destinations`, then `pesagate destinations resume`",
    # A callback contradicts what is known.
    "conflict": "{count} callbacks for {what} contradict what is known: `pesagate conflicts`",
    # A payment that was told as failed has succeeded: somebody may have been sent away.
    "resolved": "{count} payments to {what} had failed and succeeded after all: `pesagate events`",
    # A callback could not become an event.
    "quarantine": "{count} callbacks for {what} are in quarantine: `pesagate quarantine`",
    # An event is unusually old, or ahead of this machine's clock.
    "review": "{count} deliveries to {what} wait for review, being old or ahead of our clock: `pesagate deliveries`",
    # The disk that holds the store is nearly full.
    "disk_low": "the disk of {what} has less free than alerts.disk_below says",
}
"""What is told -> the sentence."""


@dataclass(frozen=True, slots=True)
class Mail:
    """The server that takes e-mail."""

    host: str
    port: int
    sender: str
    # starttls | tls | none
    tls: str = "starttls"
    user: str | None = None
    password: Secret | None = None


@dataclass(frozen=True, slots=True)
class AlertTarget:
    """Who is told what. Exactly one of `mail` and `url` is set."""

    mail: str | None = None
    url: Secret | None = None
    # The token that an http target asks for.
    bearer: Secret | None = None
    on: frozenset[str] = frozenset(WORDS)
    # None: the operator, who is told of all tenants and of the gateway itself.
    tenant: str | None = None

    def wants(self, news: "News") -> bool:
        """Tell whether it is this target's."""
        return news.word in self.on and self.tenant in (None, news.tenant)


@dataclass(frozen=True, slots=True)
class Alerts:
    """The section `alerts`."""

    to: tuple[AlertTarget, ...] = ()
    # A target gets at most one message in this time; what happens meanwhile is in the next one.
    every: timedelta = timedelta(minutes=5)
    mail: Mail | None = None
    # Bytes.
    disk_below: int = 1 << 30


@dataclass(frozen=True, slots=True)
class News:
    """One thing to tell, however often it has happened. `what` names a destination, a shortcode or the store."""

    word: str
    tenant: str | None
    what: str
    count: int = 1

    @property
    def sentence(self) -> str:
        """What it is, and what to do."""
        what = self.what if self.tenant is None else f"{self.tenant} {self.what}"
        return WORDS[self.word].format(count=self.count, what=what)

    def as_dict(self) -> dict[str, Any]:
        """Return the JSON form."""
        return {
            "alert": self.word,
            "tenant": self.tenant,
            "what": self.what,
            "count": self.count,
            "text": self.sentence,
        }


def chosen(target: AlertTarget, news: Collection[News], standing: Collection[str]) -> tuple[News, ...]:
    """Return what to tell a target now: of what goes on for a while, such as a full disk, only what is new."""
    return tuple(one for one in news if target.wants(one) and one.word not in standing)


def subject(news: Sequence[News]) -> str:
    """Return a line for all of it."""
    return f"Pesagate: {', '.join(dict.fromkeys(one.word.replace('_', ' ') for one in news))}"
