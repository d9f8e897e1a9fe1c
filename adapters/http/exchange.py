"""From a rendered request to an answer: signed, authorised, guarded, renewed once, masked. Every request goes here."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from urllib.parse import urlsplit

from adapters.http.address import origin
from adapters.http.answer import NETWORK_ERRORS, READ_AT_MOST, READ_WHOLE_AT_MOST, Answer, body_of, failed, read
from adapters.http.auth import Auth, Desk, Reply, Unauthorised, auth_of
from adapters.http.options import Options
from adapters.http.outgoing import Outgoing
from adapters.http.plan import Step
from adapters.http.redirects import MOST, next_address
from adapters.http.tls import FaultyTls, context_of
from adapters.http.transport import Transport
from gateway.domain.adapter import Vault
from gateway.domain.settings import Secret
from gateway.domain.times import Clock

# A token endpoint's answer is small; more than this is none.
_REPLY_LIMIT = 256 * 1024
_LONG_ENOUGH = 12


@dataclass(frozen=True, slots=True)
class _Way:
    """How one request goes: over these connections, by this moment, so much of its answer, with the credential?"""

    transport: Transport
    seconds: float
    at_most: int
    # The credential is meant for the destination itself, not for any other address that a step names.
    at_home: bool
    # The request must not be sent twice: each has a connection of its own.
    once: bool


class Exchange:
    """The network of one destination. Safe from several threads; usable again after `close`."""

    def __init__(self, options: Options, clock: Clock, vault: Callable[[], Vault | None]) -> None:
        self._options = options
        self._network = options.network
        self._signer = options.signer
        # Two pools: the destination's own, and one that trusts public certificates beside `ca`, for token endpoints.
        self._kept: dict[bool, Transport] = {}
        self._making = threading.Lock()
        seconds = self._network.timeout.total_seconds()
        desk = Desk(self._ask, clock, seconds, vault, self._network.allow_private, options.secrets)
        self.auth: Auth = auth_of(options.auth, desk)
        self._faults = (*self._signer.problems(), *self.auth.faults())

    def ready(self, outgoing: Outgoing) -> Answer | None:
        """Get the credential that a request needs, before anything is begun; return why not, where that fails."""
        if self._faults:
            # Nothing would come of it but an end that nobody knows.
            return Answer(broken="faulty_settings", note=f"{self._faults[0]} Nothing was sent.")
        try:
            if self._is_at_home(outgoing):
                self.auth.ready()
        except Unauthorised as trouble:
            return trouble.answer
        return None

    def send(self, outgoing: Outgoing, step: Step) -> Answer:
        """Send a request of a step, and return the answer or what stood in its way. Never raises for the network."""
        try:
            with self._transport(step) as transport:
                at_home = self._is_at_home(outgoing)
                way = _Way(transport, step.timeout.total_seconds(), self._at_most(step), at_home, step.once)
                sent, answer = self._follow(way, outgoing)
                if way.at_home and answer.status is not None and self.auth.renewed(sent, answer.status):
                    _, answer = self._follow(way, outgoing)
                return answer
        except Unauthorised as trouble:
            return trouble.answer
        except FaultyTls as fault:
            return Answer(broken="faulty_tls", note=str(fault))

    def shown(self, outgoing: Outgoing) -> Outgoing:
        """Return a request as people see it: signed and authorised, all of it masked."""
        return self.auth.shown(self._signer.shown(outgoing)) if self._is_at_home(outgoing) else outgoing

    def secrets(self) -> Iterator[Secret]:
        """Yield all that no message may hold."""
        yield from self.auth.secrets()
        yield from self._signer.keys
        yield from self._options.secrets.values()
        if self._options.hides_path:
            yield from map(Secret, _hidden_parts(self._options.url))
        proxy = self._network.proxy
        if proxy is not None and proxy.password is not None:
            yield proxy.password

    def close(self) -> None:
        """Drop the idle connections."""
        for transport in list(self._kept.values()):
            transport.close()

    def _follow(self, way: _Way, outgoing: Outgoing) -> tuple[Outgoing, Answer]:
        """Send, and go where redirects lead as far as that is allowed; return the last request with its answer."""
        sent = self._authorised(way, outgoing)
        # From here: what a token took has a bound of its own.
        deadline = time.monotonic() + way.seconds
        answer = self._exchange(way, sent, deadline)
        for _ in range(MOST if self._network.same_host else 0):
            target = next_address(outgoing.url, answer)
            if target is None:
                break
            outgoing = outgoing.at(target)
            sent = self._authorised(way, outgoing)
            answer = self._exchange(way, sent, deadline)
        return sent, answer

    def _authorised(self, way: _Way, outgoing: Outgoing) -> Outgoing:
        return self.auth.authorise(self._signer.sign(outgoing)) if way.at_home else outgoing

    def _exchange(self, way: _Way, sent: Outgoing, deadline: float) -> Answer:
        if way.once:
            # Asked to close the connection, the receiver may do so only when the next request is on its way.
            way.transport.close()
        try:
            left = max(deadline - time.monotonic(), 0.001)
            return read(way.transport.exchange(sent, left), self.secrets(), way.at_most)
        except NETWORK_ERRORS as error:
            return failed(error)

    def _ask(self, outgoing: Outgoing) -> Reply:
        """Ask a token endpoint or a login: no redirects, and nothing of the answer is shown: it holds secrets."""
        try:
            transport = self._pooled(public=True)
            response = transport.exchange(outgoing, self._network.timeout.total_seconds())
        except NETWORK_ERRORS as error:
            return Reply(failed(error))
        except FaultyTls as fault:
            return Reply(Answer(broken="faulty_tls", note=str(fault)))
        body, broken = body_of(response, _REPLY_LIMIT)
        answer = Answer(response.status_code, response.headers, None, broken)
        return Reply(answer, body, tuple(response.raw.headers.getlist("Set-Cookie")))

    def _at_most(self, step: Step) -> int:
        # Where expressions look into it: half a tree is none.
        usual = READ_WHOLE_AT_MOST if step.rules.reads_answers else READ_AT_MOST
        return usual if self._network.answer_limit is None else self._network.answer_limit

    def _is_at_home(self, outgoing: Outgoing) -> bool:
        return origin(outgoing.url) == origin(self._options.url)

    @contextmanager
    def _transport(self, step: Step) -> Iterator[Transport]:
        if not step.once:
            yield self._pooled(public=False)
            return
        # A kept connection that the receiver closed a moment ago looks like a cut: here that would be an unknown end.
        fresh = Transport(self._network, context_of(self._network))
        try:
            yield fresh
        finally:
            fresh.close()

    def _pooled(self, *, public: bool) -> Transport:
        with self._making:
            if public not in self._kept:
                self._kept[public] = Transport(self._network, context_of(self._network, public=public))
            return self._kept[public]


def _hidden_parts(url: str) -> Iterator[str]:
    """Give the path of an address as a whole, and each part of it that is long enough to be the secret alone."""
    path = urlsplit(url).path.strip("/")
    yield path
    yield from (part for part in path.split("/") if len(part) >= _LONG_ENOUGH)
