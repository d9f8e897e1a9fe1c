"""A gateway for whoever sends what nobody should: many shortcodes, a trusted proxy, a look into its store and log."""

import hashlib
import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from gateway_process import KEY, Gateway, configuration, free_port, gateway
from simulated import c2b
from sqlalchemy import func, select
from wire import Reply, ask

from gateway.domain.settings import Secret
from gateway.store.prepare import require
from gateway.store.queries import quarantined, quarantined_body, reading
from gateway.store.tables import CALLBACKS, QUARANTINE

KIB_64 = 64 * 1024
TILL_KEY = "till-key-0123456789-ABCDEFGHIJ"
FAR_KEY = "faraway-key-0123456789-ABCDEFG"
SHUT_KEY = "shut-key-0123456789-ABCDEFGHIJ"
PUSH_KEY = "push-key-0123456789-ABCDEFGHIJ"
CONFIRM_KEY = "confirm-key-0123456789-ABCDEFG"
WRONG_KEY = "wrong-key-0123456789-ABCDEFGHI"
HERE, ELSEWHERE = "192.0.2.7", "198.51.100.7"

SUCCESS = b'{"ResultCode":0,"ResultDesc":"Success"}'
NOT_FOUND = b'{"error":"not found"}'


@contextmanager
def strange_gateway(folder: Path) -> Iterator[Gateway]:
    """Give a running gateway. The test is its own proxy, so that it can come from anywhere."""
    config = configuration(free_port(), "http://127.0.0.1:9")
    config["server"]["trusted_proxies"] = ["127.0.0.1"]
    tenant = config["tenants"]["duka"]
    tenant["routes"] = []
    tenant["shortcodes"] |= {
        "5012345": {"type": "till", "store": "600999", "key": TILL_KEY},
        "600111": {"type": "paybill", "key": FAR_KEY, "allow_from": ["192.0.2.0/24"]},
        "600112": {"type": "paybill", "key": SHUT_KEY, "allow_from": ["192.0.2.0/24"], "on_mismatch": "refuse"},
        "600113": {"type": "paybill", "key": {"stk": PUSH_KEY, "c2b-confirmation": [CONFIRM_KEY]}},
    }
    with gateway(folder / "gateway", config) as running:
        yield running.start()


def post(serving: Gateway, kind: str, body: Any, *headers: str, key: str = KEY) -> Reply:
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    return ask(serving.base, "POST", f"/hooks/{key}/{kind}", data, *headers)


def store(serving: Gateway) -> Secret:
    return Secret(f"sqlite:///{serving.folder / 'pesagate.db'}")


def kept(serving: Gateway, body: bytes) -> list[dict[str, Any]]:
    """Return the quarantine rows of these bytes, after a look that each gives them back."""
    digest = hashlib.sha256(body).hexdigest()
    with reading(require(store(serving))) as connection:
        rows = [row for row in quarantined(connection) if row["body_digest"] == digest]
        assert all(quarantined_body(connection, int(row["id"])) == body for row in rows)
    return rows


def counts(serving: Gateway) -> tuple[int, int]:
    """Return how many callbacks and quarantine rows there are."""
    with reading(require(store(serving))) as connection:
        return tuple(connection.scalar(select(func.count()).select_from(table)) for table in (CALLBACKS, QUARANTINE))  # type: ignore[return-value]


def the_row(serving: Gateway, body: bytes) -> dict[str, Any]:
    (row,) = kept(serving, body)
    return row


def padded(size: int, mark: str) -> bytes:
    """Return a valid body of exactly this size that no other test sends."""
    body = json.dumps(c2b("UBIG" + mark, Padding="")).encode()
    return body.replace(b'"Padding": ""', b'"Padding": "' + b"x" * (size - len(body)) + b'"')


def said(serving: Gateway, event: str, **fields: Any) -> int:
    return sum(
        line["event"] == event and all(line.get(name) == value for name, value in fields.items())
        for line in serving.log_lines()
    )


def wait_until(holds: Any, seconds: float = 20) -> bool:
    deadline = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


def names_nobody(serving: Gateway) -> None:
    """Look that the log names no key, path or payer, and shows no traceback."""
    log = serving.log.read_text("utf-8")
    secrets = [KEY, TILL_KEY, FAR_KEY, SHUT_KEY, PUSH_KEY, CONFIRM_KEY, WRONG_KEY, "/hooks/"]
    payers = ["254700111222", "700111222", "WANGARI", "2547 ***** 126", "JOHN", "254708374149"]
    assert [word for word in secrets + payers if word in log] == []
    assert "Traceback" not in log
