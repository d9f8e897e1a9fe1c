"""The page of result codes is made of the table."""

from pathlib import Path

from gateway.cli.codes import page
from gateway.providers.mpesa.code_rows import CODES

PAGE = Path(__file__).parents[2] / "docs/result-codes.md"


def test_the_page_is_what_the_table_says() -> None:
    # `pesagate codes --markdown > docs/result-codes.md` makes it anew.
    assert PAGE.read_text("utf-8") == page(CODES)


def test_no_code_stands_twice() -> None:
    assert len({(row.api, row.code) for row in CODES}) == len(CODES)


def test_no_cell_breaks_its_table() -> None:
    assert [row for row in CODES if any("|" in str(cell) or not str(cell) for cell in row)] == []
