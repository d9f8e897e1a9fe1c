"""One HTTP request, complete but for our credentials: what is signed, authorised and sent."""

from collections.abc import Mapping
from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A request. Once authorised its headers or its address hold a credential: then it is never shown."""

    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes = b""

    def adding(self, headers: Mapping[str, str]) -> "Outgoing":
        """Return the request with further headers; one that is there already, in whatever case, is replaced."""
        new = {name.lower() for name in headers}
        kept = {name: value for name, value in self.headers.items() if name.lower() not in new}
        return replace(self, headers={**kept, **headers})

    def at(self, url: str) -> "Outgoing":
        """Return the request for another address."""
        return replace(self, url=url)

    def header(self, name: str) -> str:
        """Return a header's value, nothing where it is not set."""
        return next((value for key, value in self.headers.items() if key.lower() == name.lower()), "")
