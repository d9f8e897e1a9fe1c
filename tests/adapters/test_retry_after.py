"""The Retry-After header: seconds or a date, at most a day."""

from datetime import UTC, datetime, timedelta

import pytest

from adapters.http.retry_after import retry_after

NOW = datetime(2026, 3, 2, 6, 30, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        (None, None),
        ("", None),
        ("soon", None),
        ("-5", None),
        ("1.5", None),
        ("٥", None),
        ("0", 0),
        (" 30 ", 30),
        ("86400", 86_400),
        ("86401", 86_400),
        ("9" * 5000, 86_400),
        ("Mon, 02 Mar 2026 06:32:00 GMT", 120),
        ("Monday, 02-Mar-26 06:32:00 GMT", 120),
        ("Mon Mar  2 06:32:00 2026", 120),
        ("Mon, 02 Mar 2026 09:32:00 +0300", 120),
        ("Mon, 02 Mar 2026 06:00:00 GMT", 0),
        ("Fri, 31 Dec 9999 23:59:59 GMT", 86_400),
        ("Mon, 99 Mar 2026 06:32:00 GMT", None),
    ],
)
def test_retry_after(header: str | None, seconds: int | None) -> None:
    expected = None if seconds is None else timedelta(seconds=seconds)
    assert retry_after(header, NOW) == expected
