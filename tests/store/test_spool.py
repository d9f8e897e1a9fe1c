"""The spool's files: what is acknowledged is there after a crash, what is not does not come back."""

import resource
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from gateway.domain.errors import StoreError, StoreUnavailable
from gateway.store.spool import Spool, require_spool

Open = Callable[..., Spool]


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Open]:
    """Open the spool of a process, as many as a test likes."""
    with ExitStack() as stack:

        def make(**limits: int) -> Spool:
            made = Spool(tmp_path, **limits)
            stack.callback(made.close)
            return made

        yield make


def test_lines_come_back_in_order_and_go_when_they_are_forgotten(opened: Open, tmp_path: Path) -> None:
    spool = opened()
    assert not spool.holds_any
    spool.append([b"one", b"two"])
    spool.append([b"three"])
    assert spool.holds_any
    assert list(spool.oldest()) == [b"one", b"two", b"three"]
    spool.append([b"four"])
    assert list(spool.oldest())[-1] == b"four"
    spool.forget_oldest()
    assert (spool.holds_any, list(spool.oldest())) == (False, [])
    spool.close()
    assert list(tmp_path.iterdir()) == []


def test_a_process_that_was_killed_leaves_its_file_to_whoever_comes(opened: Open, tmp_path: Path) -> None:
    code = (
        "import os, sys, signal; from pathlib import Path; from gateway.store.spool import Spool\n"
        "spool = Spool(Path(sys.argv[1])); spool.append([b'kept']); os.kill(os.getpid(), signal.SIGKILL)"
    )
    done = subprocess.run([sys.executable, "-c", code, tmp_path], check=False)
    assert done.returncode == -signal.SIGKILL
    (file,) = tmp_path.iterdir()
    assert oct(file.stat().st_mode & 0o777) == "0o600"
    # The machine died in the middle of a line: nobody was told of that one.
    with file.open("ab") as left:
        left.write(b"half")
    heir = opened()
    heir.adopt()
    assert heir.holds_any
    assert list(heir.oldest()) == [b"kept"]
    other = opened()
    other.adopt()
    assert not other.holds_any
    heir.append([b"own"])
    heir.forget_oldest()
    assert list(heir.oldest()) == [b"own"]


def test_a_file_in_use_is_nobody_elses(opened: Open) -> None:
    first, second = opened(), opened()
    first.append([b"one"])
    second.adopt()
    assert not second.holds_any
    first.close()
    second.adopt()
    assert list(second.oldest()) == [b"one"]


def test_what_comes_after_a_store_that_failed_again_is_written_behind_the_rest(opened: Open) -> None:
    """Reading had stopped in the middle, and what came then was written over what had not been handed back."""
    spool = opened()
    spool.append([b"one", b"two", b"three"])
    assert next(iter(spool.oldest())) == b"one"
    spool.append([b"four"])
    assert list(spool.oldest()) == [b"one", b"two", b"three", b"four"]


def test_what_does_not_fit_is_refused_whole(opened: Open) -> None:
    spool = opened(size_limit=20)
    spool.append([b"0123456789"])
    with pytest.raises(StoreUnavailable, match="full"):
        spool.append([b"0123", b"012345"])
    assert list(spool.oldest()) == [b"0123456789"]
    spool.append([b"01234567"])


def test_a_disk_that_takes_nothing_is_told_and_leaves_no_half_batch(opened: Open) -> None:
    spool = opened()
    spool.append([b"one"])
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (6, before[1]))
        with pytest.raises(StoreUnavailable, match="takes nothing"):
            spool.append([b"two", b"three"])
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, handler)
    assert list(spool.oldest()) == [b"one"]
    spool.append([b"four"])
    assert list(spool.oldest()) == [b"one", b"four"]


def test_a_folder_that_cannot_be_written_is_told_before_anything_starts(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StoreError, match=r"store\.spool: the folder .*file/spool cannot be written"):
        require_spool(tmp_path / "file" / "spool")
    require_spool(tmp_path / "new" / "spool")
    assert list((tmp_path / "new" / "spool").iterdir()) == []
