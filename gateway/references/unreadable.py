"""Why a list of references could not be read."""


class Unreadable(Exception):
    """The source gave no list; the text says why, without secrets and without anything that the source holds."""


MOST_BYTES = 16 * 1024 * 1024
"""The size of a file or an answer that is taken: about a million references."""

MOST_REFERENCES = 1_000_000

TOO_MANY = f"it holds more than {MOST_REFERENCES} references"
TOO_LARGE = f"it is larger than {MOST_BYTES // 1024 // 1024} MiB"


def lines(data: bytes) -> list[str]:
    """Return the references of a text with one on each line. Raises Unreadable where it is not UTF-8."""
    try:
        return data.decode("utf-8-sig").splitlines()
    except UnicodeDecodeError:
        raise Unreadable("it is not UTF-8 text") from None
