"""The adapter itself: event in, one POST, verdict out."""

import json
from collections.abc import Sequence
from urllib.parse import urlsplit

from adapters.http.checks import problems
from adapters.http.options import Options
from adapters.http.outgoing import Outgoing
from adapters.http.request import RawGoneError, Request, document, render
from adapters.http.sender import Sender
from adapters.http.verdict import OPEN_STEP, RAW_GONE, verdict
from gateway.domain.adapter import Preview, Progress, Vault
from gateway.domain.delivery import Verdict
from gateway.domain.event import Event
from gateway.domain.settings import Destination
from gateway.domain.times import Clock, utc_now

# The one step of a destination that must not be asked twice.
STEP = "send"


class HttpAdapter:
    """Posts to one URL. Events carry their id and may be sent again; raw bytes only where declared idempotent."""

    def __init__(self, destination: Destination, clock: Clock = utc_now) -> None:
        self._name = f"{destination.tenant}/{destination.name}"
        self._options = Options.of(destination.settings)
        self._clock = clock
        self._vault: Vault | None = None
        self._sender = Sender(self._options, clock, lambda: self._vault)

    def __repr__(self) -> str:
        return f"<HttpAdapter {self._name}>"

    def keep_in(self, vault: Vault) -> None:
        """Take where tokens are kept that must outlive this process."""
        self._vault = vault

    def check(self, live: bool = False) -> Sequence[str]:  # noqa: ARG002
        """Return what is wrong with the settings; the destination itself is not asked yet."""
        return problems(self._options, self._sender.auth)

    def preview(self, event: Event) -> Sequence[Preview]:
        """Return the request that `deliver` would send now, the credential masked."""
        try:
            request = render(event, self._options, self._clock())
        except RawGoneError:
            return (Preview(self._title(self._options.url), body=RAW_GONE.detail),)
        shown = self._sender.shown(self._outgoing(request))
        return (Preview(self._title(shown.url), shown.headers, self._shown_body(event, request)),)

    def deliver(self, event: Event, progress: Progress) -> Verdict:
        """Post once. What must not be repeated is begun first, so that a crash leaves a mark."""
        if self._options.once and progress.open_step is not None:
            return OPEN_STEP
        try:
            request = render(event, self._options, self._clock())
        except RawGoneError:
            return RAW_GONE
        # Before anything is begun: where there is no token, nothing was sent.
        answer = self._sender.ready()
        if answer is None:
            if self._options.once:
                progress.begin(STEP)
            answer = self._sender.send(self._outgoing(request), fresh=self._options.once)
        return verdict(answer, self._host, self._options.once, self._clock())

    def close(self) -> None:
        """Drop the idle connections."""
        self._sender.close()

    def _outgoing(self, request: Request) -> Outgoing:
        return Outgoing("POST", self._options.url, request.headers, request.body)

    @property
    def _host(self) -> str:
        return urlsplit(self._options.url).hostname or ""

    def _title(self, url: str) -> str:
        parts = urlsplit(url)
        address = parts.netloc.rpartition("@")[2]
        # A query may hold a key.
        return f"POST {parts.scheme}://{address}{parts.path}" + ("?***" if parts.query else "")

    def _shown_body(self, event: Event, request: Request) -> str:
        if self._options.raw:
            return request.body.decode("utf-8", "replace")
        return json.dumps(document(event, self._options), indent=2, ensure_ascii=False)
