"""Which redirects are followed: none, or those that stay on the destination's own host."""

from urllib.parse import SplitResult, urljoin, urlsplit

from adapters.http.answer import Answer

MOST = 5

# 303 says that the request was taken and that something else is to be read now: nothing to send there.
_SAME_REQUEST = frozenset({301, 302, 307, 308})

_PORTS = {"http": 80, "https": 443}


def next_address(url: str, answer: Answer) -> str | None:
    """Return where the same request is to be sent again, None where the answer stands.

    Method and body stay as they are: an answer to a GET would say nothing about what was to be posted.
    """
    location = (answer.headers or {}).get("Location")
    if answer.status not in _SAME_REQUEST or not location:
        return None
    try:
        target = urljoin(url, location)
        return target if _same_place(urlsplit(url), urlsplit(target)) else None
    except ValueError:
        return None


def _same_place(here: SplitResult, there: SplitResult) -> bool:
    """Tell whether `there` may have what `here` was sent: the same host and port, or its https instead of its http."""
    if "@" in there.netloc or here.hostname != there.hostname:
        return False
    if _place(here) == _place(there):
        return True
    return _place(here) == ("http", 80) and _place(there) == ("https", 443)


def _place(parts: SplitResult) -> tuple[str, int | None]:
    return parts.scheme, parts.port or _PORTS.get(parts.scheme)
