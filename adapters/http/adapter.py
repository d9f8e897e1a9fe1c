"""The adapter itself: event in, one POST, verdict out."""

import json
from collections.abc import Sequence
from functools import cached_property
from urllib.parse import urlsplit

from requests import PreparedRequest

from adapters.http.answer import NETWORK_ERRORS, Answer, failed, read
from adapters.http.checks import problems
from adapters.http.options import Options
from adapters.http.request import RawGoneError, Request, document, render, shown_headers
from adapters.http.transport import Transport, prepare
from adapters.http.verdict import OPEN_STEP, RAW_GONE, verdict
from gateway.domain.adapter import Preview, Progress
from gateway.domain.delivery import Verdict
from gateway.domain.event import Event
from gateway.domain.settings import Destination, Secret
from gateway.domain.times import Clock, utc_now

# The one step of a destination that must not be asked twice.
STEP = "send"


class HttpAdapter:
    """Posts to one URL. Events carry their id and may be sent again; raw bytes only where declared idempotent."""

    def __init__(self, destination: Destination, clock: Clock = utc_now) -> None:
        self._name = f"{destination.tenant}/{destination.name}"
        self._options = Options.of(destination.settings)
        self._clock = clock
        self._transport = Transport()
        credential = self._options.credential
        self._secrets: tuple[Secret, ...] = credential.parts if credential else ()

    def __repr__(self) -> str:
        return f"<HttpAdapter {self._name}>"

    def check(self, live: bool = False) -> Sequence[str]:  # noqa: ARG002
        """Return what is wrong with the settings; the destination itself is not asked yet."""
        return problems(self._options)

    def preview(self, event: Event) -> Sequence[Preview]:
        """Return the request that `deliver` would send now, the credential masked."""
        try:
            request = render(event, self._options, self._clock())
        except RawGoneError:
            return (Preview(self._title(), body=RAW_GONE.detail),)
        return (Preview(self._title(), shown_headers(request, self._options), self._shown_body(event, request)),)

    def deliver(self, event: Event, progress: Progress) -> Verdict:
        """Post once. What must not be repeated is begun first, so that a crash leaves a mark."""
        if self._options.once and progress.open_step is not None:
            return OPEN_STEP
        try:
            request = render(event, self._options, self._clock())
        except RawGoneError:
            return RAW_GONE
        if self._options.once:
            progress.begin(STEP)
        return verdict(self._post(request), self._host, self._options.once, self._clock())

    def close(self) -> None:
        """Drop the idle connections."""
        self._transport.close()

    def _post(self, request: Request) -> Answer:
        if not self._options.once:
            return self._exchange(self._transport, request)
        # A kept connection that the receiver closed a moment ago looks like a cut: here that would be a dead letter.
        fresh = Transport()
        try:
            return self._exchange(fresh, request)
        finally:
            fresh.close()

    def _exchange(self, transport: Transport, request: Request) -> Answer:
        seconds = self._options.timeout.total_seconds()
        try:
            return read(transport.post(self._prepared, request, seconds), self._secrets)
        except NETWORK_ERRORS as error:
            return failed(error)

    @cached_property
    def _prepared(self) -> PreparedRequest:
        return prepare(self._options.url)

    @property
    def _host(self) -> str:
        return urlsplit(self._options.url).hostname or ""

    def _title(self) -> str:
        parts = urlsplit(self._options.url)
        address = parts.netloc.rpartition("@")[2]
        # A query may hold a key.
        return f"POST {parts.scheme}://{address}{parts.path}" + ("?***" if parts.query else "")

    def _shown_body(self, event: Event, request: Request) -> str:
        if self._options.raw:
            return request.body.decode("utf-8", "replace")
        return json.dumps(document(event, self._options), indent=2, ensure_ascii=False)
