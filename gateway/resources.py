"""Where schemas/ and config/ lie: inside an installed wheel, or in a checkout. The only place that knows."""

import json
from functools import cache
from pathlib import Path
from typing import Any

from gateway.domain.errors import PesagateError

_PACKAGE = Path(__file__).parent


@cache
def data_dir() -> Path:
    """Return the folder that holds schemas/ and config/.

    Raises PesagateError where neither the packaged data nor a checkout can be found.
    """
    packaged = _PACKAGE / "_data"
    if (packaged / "schemas").is_dir():
        return packaged
    checkout = _PACKAGE.parent
    if (checkout / "pyproject.toml").is_file() and (checkout / "schemas").is_dir():
        return checkout
    raise PesagateError(
        f"Pesagate's data (schemas/, config/) is neither in {packaged} nor in {checkout}: "
        "the installation is incomplete, install the pesagate wheel again."
    )


@cache
def schema(name: str) -> dict[str, Any]:
    """Return a shipped JSON Schema by its path below schemas/ without ending, e.g. "mpesa/stk"."""
    loaded: dict[str, Any] = json.loads((data_dir() / "schemas" / f"{name}.json").read_text("utf-8"))
    return loaded


def has_schema(name: str) -> bool:
    """Tell whether a JSON Schema of that name is shipped."""
    return (data_dir() / "schemas" / f"{name}.json").is_file()


def recipe(folder: str, name: str) -> Path:
    """Return the path of a shipped recipe below config/recipes/; there may be none of that name."""
    return data_dir() / "config" / "recipes" / folder / f"{name}.yaml"


def recipes(folder: str) -> tuple[str, ...]:
    """Return the names of the shipped recipes of one folder below config/recipes/."""
    return tuple(sorted(path.stem for path in (data_dir() / "config" / "recipes" / folder).glob("*.yaml")))


def example(name: str) -> Path:
    """Return the path of a shipped example below config/examples/."""
    return data_dir() / "config" / "examples" / name
