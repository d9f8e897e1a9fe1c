"""When the nightly purge comes."""

from datetime import UTC, datetime, time

import pytest

from gateway.nightly import next_time


@pytest.mark.parametrize(
    ("now", "due"),
    [
        # 02:30 in Nairobi is 23:30 of the day before in UTC.
        ("2026-11-24T23:29:59", "2026-11-24T23:30:00"),
        ("2026-11-24T23:30:00", "2026-11-25T23:30:00"),
        ("2026-11-24T23:30:01", "2026-11-25T23:30:00"),
        ("2026-11-24T12:00:00", "2026-11-24T23:30:00"),
        ("2026-12-31T23:45:00", "2027-01-01T23:30:00"),
    ],
)
def test_it_comes_once_a_day_by_nairobis_clock(now: str, due: str) -> None:
    found = next_time(datetime.fromisoformat(now).replace(tzinfo=UTC), time(2, 30))
    assert found == datetime.fromisoformat(due).replace(tzinfo=UTC)
