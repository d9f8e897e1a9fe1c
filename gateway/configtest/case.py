"""One test of a configuration, ready to be run."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from gateway.domain.problem import Problem


@dataclass(frozen=True, slots=True)
class Post:
    """One callback as it comes."""

    shortcode: str
    kind: str
    body: bytes
    at: datetime
    headers: tuple[tuple[str, str], ...] = (("Content-Type", "application/json"),)
    context: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Case:
    """One test: callbacks in the order they come, and what is expected."""

    name: str
    file: Path
    line: int
    posts: tuple[Post, ...]
    expect: Mapping[str, Any]
    # The second callback is the first once more.
    repeats: bool = False
    lists: Mapping[str, frozenset[str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class File:
    """A file of tests: they count only where there is no problem."""

    path: Path
    cases: tuple[Case, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict)
    problems: tuple[Problem, ...] = ()
