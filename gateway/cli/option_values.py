"""Values of options that have a form: shortcodes, tenants, URLs, amounts. A sentence says what the form is."""

import re
from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from urllib.parse import urlsplit

import click

from gateway.domain.times import NAIROBI

TIMES = click.DateTime(["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M:%S"])
"""A day or a moment; `nairobi` says where."""

_Callback = Callable[[click.Context, click.Parameter, str | None], str | None]
_HEADER = re.compile(r"([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*([^\r\n\x00]*?)[ \t]*")
_NOT_IN_URLS = re.compile(r"[\s\"\\\x00-\x1f\x7f]")


def matching(pattern: str, sentence: str) -> _Callback:
    """Return a callback for click that refuses, with the sentence, a text that does not match as a whole."""
    compiled = re.compile(pattern, re.ASCII)

    def callback(_ctx: click.Context, _param: click.Parameter, value: str | None) -> str | None:
        if value is not None and not compiled.fullmatch(value):
            raise click.BadParameter(f"{value!r} {sentence}")
        return value

    return callback


shortcode = matching(r"\d{5,7}", "is no shortcode: a paybill or till number has 5 to 7 digits.")
tenant = matching(r"[a-z][a-z0-9_-]{0,39}", "is no tenant: use small letters, digits, - and _, a letter first.")


def http_url(_ctx: click.Context, _param: click.Parameter, value: str | None) -> str | None:
    """Refuse what is no http or https URL with a host, or holds what YAML would read otherwise."""
    if value is not None and (not _has_host(value) or _NOT_IN_URLS.search(value)):
        raise click.BadParameter(f"{value!r} is no URL: it has to look like https://erp.example.com/payments.")
    return value


def headers(_ctx: click.Context, _param: click.Parameter, value: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
    """Return headers as name and value. What stands in a wrong one is not shown: it may be a signature."""
    found = [_HEADER.fullmatch(each) for each in value]
    if None in found:
        raise click.BadParameter(
            f"number {found.index(None) + 1} is no header: it has to look like 'X-Signature: abc'."
        )
    return tuple((each[1], each[2]) for each in found if each is not None)


def amount(_ctx: click.Context, _param: click.Parameter, value: str | None) -> Decimal | None:
    """Return an amount of money; refuse one that is not above zero or has more than two decimals."""
    if value is None:
        return None
    if not re.fullmatch(r"\d{1,12}(\.\d{1,2})?", value, re.ASCII) or Decimal(value) == 0:
        raise click.BadParameter(f"{value!r} is no amount: it has to look like 250 or 250.50.")
    return Decimal(value)


def _has_host(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


def nairobi(moment: datetime | None) -> datetime | None:
    """Return a moment as one of Nairobi's clock."""
    return None if moment is None else moment.replace(tzinfo=NAIROBI)
