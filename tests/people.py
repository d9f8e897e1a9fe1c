"""A gateway of two tenants and people who use it; each tenant has a payment, a quarantined callback, a conflict."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import requests
from gateway_process import KEY, Gateway, configuration, free_port, gateway
from simulated import c2b

from gateway.domain.access import digest_of

SOKO_KEY = "soko-key-0123456789-ABCDEFGHIJ"
PHONE, NAME = "254708374149", "Zawadi"
TOKENS = {
    "all": {"actions": ["read", "replay", "quarantine", "destinations"]},
    "duka": {"tenants": ["duka"], "actions": ["read", "replay", "quarantine", "destinations"]},
    "viewer": {"tenants": ["duka"]},
    "nothing": {"tenants": ["duka"], "actions": ["replay"]},
    "old": {"expires": "2026-01-01"},
}


def token(name: str) -> str:
    return f"pgt_{name}"


def with_people(config: dict[str, Any], erp: str) -> dict[str, Any]:
    """Add a second tenant and tokens."""
    duka = config["tenants"]["duka"]
    shortcode = {"type": "paybill", "key": SOKO_KEY, "hold_older_than": "off"}
    config["tenants"]["soko"] = {**duka, "name": "Soko", "shortcodes": {"600639": shortcode}}
    tokens = {
        name: {"hash": f"sha256:{digest_of(token(name))}", "expires": "2999-12-31", **said}
        for name, said in TOKENS.items()
    }
    config["access"] = {"tokens": tokens}
    return config


@contextmanager
def serving(folder: Path, erp: str, change: Callable[[dict[str, Any]], None] = lambda _: None) -> Iterator[Gateway]:
    """Give a running gateway in which each tenant has a payment, a quarantined callback and a conflict."""
    config = with_people(configuration(free_port(), erp), erp)
    change(config)
    with gateway(folder, config) as made:
        made.start()
        for key, receipt, number in ((KEY, "UKO41DUKA1", "600638"), (SOKO_KEY, "UKO41SOKO1", "600639")):
            body = {**c2b(receipt, BusinessShortCode=number), "MSISDN": PHONE, "FirstName": NAME}
            for each in (body, {**body, "TransAmount": "999.00"}, {"no": receipt}):
                assert made.post("c2b-confirmation", each, key=key).status_code == 200
        yield made


def ask(made: Gateway, path: str, who: str | None = "all", method: str = "GET", **more: Any) -> requests.Response:
    """Ask the API."""
    headers = {} if who is None else {"Authorization": f"Bearer {token(who)}"}
    return requests.request(method, f"{made.base}/api/v1{path}", headers=headers, timeout=30, **more)


def wait_for(holds: Callable[[], Any], seconds: float = 60) -> Any:
    """Wait until it holds; return what it said."""
    deadline = time.monotonic() + seconds
    while not (said := holds()):
        assert time.monotonic() < deadline
        time.sleep(0.1)
    return said
