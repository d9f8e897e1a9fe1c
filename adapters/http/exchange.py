"""Sending one request and reading its answer: the one place between the steps and the network."""

from collections.abc import Callable
from functools import lru_cache

import requests

from adapters.http.address import origin
from adapters.http.answer import NETWORK_ERRORS, READ_AT_MOST, READ_WHOLE_AT_MOST, Answer, failed, read
from adapters.http.options import Options
from adapters.http.outgoing import Outgoing
from adapters.http.plan import Step
from adapters.http.transport import Transport
from gateway.domain.settings import Secret


class Exchange:
    """The network of one destination. Safe from several threads; usable again after `close`."""

    def __init__(self, options: Options) -> None:
        self._options = options
        self._transport = Transport()
        credential = options.credential
        self._secrets: tuple[Secret, ...] = (*(credential.parts if credential else ()), *options.secrets.values())

    def send(self, outgoing: Outgoing, step: Step) -> Answer:
        """Send a request of a step, and return the answer or what stood in its way. Never raises for the network."""
        if not step.once:
            return self._exchange(self._transport, outgoing, step)
        # A kept connection that the receiver closed a moment ago looks like a cut: here that would be an unknown end.
        fresh = Transport()
        try:
            return self._exchange(fresh, outgoing, step)
        finally:
            fresh.close()

    def shown(self, outgoing: Outgoing) -> Outgoing:
        """Return a request as people see it, its credential masked."""
        return self._authorised(outgoing, str)

    def close(self) -> None:
        """Drop the idle connections."""
        self._transport.close()

    def _exchange(self, transport: Transport, outgoing: Outgoing, step: Step) -> Answer:
        at_most = READ_WHOLE_AT_MOST if step.rules.reads_answers else READ_AT_MOST
        whole = self._authorised(outgoing, Secret.reveal)
        try:
            response = transport.post(_prepared(whole.method, whole.url), whole, step.timeout.total_seconds())
            return read(response, self._secrets, at_most)
        except NETWORK_ERRORS as error:
            return failed(error)

    def _authorised(self, outgoing: Outgoing, written: Callable[[Secret], str]) -> Outgoing:
        credential = self._options.credential
        # It is meant for the destination itself, not for any other address that a step names.
        if credential is None or origin(outgoing.url) != origin(self._options.url):
            return outgoing
        return outgoing.adding({credential.header: written(credential.value)})


@lru_cache(maxsize=64)
def _prepared(method: str, url: str) -> requests.PreparedRequest:
    """Return the part of a request that stays the same for every event, where its address does."""
    return requests.Request(method, url).prepare()
