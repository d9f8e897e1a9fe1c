"""Templates: text with `{{ expressions }}` over an event, compiled once; every fault has a sentence.

Who writes a configuration is trusted, what a payer typed is not: data is never compiled, and a template has no
statements, no loops and no calls. What is left of Jinja2 is look-ups, arithmetic, comparisons and our own filters.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from decimal import Decimal
from difflib import get_close_matches
from typing import Any, TypeVar

from jinja2 import StrictUndefined, Undefined, nodes
from jinja2.exceptions import TemplateError, TemplateSyntaxError, UndefinedError
from jinja2.meta import find_undeclared_variables
from jinja2.sandbox import ImmutableSandboxedEnvironment

from gateway.expressions.filters import FILTERS, BadValue, shown
from gateway.expressions.globs import any_of

LONGEST = 256 * 1024
"""Characters that a template may give at most."""

_RESULT = "result"

T = TypeVar("T")


class FaultyTemplate(ValueError):
    """A template cannot be read; the text says why, as a whole sentence without its full stop."""


class CannotRender(ValueError):
    """A template cannot be worked out for an event; the text says why, without any of the event's values."""


class _Environment(ImmutableSandboxedEnvironment):
    """Look-ups reach keys and places only, null has null in it, and arithmetic is for numbers."""

    intercepted_binops = frozenset({"*", "%", "/"})

    def getattr(self, obj: Any, attribute: str) -> Any:
        return self.getitem(obj, attribute)

    def getitem(self, obj: Any, argument: Any) -> Any:
        if obj is None:
            return None
        if isinstance(obj, Mapping) or (isinstance(obj, list | tuple | str) and isinstance(argument, int)):
            try:
                return obj[argument]
            except (LookupError, TypeError):
                pass
        return self.undefined(obj=obj, name=argument)

    def call_binop(self, context: Any, operator: str, left: Any, right: Any) -> Any:
        if any(isinstance(side, str | list | tuple) for side in (left, right)):
            raise BadValue(f"{operator} takes numbers only (write `{{{{ amount | number }}}}` for a text of digits)")
        if operator == "/" and isinstance(left, int):
            # Between whole numbers Python's own would make a float.
            left = Decimal(left)
        return super().call_binop(context, operator, left, right)


class Template:
    """A compiled template. Safe in many threads at once."""

    def __init__(self, text: str, parsed: nodes.Template, names: frozenset[str]) -> None:
        self.text = text
        # What it takes from the event, the first part of each path.
        self.names = names
        self._rendered = _ENVIRONMENT.from_string(parsed)
        only = _only_expression(parsed)
        self._valued = None if only is None else _ENVIRONMENT.from_string(_assignment(only))

    def __repr__(self) -> str:
        return f"<Template {self.text!r}>"

    def render(self, values: Mapping[str, Any]) -> str:
        """Return the text; null gives nothing. Raises CannotRender."""
        return _guarded(lambda: _joined(self._rendered.generate(values)), self.text)

    def value(self, values: Mapping[str, Any]) -> Any:
        """Return the value of a template that is one `{{ expression }}`: null, numbers and lists stay what they are.

        Any other template gives its text. Raises CannotRender.
        """
        template = self._valued
        if template is None:
            return self.render(values)
        return _guarded(lambda: _defined(getattr(template.make_module(dict(values)), _RESULT)), self.text)


def compile_template(text: str, names: Iterable[str] | None = None) -> Template:
    """Return a compiled template. Raises FaultyTemplate for what cannot be read, is not allowed, or, where `names`
    are given, takes a name that is not among them."""
    try:
        parsed = _ENVIRONMENT.parse(text)
    except TemplateSyntaxError as error:
        raise FaultyTemplate(f"{text!r} is no template: {(error.message or 'it cannot be read').rstrip('.')}") from None
    except RecursionError:
        raise FaultyTemplate("the template is nested too deeply") from None
    _refuse_what_acts(text, parsed)
    taken = frozenset(find_undeclared_variables(parsed))
    if names is not None:
        _refuse_unknown_names(text, taken, sorted(names))
    try:
        return Template(text, _with_exact_numbers(parsed), taken)
    except TemplateError as error:
        raise FaultyTemplate(f"{text!r} is no template: {str(error.message or error).rstrip('.')}") from None


def compile_expression(text: str, names: Iterable[str] | None = None) -> Template:
    """Return the template of a bare expression, as `unless: "move"` has it; `value` works it out."""
    if "{{" in text or "}}" in text:
        raise FaultyTemplate(f"{text!r} is an expression: leave out the braces")
    return compile_template("{{ " + text + " }}", names)


def _refuse_what_acts(text: str, parsed: nodes.Template) -> None:
    for part in parsed.body:
        if not isinstance(part, nodes.Output):
            raise FaultyTemplate(f"{text!r} holds a statement ({{% ... %}}); templates have {{{{ expressions }}}} only")
    for kind, words in _REFUSED:
        if parsed.find(kind) is not None:
            raise FaultyTemplate(f"{text!r} holds {words}")
    for name in parsed.find_all(nodes.Name):
        if name.name.startswith("_") or name.name in _OWN_NAMES:
            raise FaultyTemplate(f"{text!r} takes the name {name.name!r}, which no event has")
    _refuse_unknown(text, "filter", parsed.find_all(nodes.Filter), FILTERS)
    _refuse_unknown(text, "test", parsed.find_all(nodes.Test), _TESTS)


def _refuse_unknown(text: str, what: str, used: Iterable[Any], known: Iterable[str]) -> None:
    names = sorted(known)
    for node in used:
        if node.name not in names:
            raise FaultyTemplate(
                f"{text!r} uses the {what} {node.name!r}, which there is not; {_remedy(node.name, names)}"
            )


def _refuse_unknown_names(text: str, taken: frozenset[str], names: list[str]) -> None:
    for name in sorted(taken - set(names)):
        raise FaultyTemplate(f"{text!r} takes the name {name!r}, which there is not; {_remedy(name, names)}")


def _remedy(name: str, names: list[str]) -> str:
    near = get_close_matches(name, names, n=1)
    return f"did you mean {near[0]!r}?" if near else f"there are {', '.join(names)}"


def _with_exact_numbers(parsed: nodes.Template) -> nodes.Template:
    """Write literals with decimals as `number`s: 0.16 of an amount is not a float."""
    _exchange(parsed)
    return parsed


def _exchange(node: nodes.Node) -> None:
    for name, value in node.iter_fields():
        if isinstance(value, list):
            setattr(node, name, [_exact(part) for part in value])
        else:
            setattr(node, name, _exact(value))


def _exact(value: Any) -> Any:
    if isinstance(value, nodes.Const) and isinstance(value.value, float):
        text = nodes.Const(repr(value.value), lineno=value.lineno)
        return nodes.Filter(text, "number", [], [], None, None, lineno=value.lineno)
    if isinstance(value, nodes.Node):
        _exchange(value)
    return value


def _only_expression(parsed: nodes.Template) -> nodes.Expr | None:
    """Return the expression of a template that is nothing else, blanks around it apart."""
    parts = [part for output in parsed.body for part in output.nodes if not _is_blank(part)]  # type: ignore[attr-defined]
    return parts[0] if len(parts) == 1 and not isinstance(parts[0], nodes.TemplateData) else None


def _is_blank(part: nodes.Node) -> bool:
    return isinstance(part, nodes.TemplateData) and not part.data.strip()


def _assignment(expression: nodes.Expr) -> nodes.Template:
    target = nodes.Name(_RESULT, "store", lineno=1)
    template = nodes.Template([nodes.Assign(target, expression, lineno=1)], lineno=1)
    template.set_environment(_ENVIRONMENT)
    return template


def _joined(pieces: Iterator[str]) -> str:
    text, size = [], 0
    for piece in pieces:
        size += len(piece)
        if size > LONGEST:
            raise BadValue(f"it gives more than {LONGEST} characters")
        text.append(piece)
    return "".join(text)


def _defined(value: Any) -> Any:
    """Return the value where all of it is there: what is undefined raises when it is used, and not before."""
    if isinstance(value, Undefined):
        str(value)
    for part in value.values() if isinstance(value, dict) else value if isinstance(value, list | tuple) else ():
        _defined(part)
    return value


def _guarded(do: Callable[[], T], text: str) -> T:
    try:
        return do()
    except UndefinedError as error:
        # Its text names what was looked for, which stands in the template; never a value.
        raise CannotRender(f"{text!r} cannot be worked out: {_without_value(error)}") from None
    except BadValue as error:
        raise CannotRender(f"{text!r} cannot be worked out: {error}") from None
    except (TemplateError, TypeError, ValueError, ArithmeticError, LookupError, RecursionError, MemoryError) as error:
        raise CannotRender(f"{text!r} cannot be worked out ({type(error).__name__})") from None


def _without_value(error: UndefinedError) -> str:
    words = str(error.message or "")
    return words if words.endswith("is undefined") else "it looks for what the value has not"


def _starting_with(value: Any, beginning: str) -> bool:
    return isinstance(value, str) and value.startswith(beginning)


def _ending_with(value: Any, end: str) -> bool:
    return isinstance(value, str) and value.endswith(end)


def _matching(value: Any, pattern: str) -> bool:
    return isinstance(value, str) and any_of([pattern])(value)


_REFUSED: tuple[tuple[type[nodes.Node], str], ...] = (
    (nodes.Call, "a call; use a filter, as in {{ receipt | lower }}"),
    (nodes.Pow, "**; templates have + - * / // %"),
)
# Jinja gives these a meaning of their own.
_OWN_NAMES = frozenset({"self", "super", "loop", "caller", "varargs", "kwargs"})

_TESTS: Mapping[str, Callable[..., bool]] = {
    "defined": lambda value: not isinstance(value, Undefined),
    "undefined": lambda value: isinstance(value, Undefined),
    "none": lambda value: value is None,
    "startingwith": _starting_with,
    "endingwith": _ending_with,
    "matching": _matching,
}


def _environment() -> _Environment:
    environment = _Environment(undefined=StrictUndefined, autoescape=False, finalize=shown, keep_trailing_newline=True)
    environment.globals.clear()
    environment.filters = dict(FILTERS)
    environment.tests = dict(_TESTS)
    return environment


_ENVIRONMENT = _environment()
