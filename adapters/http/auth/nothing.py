"""No credential at all."""

from collections.abc import Iterator

from adapters.http.auth.protocol import Auth
from adapters.http.outgoing import Outgoing
from gateway.domain.settings import Secret


class Nothing(Auth):
    """For destinations that ask for none, or that find it in the body."""

    def secrets(self) -> Iterator[Secret]:
        """Yield nothing."""
        yield from ()

    def authorise(self, outgoing: Outgoing) -> Outgoing:
        """Return the request as it is."""
        return outgoing
