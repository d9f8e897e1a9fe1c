"""How a destination is treated over time: concurrency, rate, order, breaker, parking, batches."""

from datetime import timedelta

from gateway.domain.lane import BreakerSettings, LaneSettings, Order, Rate
from gateway.settings.durations import duration, fraction_of
from gateway.settings.report import Section

LANE_KEYS = ("concurrency", "rate", "order", "breaker", "park_after", "batch")
"""Keys of a destination that are read here, whatever its adapter."""

_UNITS = {"s": timedelta(seconds=1), "m": timedelta(minutes=1), "h": timedelta(hours=1)}

_OFF = ("off", False)


def lane_of(section: Section) -> LaneSettings:
    """Return the lane of a destination's section; what is missing, or wrong, is the default."""
    return LaneSettings(
        concurrency=section.get("concurrency"),
        rate=_rate(section.get("rate")),
        order=Order(section.get("order", Order.NONE)),
        breaker=_breaker(section),
        park_after=_park_after(section),
        batch=section.get("batch"),
    )


def _rate(text: str | None) -> Rate | None:
    if text is None:
        return None
    number, _, unit = text.partition("/")
    return Rate(int(number), _UNITS[unit])


def _breaker(section: Section) -> BreakerSettings | None:
    if section.get("breaker") in _OFF:
        return None
    inner, default = section.section("breaker"), BreakerSettings()
    share = inner.get("share")
    return BreakerSettings(
        failures=inner.get("failures", default.failures),
        share=None if share is None else fraction_of(share),
        window=_duration(inner, "window", default.window),
        at_least=inner.get("at_least", default.at_least),
        pause=_duration(inner, "pause", default.pause),
    )


def _park_after(section: Section) -> timedelta | None:
    text = section.get("park_after")
    if text in _OFF:
        return None
    default = LaneSettings().park_after
    return default if default is None else _duration(section, "park_after", default)


def _duration(section: Section, key: str, default: timedelta) -> timedelta:
    text = section.get(key)
    found = None if text is None else duration(section.report, text, section.at(key))
    if found == timedelta(0):
        section.report.error(section.at(key), "must be more than nothing.")
    return found or default
