"""`store.url`: an SQLAlchemy URL, of an SQLite file with an absolute path or of a PostgreSQL database."""

from importlib.util import find_spec
from urllib.parse import urlsplit

from gateway.domain.settings import Secret
from gateway.settings.paths import absolute, shown
from gateway.settings.places import Place, Steps
from gateway.settings.report import Report, Section
from gateway.settings.secrets import Secrets

_DEFAULT = "sqlite:///pesagate.db"
_SQLITE = "sqlite:///"
_POSTGRESQL = "postgresql+psycopg://"
_USE_SQLITE = f"Use an SQLite URL such as {_DEFAULT}."
_LIKE = f"{_POSTGRESQL}user@host/name"
_USE_EITHER = f"Use {_DEFAULT}, or {_LIKE}."

# Beginning of a URL's scheme -> how people call that database.
_NOT_TAKEN = {"mysql": "MySQL", "mariadb": "MariaDB", "mssql": "SQL Server", "oracle": "Oracle"}


def store_url(section: Section, secrets: Secrets, main: str) -> Secret:
    """Return the store's URL; what cannot be one goes to the report. `main` is the main configuration file."""
    steps = section.at("url")
    form = section.get("url", _DEFAULT)
    secret = secrets.resolve(form, steps, plain_is_fine=True)
    url = _DEFAULT if secret is None else secret.reveal()
    report = section.report
    if url.startswith(_SQLITE):
        return Secret(_SQLITE + _path(report, url.removeprefix(_SQLITE), steps, _place(section, main)))
    message, remedy = _fault(url)
    if message:
        report.error(steps, message, remedy)
    elif isinstance(form, str) and urlsplit(url).password:
        report.warning(steps, "holds a password in plain text.", "Write {env: NAME} or {file: path} instead.")
    return Secret(url)


def _place(section: Section, main: str) -> Place:
    return section.report.document.place(section.at("url")) if "url" in section else Place(main)


def _fault(url: str) -> tuple[str, str]:
    """Return why a URL is none of a PostgreSQL database, and what to do; both empty where it is one."""
    if not url.startswith(_POSTGRESQL):
        if url.startswith(("postgres://", "postgresql://", "postgresql+")):
            return f"a PostgreSQL URL begins with {_POSTGRESQL} here.", f"Write {_LIKE}."
        taken = next((name for beginning, name in _NOT_TAKEN.items() if url.startswith(beginning)), None)
        return (f"{taken} cannot be the store." if taken else "is no SQLite or PostgreSQL URL."), _USE_EITHER
    if not _names_a_database(url):
        return "names no PostgreSQL database.", f"Write {_LIKE}."
    if find_spec("psycopg") is None:
        return "needs psycopg, which is not installed.", "Install it: pip install 'pesagate[postgres]'."
    return "", ""


def _names_a_database(url: str) -> bool:
    parts = urlsplit(url)
    try:
        _ = parts.port
    except ValueError:
        return False
    return len(parts.path) > 1 and "/" not in parts.path[1:]


def _path(report: Report, path: str, steps: Steps, place: Place) -> str:
    if path in ("", ":memory:") or path.startswith("file:"):
        report.error(steps, "the database must be a file, so that all processes see it.", _USE_SQLITE)
        return path
    found = str(absolute(path, place.file))
    if "?" in found:
        report.error(steps, f"the path {shown(found)} must not hold a question mark.", _USE_SQLITE)
    return found
