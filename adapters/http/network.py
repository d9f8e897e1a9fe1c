"""How a destination is reached: times, addresses, certificates, proxy, redirects, and how much of an answer is read."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from gateway.domain.settings import Secret

DEFAULT_TIMEOUT = timedelta(seconds=10)

_UNITS = {"KiB": 1024, "MiB": 1024 * 1024}


@dataclass(frozen=True, slots=True)
class ClientCertificate:
    """Files with our own certificate and its key; None: the key stands in the same file."""

    cert: str
    key: str | None
    password: Secret | None


@dataclass(frozen=True, slots=True)
class Proxy:
    """An HTTP proxy, and how it knows us."""

    url: str
    user: str | None = None
    password: Secret | None = None


@dataclass(frozen=True, slots=True)
class Network:
    """The settings of the connection, with their defaults filled in."""

    # From the start to the last byte of the answer, redirects included. Steps may have their own.
    timeout: timedelta
    # None: as long as the whole may take.
    connect_timeout: timedelta | None
    # The longest silence; None: as long as the whole may take.
    read_timeout: timedelta | None
    allow_private: bool
    # Follows redirects that stay on the same host.
    same_host: bool
    # Bytes of an answer that are read; None: as much as is usually needed.
    answer_limit: int | None
    proxy: Proxy | None
    ca: str | None
    certificate: ClientCertificate | None

    @classmethod
    def of(cls, settings: Mapping[str, Any]) -> "Network":
        """Read accepted and resolved settings."""
        return cls(
            timeout=settings.get("timeout", DEFAULT_TIMEOUT),
            connect_timeout=settings.get("connect_timeout"),
            read_timeout=settings.get("read_timeout"),
            allow_private=settings.get("allow_private", False),
            same_host=settings.get("redirects") == "same-host",
            answer_limit=_bytes(settings.get("answer_limit")),
            proxy=_proxy(settings.get("proxy"), settings.get("proxy_auth")),
            ca=settings.get("ca"),
            certificate=_certificate(settings.get("client_certificate")),
        )


def _bytes(text: str | None) -> int | None:
    if text is None:
        return None
    number, unit = re.fullmatch(r"([0-9]+)(KiB|MiB)", text).groups()  # type: ignore[union-attr]
    return int(number) * _UNITS[unit]


def _proxy(url: str | None, auth: Mapping[str, Any] | None) -> Proxy | None:
    if url is None and auth is None:
        return None
    return Proxy(url or "", auth["user"], auth["password"]) if auth else Proxy(url or "")


def _certificate(given: Mapping[str, Any] | None) -> ClientCertificate | None:
    if given is None:
        return None
    return ClientCertificate(given["cert"], given.get("key"), given.get("password"))
