"""The documents of the repository, and the checkout that they stand in."""

from pathlib import Path

CHECKOUT = Path(__file__).parents[2]
DOCUMENTS = (*sorted(CHECKOUT.glob("*.md")), *sorted((CHECKOUT / "docs").rglob("*.md")))


def pytest_generate_tests(metafunc) -> None:
    """Run a test that asks for `document` once for each of them."""
    if "document" in metafunc.fixturenames:
        metafunc.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(CHECKOUT)))
