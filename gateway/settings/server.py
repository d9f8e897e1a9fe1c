"""The `server` section."""

from ipaddress import ip_address
from urllib.parse import SplitResult, urlsplit

from gateway.domain.settings import LOOPBACK, Network, Server
from gateway.keys import forbidden_word
from gateway.settings.networks import networks
from gateway.settings.places import Steps, quoted
from gateway.settings.report import Report, Section

NGROK = "ngrok"
"""Stands in `public_url` for the address that a running ngrok agent has."""


def server_of(section: Section) -> Server:
    """Return how the gateway listens; whatever is wrong goes to the report."""
    listen = section.get("listen", "127.0.0.1:8080")
    host, _, port = listen.rpartition(":")
    if int(port) > 65535:
        section.report.error(section.at("listen"), f"{port} is no port.", "Write a port from 1 to 65535.")
    return Server(
        host=host.strip("[]"),
        port=int(port),
        public_url=_public_url(section) or f"http://{listen}",
        workers=section.get("workers", 1),
        trusted_proxies=networks(section.report, section.get("trusted_proxies", []), section.at("trusted_proxies")),
        metrics=_readers(section.section("metrics")),
    )


def _readers(metrics: Section) -> tuple[Network, ...]:
    allowed = metrics.get("allow_from")
    return LOOPBACK if allowed is None else networks(metrics.report, allowed, metrics.at("allow_from"))


def _public_url(section: Section) -> str | None:
    url, steps, report = section.get("public_url"), section.at("public_url"), section.report
    if url is None:
        return None
    if url == NGROK:
        # Whoever needs the address asks for it then: it changes with every start of the agent.
        return NGROK
    parts = _split(url)
    if parts is None:
        report.error(steps, "must be an http or https address such as https://pay.duka.example.")
        return None
    if parts.query or parts.fragment or "@" in parts.netloc:
        report.error(steps, "must be an address without ?, # and user.", "Write scheme, host and path only.")
    _check_words(report, parts, steps)
    _check_scheme(report, parts, steps)
    return str(url).rstrip("/")


def _split(url: str) -> SplitResult | None:
    try:
        parts = urlsplit(url)
        usable = parts.scheme in ("http", "https") and parts.hostname and (parts.port is None or parts.port >= 0)
    except ValueError:
        return None
    return parts if usable and url.isascii() and url.isprintable() and " " not in url else None


def _check_words(report: Report, parts: SplitResult, steps: Steps) -> None:
    in_path, in_host = forbidden_word(parts.path), forbidden_word(parts.hostname or "")
    if in_path:
        message = f"M-Pesa refuses URLs that hold {quoted(in_path)} in any case, and this path does."
        report.error(steps, message, "Use another path.")
    if in_host:
        message = f"M-Pesa may refuse URLs that hold {quoted(in_host)} in any case, and this host name does."
        report.warning(steps, message, "Use another host name if it refuses the registration.")


def _check_scheme(report: Report, parts: SplitResult, steps: Steps) -> None:
    if parts.scheme == "http" and not _is_local(parts.hostname or ""):
        report.warning(steps, "M-Pesa calls only https addresses in production.", "Write https://.")


def _is_local(host: str) -> bool:
    try:
        return ip_address(host).is_private
    except ValueError:
        return host == "localhost"
