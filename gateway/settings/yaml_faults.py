"""What the YAML parser says, in sentences that name the edit. Never with the text itself: it may be a secret."""

from typing import Any

Sentence = tuple[str, str]
"""What is wrong, and the edit that mends it."""


class NotYamlError(Exception):
    """The text is not YAML from here on: the place (from 1), what is wrong, and the edit that mends it."""

    def __init__(self, line: int, column: int, message: str, remedy: str) -> None:
        super().__init__(message)
        self.line = line
        self.column = column
        self.message = message
        self.remedy = remedy


_TAB: Sentence = ("a tab stands where YAML wants blanks.", "Indent with blanks.")
_START: Sentence = (
    "this character cannot begin a value without quotes.",
    "Put the value in quotes.",
)
_OTHER: Sentence = ("this cannot be read as YAML.", "Compare the indentation and quotes with the lines above.")

# A part of the parser's own words (libyaml's or PyYAML's) -> our sentence. The first that fits counts.
_SENTENCES: dict[str, Sentence] = {
    "found a tab": _TAB,
    "'\\t'": _TAB,
    "cannot start any token": _START,
    "unexpected end of stream": ("the quotes that open here are never closed.", "Close them."),
    "mapping values are not allowed": (
        'a ": " stands inside a value, or this line is indented too far.',
        "Put the value in quotes, or indent the line like its neighbours.",
    ),
    "sequence entries are not allowed": ("a list cannot begin here.", 'Put each "- " on a line of its own.'),
    "expected ',' or ']'": ("the list that opens here with [ is not closed as it should be.", "Add the , or ]."),
    "expected ',' or '}'": ("the mapping that opens here with { is not closed as it should be.", "Add the , or }."),
    "'-' indicator": ("a list ends here with something that is no item.", 'Begin the line with "- ", or indent it.'),
    "expected key": ("this is indented differently from the keys above, or a quote ends too early.", ""),
    "expected <block end>": ("this is indented differently from the lines above, or a quote ends too early.", ""),
    "expected node content": ("a value is expected here.", "Write one, or put this in quotes."),
    "expected the node content": ("a value is expected here.", "Write one, or put this in quotes."),
    "expected ':'": ('a key on this line has no ": " after it.', 'Write it as "key: value".'),
    "unknown escape character": (
        "a backslash in double quotes is followed by a character that means nothing there.",
        "Write it twice (\\\\), or use single quotes.",
    ),
    "escape": ("a backslash sequence in double quotes is not complete or not allowed.", "Use single quotes."),
    "duplicate anchor": ("this anchor (&) is already used.", "Give it another name."),
    "tag": ("a ! begins a YAML tag, and tags are not read here.", "Put the value in quotes."),
    "directive": ("a line that begins with % is a YAML directive, and none is read here.", "Remove it."),
}

# Faults that are easier to mend where the piece begins than where the parser gave up.
_FROM_THE_START = ("unexpected end of stream", "expected ',' or")


def fault_of(error: Exception, text: str) -> NotYamlError:
    """Return our sentence for an error of the parser; `text` is what it read."""
    words = str(getattr(error, "problem", "") or "")
    mark: Any = getattr(error, "problem_mark", None)
    if any(part in words for part in _FROM_THE_START):
        mark = getattr(error, "context_mark", None) or mark
    line, column = (mark.line + 1, mark.column + 1) if mark is not None else (0, 0)
    message, remedy = _sentence(words, _character(text, line, column))
    return NotYamlError(line, column, message, remedy)


def _sentence(words: str, character: str) -> Sentence:
    if "cannot start any token" in words and character == "\t":
        return _TAB
    return next((sentence for part, sentence in _SENTENCES.items() if part in words), _OTHER)


def _character(text: str, line: int, column: int) -> str:
    lines = text.split("\n")
    return lines[line - 1][column - 1 : column] if 0 < line <= len(lines) else ""
