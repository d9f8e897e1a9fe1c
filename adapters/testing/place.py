"""The real destination that an adapter's contract is tested against."""

from abc import ABC, abstractmethod
from collections.abc import Sequence

from gateway.domain.adapter import Adapter


class Place(ABC):
    """A real destination for the contract, prepared by the subclass of the suite."""

    # Every secret that the adapters made here were given, as text.
    secrets: Sequence[str] = ()

    @abstractmethod
    def adapter(self) -> Adapter:
        """Return a new adapter of the working destination."""

    @abstractmethod
    def arrived(self) -> Sequence[str]:
        """Return the ids of the events that the destination has been given, in order, as often as it was given them."""


class RemotePlace(Place):
    """A destination that is asked over a network, with its ways to fail. Keep time-outs under a second."""

    @abstractmethod
    def unreachable(self) -> Adapter:
        """Return an adapter of a destination where nobody listens."""

    @abstractmethod
    def silent(self) -> Adapter:
        """Return an adapter of a destination that takes the connection and then says nothing."""

    @abstractmethod
    def forbidding(self) -> Adapter:
        """Return an adapter of a destination that refuses its credentials with status 401."""

    @abstractmethod
    def busy(self, seconds: int) -> Adapter:
        """Return an adapter of a destination that says 429 and asks for a wait."""

    @abstractmethod
    def babbling(self) -> Adapter:
        """Return an adapter of a destination that answers with garbage."""
