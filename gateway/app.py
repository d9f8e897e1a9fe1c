"""The composition root: settings to store, adapters and server. The only place that wires; commands start here.

Each function imports what it needs, so that `check` does not pay for a server.
"""

import os
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gateway import registry, resources
from gateway.domain.adapter import Mistake
from gateway.domain.callback import Callback
from gateway.domain.errors import ConfigurationError, PesagateError
from gateway.domain.event import Raw
from gateway.domain.problem import Problem
from gateway.domain.received import Arrival
from gateway.domain.settings import Settings
from gateway.domain.times import utc_now

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from gateway.domain.adapter import Adapter, Preview
    from gateway.domain.event import Event
    from gateway.domain.question import Decided
    from gateway.domain.received import Quarantined, Received
    from gateway.domain.references import LookUp, ReferenceList
    from gateway.domain.settings import Destination
    from gateway.domain.settled import Issue
    from gateway.pipeline.hooks import Hook, Hooks
    from gateway.providers.kind import Kind
    from gateway.server.answers import Answer
    from gateway.settings import Entry, Known, Loaded
    from gateway.store.replays import Wanted
    from gateway.store.reprocess import Reviewed
    from gateway.supervisor import Child


def load_settings(path: Path) -> Settings:
    """Return the settings of a configuration file. Raises ConfigurationError with every problem found."""
    loaded = _load(path)
    if loaded.settings is None:
        raise ConfigurationError(loaded.problems)
    return loaded.settings


def check(path: Path, live: bool = False) -> tuple[Problem, ...]:
    """Return the problems and warnings of a configuration file: the way of `serve`, as far as it needs no network.

    With `live` each destination is asked one harmless question, too.
    """
    return _checked(path, live)[1]


def settings_to_serve(path: Path) -> Settings:
    """Return the settings of a configuration that `check` finds no error in.

    Raises ConfigurationError with every problem: what `check` refuses does not start, for the same reasons.
    """
    settings, problems = _checked(path, live=False)
    if settings is None or any(problem.severity == "error" for problem in problems):
        raise ConfigurationError(problems)
    return settings


def _checked(path: Path, live: bool) -> tuple[Settings | None, tuple[Problem, ...]]:
    loaded = _load(path)
    if loaded.settings is None:
        return None, loaded.problems
    settings = loaded.settings
    return settings, (*loaded.problems, *_adapter_problems(loaded, settings, live), *_list_problems(settings))


def effective(path: Path) -> "tuple[Entry, ...]":
    """Return every value of a configuration without errors, secrets masked, with the place that it comes from."""
    from gateway.settings import effective as values

    return values(path, _known(), os.environ)


def serve(settings: Settings) -> int:
    """Run the gateway until it is told to stop; return the exit code. Raises PesagateError where it cannot start."""
    from gateway.delivery import process as delivery
    from gateway.delivery.wake import Wake
    from gateway.pipeline.settle import settle
    from gateway.references.kept import KeptLists
    from gateway.server import process as intake
    from gateway.server.listen import Listeners
    from gateway.store.lock import StoreLock
    from gateway.store.prepare import prepare
    from gateway.supervisor import Child, Supervisor
    from gateway.systemd import Notifier, passed_sockets

    passed = passed_sockets(os.environ, os.getpid())
    notifier = Notifier.of(os.environ, os.getpid())
    with StoreLock(settings.store_url):
        prepare(settings.store_url, settings.path)
        lists = KeptLists(_lists(settings))
        hooks = compile_hooks(settings, lists.look_up)
        wake = Wake()
        parts = intake.Parts(settings, hooks, settle, wake.up, lists.kept_fresh)
        with Listeners.of(settings.server, passed) as listeners:
            takers = [
                Child(f"intake-{number}", lambda on_stop: intake.run(parts, listeners.sockets, on_stop))
                for number in range(1, settings.server.workers + 1)
            ]
            deliverer = Child(
                "delivery", lambda on_stop: delivery.run(settings, registry.make, wake, listeners.close, on_stop)
            )
            children = [*takers, deliverer, *_nightly(settings, listeners.close)]
            return Supervisor(children, notifier=notifier, stopping=listeners.close).run()


def _nightly(settings: Settings, close_listeners: Callable[[], None]) -> "list[Child]":
    from gateway import nightly
    from gateway.supervisor import Child

    at = settings.retention.nightly
    if at is None:
        return []
    return [Child("nightly", lambda on_stop: nightly.run(settings, at, close_listeners, on_stop))]


def compile_hooks(settings: Settings, look_up: "LookUp") -> "Hooks":
    """Return the table of all hooks; `look_up` gives the lists of references that validation rules speak of."""
    from gateway.pipeline.hooks import compile_hooks as compile_table
    from gateway.providers.declarative import SCHEMAS

    declared = {SCHEMAS + name: each.schema for name, each in settings.providers.items()}

    def schema(name: str) -> Mapping[str, Any]:
        return declared[name] if name in declared else resources.schema(name)

    return compile_table(settings, kinds_of(settings), schema, look_up)


def kinds_of(settings: Settings) -> "Mapping[str, Kind]":
    """Return every kind by its name: those that are built in, and those that the configuration describes."""
    from gateway.providers import KINDS
    from gateway.providers.declarative import kind_of

    return {**KINDS, **{name: kind_of(declared) for name, declared in settings.providers.items()}}


def kinds() -> tuple[str, ...]:
    """Return the names of the kinds of callback that are built in."""
    from gateway.providers import KINDS

    return tuple(KINDS)


def adapter_of(destination: "Destination") -> "Adapter":
    """Return the adapter of a destination. Raises PesagateError where there is none of that name."""
    return registry.make(destination)


@dataclass(frozen=True, slots=True)
class Trial:
    """What would become of a callback, were it the first of its payment."""

    answer: "Answer"
    event: "Event | None"
    # What would be sent to each destination.
    requests: Mapping[str, Sequence["Preview"]]
    quarantined: "Quarantined | None"
    # The answer to a question, and why.
    decided: "Decided | None" = None
    # Lists of references that could not be read, each with the reason.
    unread: tuple[str, ...] = ()


def try_callback(
    settings: Settings, shortcode: str, kind: str, body: bytes, headers: "Sequence[tuple[str, str]]"
) -> Trial:
    """Return what `serve` would make of a callback, by the same code, touching nothing.

    Lists of references are read from where they are kept. Raises PesagateError where the shortcode is not configured
    or none of its keys opens the kind.
    """
    from gateway.domain.question import Decided
    from gateway.domain.received import Quarantined, Question
    from gateway.domain.settled import Stored
    from gateway.pipeline.receive import receive
    from gateway.pipeline.settle import settle
    from gateway.server.hooks import kept
    from gateway.server.intake import answer_to

    unread: dict[str, str] = {}
    hook = _hook(settings, shortcode, kind, _reading(settings, unread))
    told = kept(headers)
    callback = Callback(
        id=0,
        tenant=hook.shortcode.tenant,
        shortcode=hook.shortcode.number,
        kind=kind,
        body=body,
        content_type=told.get("content-type", ""),
        headers=told,
        context={},
        source="127.0.0.1",
        received_at=utc_now(),
    )
    received = receive(hook, callback)
    if isinstance(received, Arrival):
        settled = settle(Stored(callback.received_at), [received])[0]
        requests = _previews(settings, settled.issue, Raw(body, callback.content_type))
        return Trial(
            answer_to(hook, received, settled), None if settled.issue is None else settled.issue.event, requests, None
        )
    quarantined = received if isinstance(received, Quarantined) else None
    decided = Decided(received.decision, received.because) if isinstance(received, Question) else None
    faults = tuple(f"{name}: {fault}" for name, fault in unread.items())
    return Trial(answer_to(hook, received, None), None, {}, quarantined, decided, faults)


def _hook(settings: Settings, number: str, kind: str, look_up: "LookUp") -> "Hook":
    found = [
        shortcode
        for tenant in settings.tenants.values()
        for shortcode in tenant.shortcodes.values()
        if number in (shortcode.number, shortcode.store)
    ]
    if not found:
        known = ", ".join(sorted(number for tenant in settings.tenants.values() for number in tenant.shortcodes))
        raise PesagateError(f"No tenant has the shortcode {number}; configured are: {known or 'none'}.")
    hooks = compile_hooks(settings, look_up)
    for key in found[0].keys:
        hook = hooks.find(key.secret.reveal(), kind)
        if hook is not None:
            return hook
    raise PesagateError(f"No key of shortcode {number} opens the kind {kind!r}.")


def _previews(settings: Settings, issue: "Issue | None", raw: Raw) -> dict[str, Sequence["Preview"]]:
    if issue is None:
        return {}
    event = replace(issue.event, raw=raw)
    previews = {}
    for name in issue.destinations:
        destination = settings.destination(event.tenant, name)
        if destination is not None:
            with closing(registry.make(destination)) as adapter:
                previews[name] = adapter.preview(event)
    return previews


@dataclass(frozen=True, slots=True)
class Replays:
    """What a replay will do."""

    deliveries: tuple[int, ...]
    # Events that no route had taken: the store's number, the tenant and the destinations that they have now.
    routed: tuple[tuple[int, str, tuple[str, ...]], ...]

    def __len__(self) -> int:
        return len(self.deliveries) + sum(len(destinations) for *_, destinations in self.routed)


def choose_replays(settings: Settings, connection: "Connection", wanted: "Wanted") -> Replays:
    """Return what a replay would do: the deliveries meant, and the events that have a route only now."""
    from gateway.pipeline.route import compile_routes
    from gateway.store.replays import matching, unrouted

    routers = {tenant.id: compile_routes(tenant.routes) for tenant in settings.tenants.values()}
    routed = []
    # Whoever asks for one destination's or one reason's dead letters does not mean events without a delivery.
    if wanted.destination is None and wanted.reason is None:
        for seq, event in unrouted(connection, wanted):
            destinations = routers[event.tenant](event) if event.tenant in routers else ()
            if destinations:
                routed.append((seq, event.tenant, destinations))
    return Replays(tuple(matching(connection, wanted)), tuple(routed))


def replay(connection: "Connection", chosen: Replays) -> int:
    """Make the chosen deliveries due; return how many."""
    from gateway.store.replays import add_deliveries, make_due

    now = utc_now()
    made = make_due(connection, chosen.deliveries, now)
    for seq, tenant, destinations in chosen.routed:
        add_deliveries(connection, seq, tenant, destinations, now)
        made += len(destinations)
    return made


def reprocess(settings: Settings, hooks: "Hooks", connection: "Connection", ids: Sequence[int]) -> "list[Reviewed]":
    """Take quarantined callbacks once more, in the caller's transaction, by the present configuration."""
    from gateway.domain.ids import RowIds
    from gateway.domain.received import Quarantined, Reason
    from gateway.pipeline.again import receive_again
    from gateway.pipeline.settle import settle
    from gateway.store.reprocess import reprocess as take_again

    def receive(callback: Callback, reason: str) -> "Received":
        try:
            return receive_again(hooks, settings.tenants.get(callback.tenant), callback, reason)
        except Exception as error:
            # As at intake: a fault of ours costs no bytes, and the others nothing.
            return Quarantined(callback, Reason.BUG, detail=type(error).__name__)

    new_ids = RowIds(int.from_bytes(os.urandom(2)), utc_now)
    return take_again(connection, ids, receive, settle, utc_now(), new_ids.next)


def _lists(settings: Settings) -> "list[ReferenceList]":
    return [each for tenant in settings.tenants.values() for each in tenant.references.values()]


def _reading(settings: Settings, unread: dict[str, str]) -> "LookUp":
    """Return a look-up that reads a list when it is asked for; what cannot be read goes to `unread` with the reason."""
    from gateway.references.kept import KeptLists

    lists = KeptLists(_lists(settings))

    def look_up(tenant: str, name: str) -> frozenset[str] | None:
        fault = lists.read(tenant, name)
        if fault is not None:
            unread[name] = fault
        return lists.look_up(tenant, name)

    return look_up


def _load(path: Path) -> "Loaded":
    from gateway.settings import load

    return load(path, _known(), os.environ)


def _known() -> "Known":
    from gateway.settings import Known

    return Known(kinds(), registry.names(), registry.schema_of)


def _adapter_problems(loaded: "Loaded", settings: Settings, live: bool) -> list[Problem]:
    """Return what the adapters themselves find wrong, beyond what their schemas can say, each at its place."""
    problems = []
    for tenant in settings.tenants.values():
        for name, destination in tenant.destinations.items():
            at = ("tenants", tenant.id, "destinations", name)
            with closing(registry.make(destination)) as adapter:
                problems += [_problem(loaded, at, said) for said in adapter.check(live)]
    return problems


def _problem(loaded: "Loaded", at: tuple[str, ...], said: str) -> Problem:
    if isinstance(said, Mistake):
        return loaded.problem((*at, *said.steps), said, said.severity)
    return loaded.problem(at, said)


def _list_problems(settings: Settings) -> list[Problem]:
    """Return what makes a list of references unreadable whatever its source holds, such as a driver that is missing."""
    from gateway.references.sources import fault_of

    found = [(each, fault_of(each.source)) for each in _lists(settings)]
    return [
        Problem(str(settings.path), 0, 0, f"tenants.{each.tenant}.references.{each.name}", said)
        for each, said in found
        if said
    ]
