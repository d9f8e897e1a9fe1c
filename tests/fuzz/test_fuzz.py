"""The fuzzer for a bounded time, and that it finds what there is to find. In processes of its own: it ends them."""

import importlib.util
import os
import re
import subprocess
import sys
from pathlib import Path
from random import Random

import pytest
from corpus import NAMES, body_of
from fuzz.mutation import changed

HERE = Path(__file__).parent
needs_atheris = pytest.mark.skipif(
    importlib.util.find_spec("atheris") is None, reason="atheris is installable on Linux x86-64 only"
)
# A judge that no recorded body displeases: only one of a payment whose payer has lost his phone number.
PLANTED = """
import sys
sys.path.insert(0, {tests!r})
from pathlib import Path
from fuzz.fuzzer import fuzz
from fuzz.judge import judge

def displeased(kind, body):
    event = getattr(judge(kind, body), "event", None)
    paid = event is not None and (event.kind, event.type) == ("stk", "payment.succeeded")
    assert not paid or any(event.payer.as_dict().values()), "planted"

fuzz(displeased, sys.argv[1:], Path({folder!r}))
"""


def run(*arguments: str) -> "subprocess.CompletedProcess[str]":
    """Run Python with the same hashes each time: with a seed and a number of runs, it does the same each time."""
    environment = {**os.environ, "PYTHONHASHSEED": "0"}
    command = [sys.executable, *arguments]
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=210, check=False)


@needs_atheris
@pytest.mark.timeout(240)
def test_the_fuzzer_finds_nothing(tmp_path: Path) -> None:
    done = run(
        str(HERE / "callbacks.py"), f"--folder={tmp_path}", "-seed=20261124", "-runs=60000", "-max_total_time=60"
    )
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-4000:]
    assert [path.name for path in tmp_path.iterdir()] == ["corpus"]
    told = re.search(r"^Done (\d+) runs", done.stderr, re.MULTILINE)
    assert told is not None
    assert int(told[1]) > 0
    coverage = [int(each) for each in re.findall(r" cov: (\d+)", done.stderr)]
    assert coverage[-1] > coverage[0] > 500


@needs_atheris
@pytest.mark.timeout(240)
def test_the_fuzzer_finds_what_is_planted(tmp_path: Path) -> None:
    planted = PLANTED.format(tests=str(HERE.parent), folder=str(tmp_path))
    done = run("-c", planted, "-seed=1", "-runs=200000", "-max_total_time=90")
    assert done.returncode == 77, done.stderr[-2000:]
    assert "AssertionError: planted" in done.stdout + done.stderr
    assert "INITED" in done.stderr
    (finding,) = tmp_path.glob("crash-*")
    again = run(str(HERE / "callbacks.py"), str(finding))
    assert (again.returncode, again.stdout.splitlines()[-1]) == (0, f"{finding}: payment.succeeded")


@pytest.mark.parametrize("name", NAMES)
def test_a_changed_body_is_another_one_and_the_same_for_the_same_seed(name: str) -> None:
    body = body_of(name)
    made = [changed(body, seed) for seed in range(20)]
    assert made == [changed(body, seed) for seed in range(20)]
    if made[0] is not None:
        assert len(set(made)) > 5
    assert changed(Random(name).randbytes(20), 1) is None
