"""The address that a running ngrok agent has for this machine, by the agent's own local API."""

import os
from typing import Any
from urllib.parse import urlsplit

import requests

from gateway.domain.errors import PesagateError

VARIABLE = "PESAGATE_NGROK_API"
_API = "http://127.0.0.1:4040"
_LIMIT_S = 5.0


def ngrok_address(port: int) -> str:
    """Return the https address of the agent's tunnel to a port of this machine. Raises PesagateError."""
    api = os.environ.get(VARIABLE) or _API
    leading = {urlsplit(each["public_url"]): _port_of(each) for each in _tunnels(api)}
    for address, to in leading.items():
        if address.scheme == "https" and to == port:
            return str(address.geturl())
    ports = ", ".join(sorted({str(to) for to in leading.values()})) or "none"
    raise PesagateError(
        f"server.public_url: ngrok has no https tunnel to port {port} (it has: {ports}): run `ngrok http {port}`."
    )


def _tunnels(api: str) -> list[dict[str, Any]]:
    try:
        with requests.Session() as session:
            # The agent is on this machine; a proxy from the environment would only be in the way.
            session.trust_env = False
            answer = session.get(f"{api}/api/tunnels", timeout=_LIMIT_S)
            answer.raise_for_status()
            tunnels: list[dict[str, Any]] = answer.json()["tunnels"]
            return [each for each in tunnels if isinstance(each.get("public_url"), str)]
    except (requests.RequestException, ValueError, KeyError, TypeError, AttributeError):
        raise PesagateError(
            f"server.public_url: no ngrok agent answers at {api}: start `ngrok http PORT`, "
            f"write the address itself, or say in {VARIABLE} where the agent is."
        ) from None


def _port_of(tunnel: dict[str, Any]) -> int | None:
    # "http://localhost:8080", "localhost:8080" or "8080", as it was given to the agent.
    text = str(tunnel.get("config", {}).get("addr", "")).rpartition(":")[2].strip("/")
    return int(text) if text.isdigit() else None
