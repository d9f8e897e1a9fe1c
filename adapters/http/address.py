"""Where a request goes: the destination's `url`, a step's path, the query. What is put in is escaped for its place."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlsplit

from adapters.http.leaf import Leaf
from gateway.expressions.pieces import Piece, Pieces
from gateway.expressions.templates import CannotRender

MASK = "***"

# Names as they are used in queries, such as $filter.
_SAFE_IN_NAME = "$[]-_."

Query = Sequence[tuple[str, Leaf]]


@dataclass(frozen=True, slots=True)
class Address:
    """One step's address. `path` is None for the destination's own `url`; it may be a whole URL of its own."""

    base: str
    path: Pieces | None
    query: Query
    # The path of `base` is a secret.
    hides_path: bool = False

    @property
    def names(self) -> frozenset[str]:
        """What it takes from event and saved values."""
        taken = [leaf.names for _, leaf in self.query]
        return frozenset().union(*taken, self.path.names if self.path else ())

    @property
    def host(self) -> str:
        """The host's name, for sentences."""
        return urlsplit(self._start).hostname or ""

    @property
    def is_at_home(self) -> bool:
        """Tell whether it has scheme, host and port of the destination's `url`: only there goes the credential."""
        return origin(self._start) == origin(self.base)

    def render(self, values: Mapping[str, Any]) -> str:
        """Return the URL. Raises CannotRender for an empty or dotted part of the path, or an expression that fails."""
        address = self.base
        if self.path is not None:
            address = joined(self.base, self.path.render(values, _path_part))
            _refuse_dots(address)
        return with_query(address, list(self._pairs(values)))

    def shown(self, values: Mapping[str, Any], unknown: Collection[str]) -> str:
        """Return the URL for people: a query of the `url` itself masked, unknown expressions as they are written."""
        start = self.shown_base
        if self.path is not None:
            start = joined(start, self.path.shown(values, unknown, _path_part))
        pairs = [f"{quote(name, safe=_SAFE_IN_NAME)}={shown}" for name, shown in self._shown_pairs(values, unknown)]
        return start + "".join(f"{'&' if '?' in start or index else '?'}{pair}" for index, pair in enumerate(pairs))

    @property
    def shown_base(self) -> str:
        """The destination's `url` for people: without its query, and without its path where that is a secret."""
        return masked_query(self.base, hides_path=self.hides_path)

    @property
    def _start(self) -> str:
        first = self.path.parts[0].source if self.path and self.path.parts else ""
        return first if is_whole(first) else self.base

    def _pairs(self, values: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
        for name, leaf in self.query:
            yield from ((name, text) for text in leaf.texts(values))

    def _shown_pairs(self, values: Mapping[str, Any], unknown: Collection[str]) -> Iterator[tuple[str, str]]:
        for name, leaf in self.query:
            if leaf.names & set(unknown):
                yield name, leaf.pieces.shown(values, unknown)
            else:
                yield from ((name, _escaped(text)) for text in leaf.texts(values))


def is_whole(path: str) -> bool:
    """Tell whether a path is a URL of its own."""
    return path.lower().startswith(("http://", "https://"))


def origin(url: str) -> tuple[str, str]:
    """Return what two URLs of one server have in common."""
    parts = urlsplit(url)
    return parts.scheme.lower(), parts.netloc.lower()


def masked_query(url: str, *, hides_path: bool = False) -> str:
    """Return a configured URL without its query, which may hold a key, without a user, and on request without path."""
    parts = urlsplit(url)
    address = parts.netloc.rpartition("@")[2]
    path = f"/{MASK}" if hides_path and parts.path.strip("/") else parts.path
    return f"{parts.scheme}://{address}{path}" + (f"?{MASK}" if parts.query else "")


def joined(base: str, path: str) -> str:
    """Return the path behind that of the base, both queries joined. No path at all is the base itself."""
    if is_whole(path):
        return path
    parts = urlsplit(base)
    front = f"{parts.scheme}://{parts.netloc}{parts.path}"
    path, _, query = path.partition("?")
    joined_query = "&".join(filter(None, [parts.query, query]))
    whole = f"{front.removesuffix('/')}/{path.removeprefix('/')}" if path else front
    return whole + (f"?{joined_query}" if joined_query else "")


def with_query(url: str, pairs: Sequence[tuple[str, str]]) -> str:
    """Return the URL with further parameters."""
    if not pairs:
        return url
    added = "&".join(f"{quote(name, safe=_SAFE_IN_NAME)}={_escaped(text)}" for name, text in pairs)
    return f"{url}{'&' if '?' in url else '?'}{added}"


def _escaped(text: str) -> str:
    # Half a surrogate pair has no bytes.
    return quote(text, safe="*", errors="replace")


def _path_part(text: str, piece: Piece) -> str:
    if not text:
        raise CannotRender(f"{piece.source!r} gives nothing, and it is part of the address")
    return _escaped(text)


def _refuse_dots(url: str) -> None:
    # A reference such as ".." would climb to another address of the same server.
    if any(part in (".", "..") for part in urlsplit(url).path.split("/")):
        raise CannotRender("a part of the address is . or .., which would lead to another one")
