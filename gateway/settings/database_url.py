"""Database URLs: the path of an SQLite file is relative to the file that the URL stands in."""

import re

from gateway.domain.settings import Secret
from gateway.settings.paths import absolute
from gateway.settings.places import Steps
from gateway.settings.report import Report

_SQLITE = re.compile(r"(sqlite(?:\+\w+)?:///)(.*)", re.DOTALL)


def absolute_url(report: Report, url: Secret, steps: Steps) -> Secret:
    """Return an SQLAlchemy URL, with an absolute path where it is one of an SQLite file."""
    found = _SQLITE.fullmatch(url.reveal())
    if found is None:
        return url
    scheme, path = found.groups()
    return Secret(f"{scheme}{absolute(path, report.document.place(steps).file)}")
