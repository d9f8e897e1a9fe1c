"""SIGKILL at every point of an export file's way: no half file, no double line, and the file comes by itself."""

import time
from pathlib import Path

import pytest
from e2e.test_export import exporting, paid, receipts, wait_for_files
from gateway_process import Gateway

from gateway.crash import FILE_POINTS

NAMES = [f"duka_600638_20261124_{number}.csv" for number in (1, 2, 3, 4)]


@pytest.mark.parametrize("times", [1, 2])
@pytest.mark.parametrize("point", FILE_POINTS)
def test_a_crash_on_the_way_of_a_file_costs_nothing(pesagate: Gateway, tmp_path: Path, point: str, times: int) -> None:
    mark = tmp_path / "crashed"
    folder = exporting(pesagate, books={"format": "csv"})
    pesagate.start(PESAGATE_CRASH_AT=f"{point}:{times}:{mark}")
    seen: dict[str, bytes] = {}
    for number in range(12):
        assert pesagate.post("c2b-confirmation", paid(number + 1)).status_code == 200
        if number % 3 == 2:
            # Whatever is visible is whole, and stays what it is.
            for name, body in wait_for_files(folder, number // 3 + 1).items():
                assert seen.setdefault(name, body) == body

    written = wait_for_files(folder, 4)
    wait_until_marked(pesagate, 4)

    assert mark.exists(), "nothing passed the point: the test has proved nothing"
    assert list(written) == NAMES
    assert sorted(one for body in written.values() for one in receipts(body)) == [
        f"UKO7R{number:05d}" for number in range(1, 13)
    ]
    assert [path.name for path in folder.glob(".*")] == []
    assert pesagate.stop() == 0
    died = [line for line in pesagate.log_lines() if line["event"].startswith("died")]
    assert [line["exit"] for line in died] == [-9]


def wait_until_marked(pesagate: Gateway, number: int) -> None:
    deadline = time.monotonic() + 30
    while sum(row["written"] for row in pesagate.rows("export", "--list")) < number:
        assert time.monotonic() < deadline
        time.sleep(0.1)
