"""What the configuration tests share: the adapters and variables that their files speak of."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from gateway.domain.settings import Settings
from gateway.settings import Known, Loaded, load

HERE = Path(__file__).parent

SCHEMAS: dict[str, Any] = {
    "demo": json.loads((HERE / "demo_adapter.json").read_text("utf-8")),
    "faulty": {"type": "objekt"},
    "astray": {"properties": {"a": {"$ref": "#/$defs/none"}}},
    "unmatched": {"properties": {"a": {"pattern": "("}}},
    "free": None,
}

ENVIRON = {
    "DUKA_KEY": "duka" * 6,
    "OTHER_KEY": "other" * 5,
    "ERP_TOKEN": "S3cretToken",
    "STORE_URL": "postgresql://u:hunter2@db/x",
    "EMPTY": "",
}


@pytest.fixture
def known() -> Known:
    kinds = ("stk", "c2b-validation", "c2b-confirmation", "b2c-result")
    return Known(kinds, tuple(SCHEMAS), SCHEMAS.__getitem__)


@pytest.fixture
def environ() -> dict[str, str]:
    return dict(ENVIRON)


@pytest.fixture
def loaded(tmp_path: Path, known: Known, environ: dict[str, str]) -> Callable[..., Loaded]:
    """Write a configuration (and further files, by name) into a folder of its own and load it."""

    def write_and_load(text: str, **files: str) -> Loaded:
        for name, content in {"pesagate.yaml": text, **files}.items():
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(content, "utf-8")
            path.chmod(0o600)
        return load(tmp_path / "pesagate.yaml", known, environ)

    return write_and_load


@pytest.fixture
def settings(loaded: Callable[..., Loaded]) -> Callable[..., Settings]:
    """Load a configuration that has no problem at all."""

    def load_faultless(text: str, **files: str) -> Settings:
        result = loaded(text, **files)
        assert [str(problem) for problem in result.problems] == []
        assert result.settings is not None
        return result.settings

    return load_faultless


TENANT = """\
version: 1
tenants:
  duka:
    shortcodes:
      "600638": {type: paybill, key: {env: DUKA_KEY}, allow_from: safaricom}
"""


@pytest.fixture
def tenant() -> str:
    """The smallest configuration without a warning; more keys of the tenant can be appended."""
    return TENANT


def destination(own: str) -> str:
    """Return a configuration with one destination of the adapter `demo` that has these settings too."""
    return (
        TENANT
        + f"""\
    destinations:
      erp: {{adapter: demo, url: https://erp.example, {own}}}
    routes:
      - {{to: erp}}
"""
    )


@pytest.fixture
def with_destination() -> Callable[[str], str]:
    return destination
