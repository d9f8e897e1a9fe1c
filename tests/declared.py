"""Kinds that a configuration describes, as the configuration's own reader gives them."""

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from config_file import as_yaml

from gateway import app, registry
from gateway.domain.provider import DeclaredKind
from gateway.settings import Known, load

HASH_KEY = "airtel-hash-key"
RECIPES: dict[str, Any] = {
    "mtn-momo": {"recipe": "mtn-momo"},
    "airtel-money": {"recipe": "airtel-money", "hmac": {"secret": {"env": "HASH_KEY"}}},
    "vodacom-openapi": {"recipe": "vodacom-openapi"},
}


def declared(providers: dict[str, Any], hmac: dict[str, Any] | None = None) -> dict[str, DeclaredKind]:
    """Return the kinds of a `providers` section; `hmac` is what a shortcode says of them."""
    shortcodes: dict[str, Any] = {"600638": {"type": "paybill", "key": {"env": "KEY"}, "allow_from": "safaricom"}}
    if hmac is not None:
        shortcodes["600638"]["hmac"] = hmac
    config = {"version": 1, "providers": providers, "tenants": {"duka": {"shortcodes": shortcodes}}}
    known = Known(app.kinds(), registry.names(), registry.schema_of)
    with TemporaryDirectory() as folder:
        path = Path(folder) / "pesagate.yaml"
        path.write_text(as_yaml(config), "utf-8")
        loaded = load(path, known, {"KEY": "k" * 32, "HASH_KEY": HASH_KEY})
    assert loaded.settings is not None, [str(problem) for problem in loaded.problems]
    assert loaded.problems == ()
    return dict(loaded.settings.providers)


DECLARED = declared(RECIPES)
