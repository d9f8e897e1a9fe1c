"""The plug-in's own tests, as its author writes them: the contract that Pesagate ships."""

import json
from collections.abc import Sequence
from pathlib import Path

import pytest
from pesagate_spool import SpoolAdapter

from adapters.testing import AdapterContract, MemoryProgress, Place, sample_event
from gateway.domain.delivery import AttemptResult
from gateway.domain.settings import Destination, Secret

TOKEN = "tok-3f9c0d5e81"


class Folder(Place):
    """A folder."""

    secrets = (TOKEN,)

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def adapter(self) -> SpoolAdapter:
        settings = {"folder": str(self.folder), "token": Secret(TOKEN)}
        return SpoolAdapter(Destination("spool", "duka", "spool", settings))

    def arrived(self) -> Sequence[str]:
        return [json.loads(path.read_text("utf-8"))["id"] for path in self.folder.glob("*.json")]


class TestSpool(AdapterContract):
    @pytest.fixture
    def place(self, tmp_path: Path) -> Folder:
        return Folder(tmp_path)


def test_the_second_time_is_a_duplicate_and_a_missing_folder_temporary(tmp_path: Path) -> None:
    adapter = Folder(tmp_path).adapter()
    results = [adapter.deliver(sample_event(), MemoryProgress()).result for _ in range(2)]
    assert results == [AttemptResult.DELIVERED, AttemptResult.DUPLICATE]
    assert Folder(tmp_path / "none").adapter().deliver(sample_event(), MemoryProgress()).result is AttemptResult.RETRY
    assert [path.name for path in tmp_path.iterdir()] == [f"{sample_event().id}.json"]
