"""What `check` says of an export destination: each mistake in a sentence, and nothing of a good one."""

import os
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from exported import FORMATS, exporting

from adapters.export.close import BadCloseError, Close, close_of
from gateway.domain.export import Cut, OpenLine, cut_up
from gateway.domain.times import NAIROBI


@pytest.mark.parametrize("name", FORMATS)
def test_the_defaults_are_fine_for_every_format(name: str, tmp_path: Path) -> None:
    assert exporting(name, tmp_path / "not" / "there" / "yet").check() == ()


@pytest.mark.parametrize(
    ("name", "settings", "said"),
    [
        ("csv", {"close": "24:00"}, "`close` is '24:00'; it has to be a time of day in Nairobi"),
        ("csv", {"close": "0:15"}, "`close` is '0:15'"),
        ("csv", {"close": "every 0 lines"}, "`close` is 'every 0 lines'"),
        ("csv", {"close": "every 1441 minutes"}, "(at most 1440)"),
        ("csv", {"close": "every"}, "`close` is 'every'"),
        ("csv", {"decimal": ","}, "`decimal` and `delimiter` are the same character"),
        ("csv", {"date_format": "%d %B %Y"}, "`date_format` is '%d %B %Y'"),
        ("csv", {"date_format": "hello"}, "`date_format` is 'hello'"),
        ("csv", {"date_format": "%"}, "`date_format` is '%'"),
        ("csv", {"preset": "xero", "columns": {"A": "{{ receipt }}"}}, "`preset` and `columns` say the same thing"),
        ("csv", {"columns": {"A": "{{ reciept }}"}}, "`columns`: the column 'A': '{{ reciept }}' takes the name"),
        ("csv", {"columns": {"A": "{% for a in b %}"}}, "`columns`: the column 'A'"),
        ("ofx", {"preset": "xero"}, "`preset` is for the formats csv and xlsx; ofx has no use for it"),
        ("xlsx", {"bom": True}, "`bom` is for the format csv; xlsx has no use for it"),
        ("csv", {"company": "Duka"}, "`company` is for the format tally"),
        ("csv", {"vat": "100"}, "`vat` has to be a percentage from 0 to 99.99"),
        (
            "csv",
            {"rules": [{"when": {"reference": "A"}, "account": "recievable"}]},
            "`rules`: number 1 names the account 'recievable', which `accounts` has not. Did you mean 'receivable'?",
        ),
        ("csv", {"accounts": {"bank": "{{ payer.name }}"}}, "`accounts`: bank: '{{ payer.name }}' takes the name"),
        ("beancount", {"accounts": {"bank": "bank"}}, "`accounts`: bank is 'bank', which beancount does not take"),
        ("beancount", {"accounts": {"bank": "Assets:KCB bank"}}, "`accounts`: bank is 'Assets:KCB bank'"),
        ("hledger", {"accounts": {"bank": "Assets:KCB  bank"}}, "`accounts`: bank is 'Assets:KCB  bank'"),
        ("ledger", {"accounts": {"bank": "Assets;KCB"}}, "`accounts`: bank is 'Assets;KCB'"),
        ("tally", {"accounts": {"bank": "Assets\nKCB"}}, "it has to be text on one line"),
    ],
)  # fmt: skip
def test_a_mistake_is_told_in_a_sentence(name: str, settings: dict[str, Any], said: str, tmp_path: Path) -> None:
    (problem,) = exporting(name, tmp_path, **settings).check()
    assert said in problem
    assert problem.endswith(".")


def test_a_folder_that_is_a_file_is_told(tmp_path: Path) -> None:
    (tmp_path / "exports").write_text("")
    for folder in (tmp_path / "exports", tmp_path / "exports" / "books"):
        (problem,) = exporting("csv", folder).check()
        assert problem == f"`folder`: {tmp_path / 'exports'} is no folder: name another one."


def checked_as_nobody(folder: Path) -> str:
    """Return what a user without rights is told; root may write wherever modes say otherwise."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        if os.geteuid() == 0:
            os.setuid(65534)
        os.write(writing, "\n".join(exporting("csv", folder).check()).encode())
        os._exit(0)
    os.close(writing)
    os.waitpid(child, 0)
    with os.fdopen(reading) as told:
        return told.read()


@pytest.mark.parametrize("mode", [0o555, 0o600, 0o000])
def test_a_folder_that_takes_no_file_is_told(mode: int) -> None:
    folder = Path(tempfile.mkdtemp())
    folder.chmod(mode)
    try:
        expected = f"`folder`: {folder} takes no file from this user: give it write permission, or name another folder."
        assert checked_as_nobody(folder / "exports") == expected
    finally:
        folder.chmod(0o700)
        folder.rmdir()


MOMENTS = [
    ("00:15", datetime(2026, 11, 24, 21, 14, tzinfo=UTC), "2026-11-24 00:15", "20261124"),
    ("00:15", datetime(2026, 11, 24, 21, 15, tzinfo=UTC), "2026-11-25 00:15", "20261125"),
    ("18:00", datetime(2026, 11, 24, 15, 0, tzinfo=UTC), "2026-11-24 18:00", None),
    ("01:00", datetime(2026, 11, 24, 15, 0, tzinfo=UTC), "2026-11-24 01:00", None),
    ("every 15 minutes", datetime(2026, 11, 24, 15, 29, 59, tzinfo=UTC), "2026-11-24 18:15", None),
    ("every 7m", datetime(2026, 11, 24, 21, 6, tzinfo=UTC), "2026-11-25 00:00", None),
    ("every 1 minute", datetime(2026, 11, 24, 21, 6, 30, tzinfo=UTC), "2026-11-25 00:06", None),
    ("every 2 lines", datetime(2026, 11, 24, 15, 0, tzinfo=UTC), "2026-11-24 00:15", "20261124"),
]


@pytest.mark.parametrize(("written", "now", "before", "days_before"), MOMENTS)
def test_the_last_moment_of_closing(written: str, now: datetime, before: str, days_before: str | None) -> None:
    cut = close_of(written).cut(now, None)

    assert (f"{cut.before.astimezone(NAIROBI):%Y-%m-%d %H:%M}", cut.days_before) == (before, days_before)


def test_a_close_that_is_none_is_refused() -> None:
    with pytest.raises(BadCloseError, match="every 500 lines"):
        close_of("daily")
    assert close_of("every 500 lines") == Close(lines=500)


NOW = datetime(2026, 11, 24, 9, tzinfo=UTC)


def lines(*ages: int) -> list[OpenLine]:
    return [OpenLine(place, "600638", "20261124", NOW - timedelta(minutes=age)) for place, age in enumerate(ages)]


@pytest.mark.parametrize(
    ("cut", "files"),
    [
        (Cut(NOW), [[0, 1, 2, 3, 4]]),
        (Cut(NOW, days_before="20261124"), []),
        (Cut(NOW, days_before="20261125"), [[0, 1, 2, 3, 4]]),
        (Cut(NOW - timedelta(minutes=3)), [[0, 1]]),
        (Cut(NOW, most=2), [[0, 1], [2, 3], [4]]),
        (Cut(NOW - timedelta(days=1), full=2), [[0, 1], [2, 3]]),
        (Cut(NOW - timedelta(days=1), full=6), []),
        (Cut(NOW - timedelta(days=1), full=5), [[0, 1, 2, 3, 4]]),
        (Cut(NOW - timedelta(minutes=3), full=3), [[0, 1], [2, 3, 4]]),
        (Cut(NOW - timedelta(days=1), full=4, most=2), [[0, 1], [2, 3]]),
    ],
)
def test_which_lines_become_files(cut: Cut, files: list[list[int]]) -> None:
    assert [[line.id for line in file] for file in cut_up(lines(5, 4, 3, 2, 1), cut)] == files
