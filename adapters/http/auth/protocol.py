"""What a kind of `auth` has to be, and what it is given to work with."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from adapters.http.answer import Answer
from adapters.http.masking import MASK
from adapters.http.outgoing import Outgoing
from gateway.domain.adapter import Vault
from gateway.domain.settings import Secret
from gateway.domain.times import Clock


class Unauthorised(Exception):
    """No credential could be had, so nothing was sent to the destination. `answer` says why."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(answer.broken)
        self.answer = answer


@dataclass(frozen=True, slots=True)
class Reply:
    """What a token endpoint or a login said: the answer with its bytes and each Set-Cookie. Never shown."""

    answer: Answer
    body: bytes = b""
    cookies: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Desk:
    """What a kind may use: the guarded way to the network, the time, durable state and the named secrets."""

    ask: Callable[[Outgoing], Reply]
    clock: Clock
    # Seconds that one question may take.
    seconds: float
    # Where state is durable; None outside of delivery.
    vault: Callable[[], Vault | None]
    # Token requests may go over plain http.
    allow_plain: bool = False
    named: Mapping[str, Secret] = field(default_factory=dict)


class Auth(ABC):
    """One way to prove who we are. Used from many threads at once."""

    # The header that carries the credential, None where none does.
    header: str | None = None
    # Asking with it changes something that only delivery may change.
    only_in_delivery: bool = False

    @abstractmethod
    def secrets(self) -> Iterator[Secret]:
        """Yield all that must be masked now, wherever it turns up."""

    @abstractmethod
    def authorise(self, outgoing: Outgoing) -> Outgoing:
        """Return the request with the credential in it. May ask the network; raises Unauthorised."""

    def shown(self, outgoing: Outgoing) -> Outgoing:
        """Return the request as people see it, without asking anybody."""
        return outgoing if self.header is None else outgoing.adding({self.header: MASK})

    def ready(self) -> None:  # noqa: B027
        """Get what `authorise` needs, so that nothing is begun in vain. Raises Unauthorised."""

    def renewed(self, sent: Outgoing, status: int) -> bool:  # noqa: ARG002
        """Tell whether a destination that answered `status` should be asked once more, with a new credential."""
        return False

    def names(self) -> tuple[str, ...]:
        """Return the names of all headers that it sets."""
        return () if self.header is None else (self.header,)

    def faults(self) -> Iterator[str]:
        """Yield what in the settings keeps requests from being sent at all, a sentence each."""
        yield from ()

    def problems(self) -> Iterator[str]:
        """Yield all that is wrong with the settings, a sentence each."""
        yield from self.faults()
