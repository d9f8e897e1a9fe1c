"""Expressions out of settings: each is compiled, and each that cannot be becomes a mistake with its place."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any

from adapters.http.leaf import Leaf
from adapters.http.reading import NAMES as ANSWER_NAMES
from gateway.domain.adapter import Mistake
from gateway.domain.event import Ids, Party, ResultCode
from gateway.expressions.picks import FaultyPick, Pick, compile_pick
from gateway.expressions.pieces import Pieces, attributes, compile_pieces
from gateway.expressions.templates import FaultyTemplate, Template, compile_expression, compile_template

Path = tuple[str | int, ...]

NOTHING = Pieces(())
_NULL = compile_template("{{ none }}")

# What stands inside an event's fields. `context` holds whatever the hook's address had.
_INSIDE = {
    "payer": frozenset(Party().as_dict()),
    "payee": frozenset(Party().as_dict()),
    "result": frozenset(ResultCode().as_dict()),
    "ids": frozenset(Ids().as_dict()),
}

LITERALS = "Numbers stand in backticks (`200`), text in single quotes ('posted')."


@dataclass
class Reader:
    """Compiles what stands at a path of the destination's settings. `names` grow from step to step."""

    names: set[str]
    # What templates may take beside the event and saved values, and what stands inside each: `secrets`, `with`.
    groups: Mapping[str, Collection[str]] = field(default_factory=dict)
    mistakes: list[Mistake] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.names.update(self.groups)

    def mistake(self, sentence: str, path: Path, severity: str = "error") -> None:
        """Add a mistake."""
        self.mistakes.append(Mistake(sentence, path, severity))

    def pieces(self, text: str, path: Path) -> Pieces:
        """Return a template in pieces, an empty one in place of one that is faulty."""
        try:
            pieces = compile_pieces(text, self.names)
            self._look_inside(text, path)
            return pieces
        except FaultyTemplate as error:
            self.mistake(_sentence(error), path)
            return NOTHING

    def leaf(self, text: str, path: Path) -> Leaf:
        """Return a template that may give a value of any kind."""
        pieces = self.pieces(text, path)
        return Leaf(_NULL if pieces is NOTHING else compile_template(text), pieces)

    def expression(self, text: str, path: Path) -> Template:
        """Return a bare expression, as of `unless`."""
        try:
            template = compile_expression(text, self.names)
            self._look_inside(template.text, path)
            return template
        except FaultyTemplate as error:
            self.mistake(_sentence(error), path)
            return _NULL

    def _look_inside(self, text: str, path: Path) -> None:
        for name, part in attributes(text):
            inside: Iterable[str] = self.groups.get(name) or _INSIDE.get(name) or ()
            known = sorted(inside)
            if known and part not in known:
                near = get_close_matches(part, known, n=1)
                remedy = f"did you mean {near[0]!r}?" if near else f"there are {', '.join(known)}"
                self.mistake(f"{text!r} takes {name}.{part}, which there is not; {remedy}.", path)

    def pick(self, text: str, path: Path) -> Pick:
        """Return an expression over an answer."""
        try:
            return compile_pick(text, ANSWER_NAMES)
        except FaultyPick as error:
            self.mistake(f"{error}. {LITERALS}", path)
            return compile_pick("`null`")

    def tree(self, given: Any, path: Path) -> Any:
        """Return a JSON tree with its texts compiled."""
        if isinstance(given, str):
            return self.leaf(given, path)
        if isinstance(given, Mapping):
            return {key: self.tree(inner, (*path, key)) for key, inner in given.items()}
        if isinstance(given, list):
            return [self.tree(inner, (*path, index)) for index, inner in enumerate(given)]
        return given

    def fields(self, given: Mapping[str, Any], path: Path) -> tuple[tuple[str, Leaf], ...]:
        """Return named values, each a template; numbers and the like are taken as they are written."""
        return tuple((name, self.leaf(_text(value), (*path, name))) for name, value in given.items())

    def lines(self, given: Mapping[str, Any], path: Path) -> tuple[tuple[str, Pieces], ...]:
        """Return headers, each a template."""
        return tuple((name, self.pieces(_text(value), (*path, name))) for name, value in given.items())


def _sentence(error: Exception) -> str:
    return str(error) if str(error).endswith("?") else f"{error}."


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)
