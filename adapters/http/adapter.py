"""The adapter itself: event in, one request or a sequence of steps, verdict out."""

from collections.abc import Sequence

from adapters.http.checks import problems
from adapters.http.exchange import Exchange
from adapters.http.live import live_problems
from adapters.http.options import Options
from adapters.http.previews import previews
from adapters.http.run import Run
from adapters.http.sentences import faulty
from adapters.http.steps import plan_of, probe_of
from gateway.domain.adapter import Mistake, Preview, Progress, Vault
from gateway.domain.delivery import Verdict
from gateway.domain.event import Event
from gateway.domain.settings import Destination
from gateway.domain.times import Clock, utc_now


class HttpAdapter:
    """Sends events over HTTP. What may have arrived is looked for, repeated under its id, or left to a person."""

    def __init__(self, destination: Destination, clock: Clock = utc_now) -> None:
        self._name = f"{destination.tenant}/{destination.name}"
        self._settings = destination.settings
        self._options = Options.of(destination.settings, destination.name)
        self._clock = clock
        self._plan = plan_of(destination.settings, self._options)
        self._probe, self._probe_mistakes = probe_of(destination.settings, self._options)
        self._vault: Vault | None = None
        self._exchange = Exchange(self._options, clock, lambda: self._vault)
        self._wrong: tuple[Mistake, ...] = self._plan.mistakes

    def __repr__(self) -> str:
        return f"<HttpAdapter {self._name}>"

    def keep_in(self, vault: Vault) -> None:
        """Take where tokens are kept that must outlive this process."""
        self._vault = vault

    def check(self, live: bool = False) -> Sequence[str]:
        """Return what is wrong with the settings; with `live` the destination is asked one harmless question.

        `probe: false` asks none: where every request, a HEAD too, sets something off.
        """
        own = problems(self._settings, self._options, self._exchange.auth)
        found = (*own, *self._wrong, *self._probe_mistakes)
        asks = live and self._settings.get("probe") is not False and not self._exchange.auth.only_in_delivery
        if found or not asks:
            return found
        return live_problems(self._probe, self._options, self._exchange, self._clock)

    def preview(self, event: Event) -> Sequence[Preview]:
        """Return the requests that `deliver` would send now, the credential masked."""
        return self._faulty_preview() or tuple(previews(self._plan, self._options, self._exchange, event, self._clock))

    def deliver(self, event: Event, progress: Progress) -> Verdict:
        """Try once. What must not be repeated is begun first, so that a crash leaves a mark."""
        impossible = self._faulty()
        if impossible is not None:
            return impossible
        return Run(self._plan, self._options, self._exchange, self._clock, event, progress).attempt()

    def _faulty(self) -> Verdict | None:
        """Return how every attempt ends with settings that cannot work, None where they can."""
        errors = [mistake for mistake in self._wrong if mistake.severity == "error"]
        return faulty(errors[0]) if errors else None

    def _faulty_preview(self) -> tuple[Preview, ...]:
        """Return what there is to show of settings that cannot work, nothing where they can."""
        impossible, first = self._faulty(), self._plan.steps[0]
        return (
            ()
            if impossible is None
            else (Preview(f"{first.method} {first.address.shown_base}", body=impossible.detail),)
        )

    def close(self) -> None:
        """Drop the idle connections."""
        self._exchange.close()
