"""The keys of a destination that say how it is treated over time."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from gateway.domain.lane import BreakerSettings, LaneSettings, Order, Rate
from gateway.domain.settings import Settings

ALL = (
    "concurrency: 2, rate: 60/m, order: account, park_after: 12h, batch: 50, "
    "breaker: {failures: 3, share: 50%, window: 5m, at_least: 7, pause: 10s}"
)


def lane(found: Settings) -> LaneSettings:
    return found.tenants["duka"].destinations["erp"].lane


def test_each_key_is_read(settings: Callable[..., Settings], with_destination: Callable[[str], str]) -> None:
    assert lane(settings(with_destination(ALL))) == LaneSettings(
        concurrency=2,
        rate=Rate(60, timedelta(minutes=1)),
        order=Order.ACCOUNT,
        breaker=BreakerSettings(3, 0.5, timedelta(minutes=5), 7, timedelta(seconds=10)),
        park_after=timedelta(hours=12),
        batch=50,
    )
    assert settings(with_destination(ALL)).tenants["duka"].destinations["erp"].settings.keys() == {"url"}


def test_without_them_it_is_as_the_domain_says(
    settings: Callable[..., Settings], with_destination: Callable[[str], str]
) -> None:
    assert lane(settings(with_destination("format: ofx"))) == LaneSettings()
    assert lane(settings(with_destination("breaker: {}"))) == LaneSettings()


@pytest.mark.parametrize("off", ["off", '"off"', "false", "no"])
def test_breaker_and_parking_can_be_off(
    settings: Callable[..., Settings], with_destination: Callable[[str], str], off: str
) -> None:
    found = lane(settings(with_destination(f"breaker: {off}, park_after: {off}")))
    assert (found.breaker, found.park_after) == (None, None)


@pytest.mark.parametrize(
    ("text", "rate", "interval"),
    [
        ("10/s", Rate(10, timedelta(seconds=1)), timedelta(milliseconds=100)),
        ("60/m", Rate(60, timedelta(minutes=1)), timedelta(seconds=1)),
        ("5/h", Rate(5, timedelta(hours=1)), timedelta(minutes=12)),
    ],
)
def test_a_rate_is_evenly_spread(
    settings: Callable[..., Settings],
    with_destination: Callable[[str], str],
    text: str,
    rate: Rate,
    interval: timedelta,
) -> None:
    found = lane(settings(with_destination(f"rate: {text}"))).rate
    assert (found, rate.interval) == (rate, interval)
