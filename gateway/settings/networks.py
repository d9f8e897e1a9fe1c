"""Source addresses: texts -> networks."""

from collections.abc import Iterator
from ipaddress import ip_network
from typing import Any

from gateway.domain.settings import Network
from gateway.settings.places import Steps, quoted
from gateway.settings.report import Report, Section
from gateway.settings.safaricom import SAFARICOM


def networks(report: Report, texts: list[str], steps: Steps) -> tuple[Network, ...]:
    """Return the networks of a list of texts; one that is none goes to the report."""
    return tuple(_each(report, texts, steps, {}))


def allowed(section: Section) -> tuple[Network, ...] | None:
    """Return the networks that a shortcode's `allow_from` names, None for any address (with a warning)."""
    wanted: Any = section.get("allow_from", "any")
    steps = section.at("allow_from")
    if wanted == "any":
        if section.report.is_sound(steps):
            section.report.warning(steps, _ANY, "Write allow_from: safaricom, or a list of networks.", at_key=True)
        return None
    if wanted == "safaricom":
        return SAFARICOM
    return tuple(_each(section.report, wanted, steps, {"safaricom": SAFARICOM}))


def _each(report: Report, texts: list[str], steps: Steps, names: dict[str, tuple[Network, ...]]) -> Iterator[Network]:
    for index, text in enumerate(texts):
        if text in names:
            yield from names[text]
            continue
        try:
            yield ip_network(text)
        except ValueError:
            report.error((*steps, index), f"{quoted(text)} is no address or network.", _remedy(text, list(names)))


def _remedy(text: str, names: list[str]) -> str:
    try:
        return f"Did you mean {ip_network(text, strict=False)}?"
    except ValueError:
        return f"Write {' or '.join([*names, 'a network such as 10.0.0.0/8'])}."


_ANY = "callbacks are taken from any address."
