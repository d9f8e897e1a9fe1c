"""The starter configuration with a newcomer's own values in it. Pure."""

from dataclasses import dataclass
from ipaddress import ip_address
from urllib.parse import urlsplit

from gateway.domain.errors import PesagateError


@dataclass(frozen=True, slots=True)
class Starter:
    """What a newcomer chooses."""

    tenant: str
    shortcode: str
    # "paybill" or "till"
    type: str
    erp_url: str

    @property
    def key_file(self) -> str:
        """Where the shortcode's key is kept, relative to the configuration."""
        return f"secrets/{self.shortcode}_key"


# What config/examples/starter.yaml itself has: it is a valid configuration, not a template with holes.
_SHIPPED = Starter("duka", "600638", "paybill", "http://127.0.0.1:9000/payments")


def fill(template: str, starter: Starter) -> str:
    """Return the shipped starter with the values of `starter` in place of its own."""
    for old, new in zip(_lines(_SHIPPED), _lines(starter), strict=True):
        if template.count(old) != 1:
            raise PesagateError(f"config/examples/starter.yaml has not exactly one {old!r}: install Pesagate again.")
        template = template.replace(old, new)
    return template


def tests_of(template: str, starter: Starter) -> str:
    """Return the shipped starter's tests with the values of `starter` in place of its own, without the first remark."""
    tests = template.partition("\n")[2]
    return tests.replace(_SHIPPED.shortcode, starter.shortcode).replace(_SHIPPED.erp_url, starter.erp_url)


def is_private(url: str) -> bool:
    """Tell whether a URL names this machine or a private network, as far as can be told without DNS."""
    host = urlsplit(url).hostname or ""
    try:
        return not ip_address(host).is_global
    except ValueError:
        return "." not in host or host.endswith((".localhost", ".local", ".lan", ".internal"))


def _lines(starter: Starter) -> tuple[str, ...]:
    return (
        f"\n  {starter.tenant}:\n",
        f"\n    name: {starter.tenant}\n",
        f'\n      "{starter.shortcode}":\n',
        f"\n        type: {starter.type}\n",
        f"{{file: {starter.key_file}}}\n",
        f'\n        url: "{starter.erp_url}"\n',
        f"\n        allow_private: {str(is_private(starter.erp_url)).lower()}\n",
    )
