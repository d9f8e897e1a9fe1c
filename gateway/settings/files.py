"""Configuration files -> documents. Every way a file can fail to be one is a flaw with a sentence."""

import re
from dataclasses import dataclass
from pathlib import Path

from gateway.settings.document import Document, document_of
from gateway.settings.places import Flaw, Place
from gateway.settings.yaml_faults import NotYamlError
from gateway.settings.yaml_nodes import compose

SIZE_LIMIT = 16 * 1024 * 1024
"""Largest configuration file in bytes."""

# What YAML allows in a file; the tab is looked at by the parser, which knows where it may stand.
_NOT_ALLOWED = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True, slots=True)
class Source:
    """A file as it was read: its bytes, and its document or the reason why there is none."""

    path: Path
    data: bytes
    document: Document | None
    flaws: tuple[Flaw, ...] = ()


class _UnreadableError(Exception):
    def __init__(self, message: str, remedy: str, line: int = 0, column: int = 0) -> None:
        super().__init__(message)
        self.flaw = (line, column, message, remedy)


def read(path: Path) -> Source:
    """Read one configuration file. Never raises for what is in it or for its absence."""
    data = b""
    try:
        data = _bytes(path)
        return Source(path, data, _document(_text(data), str(path)))
    except _UnreadableError as error:
        line, column, message, remedy = error.flaw
        return Source(path, data, None, (Flaw((), Place(str(path), line, column), message, remedy),))


def _bytes(path: Path) -> bytes:
    try:
        with path.open("rb") as stream:
            data = stream.read(SIZE_LIMIT + 1)
    except FileNotFoundError:
        raise _UnreadableError("there is no such file.", "Name it with -c, or make one with `pesagate init`.") from None
    except IsADirectoryError:
        raise _UnreadableError("this is a folder, not a file.", "Name the YAML file inside it.") from None
    except PermissionError:
        raise _UnreadableError("this user may not read the file.", "Change its owner or mode.") from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "the name is not possible"
        raise _UnreadableError(f"the file cannot be read: {reason}.", "Name another file.") from None
    if len(data) > SIZE_LIMIT:
        raise _UnreadableError("the file is larger than 16 MiB.", "Split it with `include`.")
    return data


def _text(data: bytes) -> str:
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        column = len(data[data.rfind(b"\n", 0, error.start) + 1 : error.start].decode("utf-8-sig", "replace")) + 1
        raise _UnreadableError("the file is not UTF-8 from here on.", "Save it as UTF-8.", line, column) from None
    found = _NOT_ALLOWED.search(text)
    if found:
        line = text.count("\n", 0, found.start()) + 1
        column = found.start() - text.rfind("\n", 0, found.start())
        raise _UnreadableError("a control character stands here that YAML does not allow.", "Remove it.", line, column)
    return text


def _document(text: str, file: str) -> Document:
    try:
        node = compose(text)
        if node is not None:
            return document_of(node, file)
    except NotYamlError as fault:
        raise _UnreadableError(fault.message, fault.remedy, fault.line, fault.column) from None
    raise _UnreadableError("the file is empty.", "Write a configuration into it, or make one with `pesagate init`.")
