"""References from a text file, one a line."""

import stat
from datetime import timedelta
from pathlib import Path

from gateway.domain.references import FileSource
from gateway.references.unreadable import MOST_BYTES, TOO_LARGE, Unreadable, lines


def read_file(source: FileSource, _timeout: timedelta) -> list[str]:
    """Return the lines of the file. Raises Unreadable."""
    path = Path(source.path)
    try:
        # A pipe or a device would wait for a writer.
        if not stat.S_ISREG(path.stat().st_mode):
            raise Unreadable("it is not a plain file")
        with path.open("rb") as stream:
            data = stream.read(MOST_BYTES + 1)
    except FileNotFoundError:
        raise Unreadable("there is no such file") from None
    except OSError as error:
        raise Unreadable(f"it cannot be read: {error.strerror}") from None
    if len(data) > MOST_BYTES:
        raise Unreadable(TOO_LARGE)
    return lines(data)
