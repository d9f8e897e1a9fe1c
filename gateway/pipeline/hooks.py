"""Hooks: the secret URLs, compiled once at start into a table from the key's SHA-256 to all that intake needs."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from gateway.domain.received import Router
from gateway.domain.references import LookUp, ReferenceList
from gateway.domain.settings import Settings, Shortcode
from gateway.expressions.normalise import normaliser
from gateway.keys import digest
from gateway.pipeline.question import Decide, Holds, compile_rules
from gateway.pipeline.route import compile_routes
from gateway.pipeline.validate import Validator, compile_schema
from gateway.providers.kind import Kind


@dataclass(frozen=True, slots=True)
class Hook:
    """One key of one shortcode for one kind. `kind` None: the key is right, but no such kind is known."""

    shortcode: Shortcode
    kind: Kind | None
    # The kind as the URL names it.
    kind_name: str
    validate: Validator
    route: Router
    # Answers the questions of a kind that asks.
    decide: Decide

    @property
    def methods(self) -> tuple[str, ...]:
        """The HTTP methods that it takes."""
        return ("POST",) if self.kind is None else self.kind.methods


@dataclass(frozen=True, slots=True)
class _Opened:
    """What one key opens."""

    hooks: Mapping[str, Hook]
    # Stands in for every kind that is not known; None for a key that covers only the kinds it names.
    unknown: Callable[[str], Hook] | None


class Hooks:
    """All hooks of a gateway. Looking one up costs one hash, however many tenants there are."""

    def __init__(self, opened: Mapping[str, _Opened]) -> None:
        self._opened = opened

    def find(self, key: str, kind_name: str) -> Hook | None:
        """Return the hook of a key and kind, None for a wrong key or a kind that the key does not cover.

        Keys are compared by their SHA-256, so that the time it takes tells nothing about a key.
        """
        opened = self._opened.get(digest(key))
        if opened is None:
            return None
        hook = opened.hooks.get(kind_name)
        if hook is None and opened.unknown is not None:
            return opened.unknown(kind_name[:64])
        return hook


def compile_hooks(
    settings: Settings,
    kinds: Mapping[str, Kind],
    schema: Callable[[str], Mapping[str, Any]],
    look_up: LookUp = lambda _tenant, _name: None,
) -> Hooks:
    """Return the hooks of all tenants. Each schema is compiled once, however many shortcodes share it."""
    validators = {name: compile_schema(schema(name)) for name in {kind.schema for kind in kinds.values()}}
    opened: dict[str, _Opened] = {}
    for tenant in settings.tenants.values():
        router = compile_routes(tenant.routes)
        holds = _holds(tenant.references, look_up)
        for shortcode in tenant.shortcodes.values():
            decide = compile_rules(tenant.validation, shortcode, holds)
            for key in shortcode.keys:
                known_by = digest(key.secret.reveal())
                fresh = _open(shortcode, key.kinds, kinds, validators, (router, decide))
                opened[known_by] = _both(opened[known_by], fresh) if known_by in opened else fresh
    return Hooks(opened)


def _open(
    shortcode: Shortcode,
    covers: frozenset[str] | None,
    kinds: Mapping[str, Kind],
    validators: Mapping[str, Validator],
    decisions: tuple[Router, Decide],
) -> _Opened:
    hooks = {
        name: Hook(shortcode, kind, name, validators[kind.schema], *decisions)
        for name, kind in kinds.items()
        if covers is None or name in covers
    }
    unknown = (lambda name: Hook(shortcode, None, name, _never, *decisions)) if covers is None else None
    return _Opened(hooks, unknown)


def _both(first: _Opened, second: _Opened) -> _Opened:
    return _Opened({**first.hooks, **second.hooks}, first.unknown or second.unknown)


def _holds(lists: Mapping[str, ReferenceList], look_up: LookUp) -> Holds:
    """Return the test of a tenant's lists. What is looked for is made alike first, as what is in the list was."""
    reads = {name: normaliser(each.normalise) for name, each in lists.items()}

    def holds(name: str, reference: str | None) -> bool | None:
        known = look_up(lists[name].tenant, name)
        return None if known is None else reads[name](reference) in known

    return holds


def _never(_document: Any) -> None:
    return None
