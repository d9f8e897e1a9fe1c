"""A key in the address's query."""

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote, urlsplit, urlunsplit

from adapters.http.auth.protocol import Auth, Desk
from adapters.http.masking import MASK
from adapters.http.outgoing import Outgoing
from gateway.domain.settings import Secret


class QueryAuth(Auth):
    """Adds one parameter to the query; one of the same name that is there already is replaced."""

    def __init__(self, given: Mapping[str, Any], _desk: Desk) -> None:
        self._name: str = given["name"]
        self._value: Secret = given["value"]

    def secrets(self) -> Iterator[Secret]:
        """Yield the key."""
        yield self._value

    def authorise(self, outgoing: Outgoing) -> Outgoing:
        """Return the request with the key in its address."""
        return outgoing.at(self._with(outgoing.url, quote(self._value.reveal(), safe="")))

    def shown(self, outgoing: Outgoing) -> Outgoing:
        """Return the request with the key masked."""
        return outgoing.at(self._with(outgoing.url, MASK))

    def faults(self) -> Iterator[str]:
        """Yield what is wrong with the key."""
        if not self._value.reveal():
            yield "`auth` holds an empty secret."

    def _with(self, url: str, value: str) -> str:
        parts = urlsplit(url)
        name = quote(self._name, safe="")
        others = [pair for pair in parts.query.split("&") if pair and pair.partition("=")[0] not in (name, self._name)]
        return urlunsplit(parts._replace(query="&".join([*others, f"{name}={value}"])))
