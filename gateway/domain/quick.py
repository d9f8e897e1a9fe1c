"""`dataclass` for what is made for every callback: frozen, with slots, and made in a fifth of the time.

The __init__ of a frozen dataclass goes through object.__setattr__ for every field. This one makes each instance as one
of an open class with the same slots, where a field costs a plain assignment, and closes it with a single one. What
comes out is an instance of the frozen class like any other. Measured: docs/performance.md.
"""

import dataclasses
from collections.abc import Callable
from dataclasses import MISSING, fields
from typing import TYPE_CHECKING, Any, TypeVar

Made = TypeVar("Made")

if TYPE_CHECKING:
    from dataclasses import dataclass as dataclass
else:

    def dataclass(*, frozen: bool, slots: bool) -> Callable[[type[Made]], type[Made]]:
        """Return the decorator, as dataclasses.dataclass does; it knows frozen classes with slots only."""
        return lambda cls: _with_quick_init(dataclasses.dataclass(frozen=frozen, slots=slots)(cls))


def _with_quick_init(frozen: type[Made]) -> type[Made]:
    opened = type(f"_Open{frozen.__name__}", (), {"__slots__": frozen.__slots__})  # type: ignore[attr-defined]
    known: dict[str, Any] = {"_open": object.__dict__["__class__"].__set__, "_opened": opened, "_frozen": frozen}
    given, steps = ["self"], ["_open(self, _opened)"]
    for each in fields(frozen):  # type: ignore[arg-type]
        name = each.name
        if not each.init:
            continue
        steps.append(f"self.{name} = {name}")
        if each.default_factory is not MISSING:
            known |= {f"_make_{name}": each.default_factory, "_missing": MISSING}
            steps[-1] = f"self.{name} = _make_{name}() if {name} is _missing else {name}"
            given.append(f"{name}=_missing")
        elif each.default is not MISSING:
            known[f"_default_{name}"] = each.default
            given.append(f"{name}=_default_{name}")
        else:
            given.append(name)
    steps.append("self.__class__ = _frozen")
    if hasattr(frozen, "__post_init__"):
        steps.append("self.__post_init__()")
    # As dataclasses does it: a function with these parameters can only be made from its text.
    exec(f"def __init__({', '.join(given)}):\n  " + "\n  ".join(steps), known)  # noqa: S102 - our own names # nosec B102
    frozen.__init__ = known["__init__"]  # type: ignore[method-assign]
    return frozen
