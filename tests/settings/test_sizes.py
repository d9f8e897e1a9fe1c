"""Sizes."""

import pytest

from gateway.settings.sizes import size_of


@pytest.mark.parametrize(("text", "size"), [("0KiB", 0), ("512KiB", 524288), ("64MiB", 67108864), ("1GiB", 1073741824)])
def test_a_size(text: str, size: int) -> None:
    assert size_of(text) == size


@pytest.mark.parametrize(
    "text", ["", "5", "KiB", "5 KiB", "5kib", "5KB", "-5KiB", "1.5MiB", "5KiB\n", "٥KiB", "1234567KiB"]
)
def test_no_size(text: str) -> None:
    assert size_of(text) is None
