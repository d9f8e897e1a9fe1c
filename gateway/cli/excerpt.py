"""The line of a configuration file that a problem points at, with a caret below; secrets in it are starred."""

import re
from difflib import get_close_matches
from pathlib import Path

from gateway.domain.problem import Problem

# Members whose values are secrets when they are written out. Misspelt ones count too.
_SECRET_NAMES = ("key", "bearer", "password", "token", "secret", "sign", "value")
_MARGIN = "    "

# name: value, the value up to the end of the text or of its flow mapping; a flow collection as a whole.
_MEMBER = re.compile(r"""(?P<name>[\w-]+)["']?\s*:\s+(?P<value>\[[^\]]*\]?|"[^"]*"?|'[^']*'?|[^\s{][^,}]*)""")
# Whatever its name: long enough to be a key.
_LONG_TEXT = re.compile(r"[A-Za-z0-9_+/=-]{22,}")
# A mapping, or a member of one: what is secret in it is found by its name.
_MAPPING = re.compile(r"""\{|["']?[\w-]+["']?\s*:(\s|$)""")
# A shortcode's hmac: its members are named after kinds, and their values are secrets.
_HMAC = re.compile(r"""(?<![\w-])hmac["']?\s*:\s*\{""")
_NO_SECRETS = ("env", "file", "secret", "header", "field", "over", "algorithm", "encoding")
_OF_KINDS = re.compile(r"shortcodes\..*\.hmac(\.|$)")
_CREDENTIALS = re.compile(r"(?<=://)[^/@\s]+(?=@)")


def excerpt(problem: Problem) -> tuple[str, ...]:
    """Return the problem's line and the caret, or nothing where there is no line or the file cannot be read."""
    line = _line(problem)
    if line is None:
        return ()
    column = max(problem.column, 1) - 1
    shown = _starred_from(line, column) if _is_secret(problem.key) else masked(line)
    return (_MARGIN + shown.replace("\t", " "), _MARGIN + " " * column + "^")


def masked(line: str) -> str:
    """Return a line of YAML in which everything that may be a secret is stars; the length stays as it is."""
    line = _MEMBER.sub(_mask_member, _with_hmac_masked(line))
    line = _CREDENTIALS.sub(_stars, line)
    return _LONG_TEXT.sub(_stars, line)


def _line(problem: Problem) -> str | None:
    if not problem.line:
        return None
    try:
        lines = Path(problem.file).read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        return None
    return lines[problem.line - 1] if problem.line <= len(lines) else None


def _is_secret(key: str) -> bool:
    # The last parts: `key: [a, b]` makes key[0], `key: {stk: a}` makes key.stk.
    return bool(_OF_KINDS.search(key)) or any(_names_secret(part) for part in re.split(r"[.\[\]]+", key)[-3:])


def _names_secret(name: str) -> bool:
    return bool(get_close_matches(name.lower(), _SECRET_NAMES, n=1, cutoff=0.7))


def _with_hmac_masked(line: str) -> str:
    found = _HMAC.search(line)
    if found is None:
        return line
    end = _end_of_mapping(line, found.end())
    return line[: found.end()] + _MEMBER.sub(_mask_kind, line[found.end() : end]) + _with_hmac_masked(line[end:])


def _end_of_mapping(line: str, start: int) -> int:
    """Return where the flow mapping ends that has begun before `start`: the end of the line where it goes on below."""
    depth = 1
    for place in range(start, len(line)):
        depth += {"{": 1, "}": -1}.get(line[place], 0)
        if depth == 0:
            return place
    return len(line)


def _mask_kind(match: re.Match[str]) -> str:
    if match["name"] in _NO_SECRETS:
        return match[0]
    return match[0][: match.start("value") - match.start()] + "*" * len(match["value"])


def _mask_member(match: re.Match[str]) -> str:
    if not _names_secret(match["name"]):
        return match[0]
    return match[0][: match.start("value") - match.start()] + "*" * len(match["value"])


def _starred_from(line: str, column: int) -> str:
    if _MAPPING.match(line, column):
        return masked(line)
    return masked(line[:column]) + "*" * len(line[column:])


def _stars(match: re.Match[str]) -> str:
    return "*" * len(match[0])
