"""Accounting files as a user gets them: the installed gateway, its folder, and `pesagate export`."""

import csv
import hashlib
import io
import json
import re
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest
from gateway_process import COMMAND, Gateway
from simulated import c2b, stk

DAY = "20261124"
FORMATS = ("csv", "xlsx", "ofx", "beancount")


def exporting(pesagate: Gateway, **destinations: dict[str, Any]) -> Path:
    """Give the gateway export destinations that all payments go to; return their folder."""
    tenant = pesagate.config["tenants"]["duka"]
    tenant["destinations"] = {
        name: {"adapter": "export", "folder": "exports", "close": "every 3 lines", **settings}
        for name, settings in destinations.items()
    }
    tenant["routes"] = [{"when": {"type": ["payment.*"]}, "to": list(destinations)}]
    return pesagate.folder / "exports"


def paid(number: int, **fields: str) -> dict[str, Any]:
    return c2b(f"UKO7R{number:05d}", TransTime=f"202611241015{number % 60:02d}", OrgAccountBalance="", **fields)


def wait_for_files(folder: Path, number: int, seconds: float = 30) -> dict[str, bytes]:
    """Wait until so many files are there; hidden ones and half ones are none."""
    deadline = time.monotonic() + seconds
    while True:
        found = {path.name: path.read_bytes() for path in folder.glob("[!.]*")} if folder.exists() else {}
        if len(found) >= number:
            return dict(sorted(found.items()))
        assert time.monotonic() < deadline, found
        time.sleep(0.05)


def export(pesagate: Gateway, *args: str | Path) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run([COMMAND, "export", "-c", pesagate.path, *args], capture_output=True, timeout=60, check=False)


def receipts(body: bytes) -> list[str]:
    return [row["Transaction ID"] for row in csv.DictReader(io.StringIO(body.decode(), newline=""))]


def test_by_hand_and_by_destination_a_file_is_the_same_to_the_byte(pesagate: Gateway) -> None:
    folder = exporting(pesagate, **{f"d{place}": {"format": name, "vat": 16} for place, name in enumerate(FORMATS)})
    pesagate.start()
    for number in (1, 2, 3):
        assert pesagate.post("c2b-confirmation", paid(number)).status_code == 200
    pesagate.post("stk", stk("ws_CO_1", code=1032))
    written = wait_for_files(folder, len(FORMATS))
    day = ("--tenant", "duka", "--shortcode", "600638", "--from", "2026-11-24", "--to", "2026-11-24")

    listed = pesagate.rows("export", "--list")

    assert len(listed) == len(FORMATS)
    for row in listed:
        file_format = FORMATS[int(row["destination"].removeprefix("d"))]
        by_hand = export(pesagate, *day, "--format", file_format)
        assert by_hand.returncode == 0, by_hand.stderr
        assert by_hand.stdout == written[row["name"]]
        assert export(pesagate, "--file", str(row["id"])).stdout == written[row["name"]]
        assert hashlib.sha256(written[row["name"]]).hexdigest() == row["sha256"]
    assert pesagate.stop() == 0


def test_two_destinations_of_one_folder_do_not_take_each_others_names(pesagate: Gateway) -> None:
    folder = exporting(pesagate, one={"format": "csv"}, two={"format": "csv"})
    pesagate.start()
    for number in (1, 2, 3):
        pesagate.post("c2b-confirmation", paid(number))

    written = wait_for_files(folder, 2)

    assert list(written) == [f"duka_600638_{DAY}_1.csv", f"duka_600638_{DAY}_2.csv"]
    assert len(set(written.values())) == 1


def test_an_out_file_is_written_and_nothing_else_is_on_stdout(pesagate: Gateway, tmp_path: Path) -> None:
    exporting(pesagate, books={"format": "csv"})
    pesagate.start()
    pesagate.post("c2b-confirmation", paid(1))
    pesagate.wait_for_state("delivered")

    done = export(pesagate, "--tenant", "duka", "--shortcode", "600638", "--from", "2026-11-24", "--format", "csv",
                  "--preset", "xero", "--out", tmp_path / "x.csv")  # fmt: skip

    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"1 payment\n")
    assert (tmp_path / "x.csv").read_bytes().startswith(b'"*Date","*Amount"')
    assert [path.name for path in tmp_path.glob("*.csv")] == ["x.csv"]


@pytest.mark.parametrize(
    ("args", "code", "said"),
    [
        ((), 2, "Say which file: --tenant, --shortcode, --from and --format; or --file, or --list."),
        (("--file", "7"), 1, "No file is called '7': `pesagate export --list` shows those there are."),
        (("--file", "../x_20261124_1.csv"), 1, "No file is called"),
        (
            ("--tenant", "nobody", "--shortcode", "600638", "--from", "2026-11-24", "--format", "ofx"),
            1,
            "No tenant is called 'nobody'; there are: duka.",
        ),
        (
            ("--tenant", "duka", "--shortcode", "600638", "--from", "2026-11-25", "--format", "ofx"),
            1,
            "No money of duka's 600638 moved from 2026-11-25 to 2026-11-25",
        ),
        (
            ("--tenant", "duka", "--shortcode", "600638", "--from", "2026-11-24", "--destination", "boks"),
            1,
            "duka has no export destination 'boks'; there are: books.",
        ),
        (
            (
                "--tenant",
                "duka",
                "--shortcode",
                "600638",
                "--from",
                "2026-11-24",
                "--format",
                "ofx",
                "--preset",
                "xero",
            ),
            1,
            "`preset` is for the formats csv and xlsx",
        ),
        (("--from", "yesterday"), 2, "does not match the format"),
        (
            (
                "--tenant",
                "duka",
                "--shortcode",
                "600638",
                "--from",
                "2026-11-24",
                "--to",
                "2026-11-23",
                "--format",
                "csv",
            ),
            2,
            "--to is before --from.",
        ),
    ],
)
def test_a_command_that_cannot_be_done_says_why(pesagate: Gateway, args: tuple[str, ...], code: int, said: str) -> None:
    exporting(pesagate, books={"format": "csv"})
    pesagate.start()

    done = export(pesagate, *args)

    assert (done.returncode, done.stdout) == (code, b"")
    assert said in done.stderr.decode()
    assert "Traceback" not in done.stderr.decode()


def test_what_cannot_be_booked_is_a_dead_letter_that_says_so(pesagate: Gateway) -> None:
    exporting(pesagate, books={"format": "ofx", "currency": "UGX"})
    pesagate.start()
    pesagate.post("c2b-confirmation", paid(1))

    (row,) = pesagate.wait_for_state("dead")

    assert row["reason"] == "unbookable"


def test_nothing_of_the_payer_is_in_the_log(pesagate: Gateway) -> None:
    folder = exporting(pesagate, books={"format": "csv", "phone": "whole"})
    pesagate.start()
    for number in (1, 2, 3):
        pesagate.post("c2b-confirmation", paid(number, MSISDN="254708374149", FirstName="WANGARI"))
    wait_for_files(folder, 1)
    assert pesagate.stop() == 0

    log = pesagate.log.read_text()

    assert '"event": "file written"' in log
    assert [word for word in ("254708374149", "WANGARI", "708374149") if word in log] == []


def test_try_shows_the_file_that_a_callback_would_make(pesagate: Gateway, tmp_path: Path) -> None:
    folder = exporting(pesagate, books={"format": "beancount"}, sheet={"format": "xlsx"})
    pesagate.write()
    body = tmp_path / "body.json"
    body.write_text(json.dumps(paid(1)))

    (tried,) = pesagate.rows("try", str(body), "--shortcode", "600638", "--kind", "c2b-confirmation")

    journal, sheet = tried["requests"]
    assert journal["request"] == "beancount file duka_600638_20261124"
    assert "Assets:MPesa:600638  1500.00 KES" in journal["body"]
    assert sheet["body"].startswith('"Date","Time","Transaction ID"')
    assert not folder.exists()


def test_check_tells_a_mistake_of_an_export_destination(pesagate: Gateway) -> None:
    exporting(pesagate, books={"format": "csv", "close": "at night"})
    pesagate.write()

    done = pesagate.run("check")

    assert done.returncode == 78
    # With its line, and what is wrong with it.
    assert re.search(
        r":[1-9][0-9]*:[1-9][0-9]*: error: tenants\.duka\.destinations\.books\.close: `close` is 'at night'",
        done.stdout,
    )


def test_a_reader_who_has_gone_is_no_error(pesagate: Gateway) -> None:
    exporting(pesagate, books={"format": "csv"})
    pesagate.start()
    pesagate.post("c2b-confirmation", paid(1))
    pesagate.wait_for_state("delivered")
    command = (
        f"{COMMAND} export -c {pesagate.path} --tenant duka --shortcode 600638 --from 2026-11-24 --format csv | true"
    )

    done = subprocess.run(["bash", "-c", command], capture_output=True, timeout=60, check=False)

    assert b"Traceback" not in done.stderr
