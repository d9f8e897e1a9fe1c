"""`store.url`: an SQLAlchemy URL with an absolute path."""

from gateway.domain.settings import Secret
from gateway.settings.paths import absolute, shown
from gateway.settings.places import Place, Steps
from gateway.settings.report import Report, Section
from gateway.settings.secrets import Secrets

_DEFAULT = "sqlite:///pesagate.db"
_SQLITE = "sqlite:///"
_USE_SQLITE = f"Use an SQLite URL such as {_DEFAULT}."

# Beginning of a URL's scheme -> how people call that database.
_NOT_YET = {"postgres": "PostgreSQL", "mysql": "MySQL", "mariadb": "MariaDB", "mssql": "SQL Server", "oracle": "Oracle"}


def store_url(section: Section, secrets: Secrets, main: str) -> Secret:
    """Return the store's URL; what cannot be one goes to the report. `main` is the main configuration file."""
    steps = section.at("url")
    form = section.get("url", _DEFAULT)
    secret = secrets.resolve(form, steps, plain_is_fine=True)
    url = _DEFAULT if secret is None else secret.reveal()
    report = section.report
    if not url.startswith(_SQLITE):
        report.error(steps, _refusal(url), _USE_SQLITE)
        return Secret(url)
    return Secret(_SQLITE + _path(report, url.removeprefix(_SQLITE), steps, _place(section, main)))


def _place(section: Section, main: str) -> Place:
    return section.report.document.place(section.at("url")) if "url" in section else Place(main)


def _refusal(url: str) -> str:
    for beginning, name in _NOT_YET.items():
        if url.startswith(beginning):
            return f"{name} is not supported yet by this version."
    return "is no SQLite URL."


def _path(report: Report, path: str, steps: Steps, place: Place) -> str:
    if path in ("", ":memory:") or path.startswith("file:"):
        report.error(steps, "the database must be a file, so that all processes see it.", _USE_SQLITE)
        return path
    found = str(absolute(path, place.file))
    if "?" in found:
        report.error(steps, f"the path {shown(found)} must not hold a question mark.", _USE_SQLITE)
    return found
