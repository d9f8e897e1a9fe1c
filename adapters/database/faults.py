"""What the database's errors mean. Tables only: whoever asks 'what happens on a deadlock' reads it here."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from sqlalchemy import exc

from gateway.domain.delivery import AttemptResult

_RETRY = AttemptResult.RETRY
_REJECTED = AttemptResult.REJECTED


@dataclass(frozen=True, slots=True)
class Meaning:
    """What follows from an error, and how it is told."""

    result: AttemptResult
    sentence: str


MEANINGS: Mapping[str, Meaning] = {
    "no_connection": Meaning(_RETRY, "No connection to the database could be made; nothing was written."),
    "connection_cut": Meaning(_RETRY, "The connection was cut. If the row was written all the same, it is found."),
    "timeout": Meaning(_RETRY, "The database did not answer in time."),
    "locked": Meaning(_RETRY, "Somebody else holds a lock on the table or the row."),
    "deadlock": Meaning(_RETRY, "The database ended the transaction because it got in another one's way."),
    "busy": Meaning(_RETRY, "The database has no connection or memory left for this."),
    "full": Meaning(_RETRY, "The database has no room left."),
    "read_only": Meaning(_RETRY, "The database takes no writes now."),
    "restarting": Meaning(_RETRY, "The database is starting or stopping."),
    "no_file": Meaning(_RETRY, "There is no such SQLite file."),
    "database_error": Meaning(_RETRY, "The database failed."),
    "bad_value": Meaning(_REJECTED, "A value does not go into its column."),
    "constraint": Meaning(_REJECTED, "The row breaks a rule of the table other than `unique`."),
    "no_table": Meaning(_REJECTED, "The table is not there."),
    "no_column": Meaning(_REJECTED, "A column is not there."),
    "no_permission": Meaning(_REJECTED, "The account may not write there: grant it INSERT and SELECT."),
    "bad_credentials": Meaning(_REJECTED, "The database does not take this user and password."),
    "no_database": Meaning(_REJECTED, "There is no such database on that server."),
    "refused": Meaning(_REJECTED, "The database refused the row."),
}
"""Word (the attempt's reason) -> result and sentence."""

SET_ASIDE = frozenset({"locked", "timeout"})
"""Words of what may be one row's alone, although it is no fault of the row: the others go on without it."""

TABLE_CHANGED = frozenset({"no_table", "no_column", "bad_value", "refused", "constraint", "unsuitable", "bad_row"})
"""Words of what could come from remembering the table as it was: it is looked at once more before they count."""

# PostgreSQL's SQLSTATE, whole or its class.
_SQLSTATES: Mapping[str, str] = {
    "08": "connection_cut",
    "22": "bad_value",
    "23": "constraint",
    "25006": "read_only",
    "25P03": "connection_cut",
    "28": "bad_credentials",
    "3D": "no_database",
    "40": "deadlock",
    "42501": "no_permission",
    "42P01": "no_table",
    "3F": "no_table",
    "42703": "no_column",
    "42804": "bad_value",
    "42": "refused",
    "53100": "full",
    "53": "busy",
    "55P03": "locked",
    "55": "refused",
    "57014": "timeout",
    "57": "restarting",
    "58": "database_error",
    "XX": "database_error",
    "0A": "refused",
    "P0": "refused",
    # ODBC drivers have theirs for two of these.
    "HYT00": "timeout",
    "HYT01": "no_connection",
}

# MySQL's and MariaDB's error numbers.
_MYSQL: Mapping[int, str] = dict(
    [
        *((number, "connection_cut") for number in (1158, 1159, 1160, 1161, 1927, 2006, 2013, 2014, 2055, 4031)),
        *((number, "no_connection") for number in (1042, 1043, 2002, 2003, 2005)),
        *((number, "busy") for number in (1037, 1038, 1040, 1041, 1203, 1226)),
        *((number, "restarting") for number in (1053, 1077, 1078, 1079)),
        *((number, "full") for number in (1021, 1114)),
        *((number, "read_only") for number in (1036, 1290, 1792, 1836)),
        *((number, "timeout") for number in (1317, 1969, 3024)),
        *((number, "locked") for number in (1099, 1100, 1205, 1223)),
        (1213, "deadlock"),
        *((number, "bad_value") for number in (1264, 1265, 1292, 1366, 1367, 1406, 1411, 1690, 3140)),
        *((number, "constraint") for number in (1022, 1048, 1062, 1216, 1217, 1364, 1451, 1452, 1557, 3819, 4025)),
        (1146, "no_table"),
        (1054, "no_column"),
        *((number, "no_permission") for number in (1142, 1143, 1227, 1370)),
        *((number, "bad_credentials") for number in (1045, 1698, 1862)),
        *((number, "no_database") for number in (1044, 1049)),
        (1644, "refused"),
    ]
)

# SQLite's primary result codes.
_SQLITE: Mapping[int, str] = {
    1: "refused",
    3: "no_permission",
    5: "locked",
    6: "locked",
    7: "busy",
    8: "read_only",
    9: "timeout",
    10: "database_error",
    11: "database_error",
    13: "full",
    14: "no_connection",
    15: "locked",
    17: "refused",
    18: "bad_value",
    19: "constraint",
    20: "bad_value",
    23: "no_permission",
    25: "bad_value",
    26: "database_error",
}

# What is said where a connection is refused: libpq gives no code then. English alone; all else is tried again.
_AT_THE_DOOR: tuple[tuple[str, str], ...] = (
    ("password authentication failed", "bad_credentials"),
    ("no pg_hba.conf entry", "bad_credentials"),
    ("no password supplied", "bad_credentials"),
    ('role "', "bad_credentials"),
    ('database "', "no_database"),
    ("is starting up", "restarting"),
    ("is shutting down", "restarting"),
    ("not accepting connections", "restarting"),
    ("too many clients", "busy"),
    ("too many connections", "busy"),
    ("remaining connection slots", "busy"),
)

# SQLite has one code for all that is wrong with a statement.
_OF_A_STATEMENT: tuple[tuple[str, str], ...] = (
    ("no such table", "no_table"),
    ("no such column", "no_column"),
    ("has no column named", "no_column"),
)

# Codes that say no more, where there is no connection yet, than that none came about.
_NO_MORE = frozenset({None, "timeout", "database_error", "connection_cut"})

# Of what has no known code, the kind of error decides. The first row that fits.
_BY_KIND: tuple[tuple[type[BaseException], str], ...] = (
    (exc.TimeoutError, "busy"),
    (exc.NoSuchTableError, "no_table"),
    (exc.IntegrityError, "constraint"),
    (exc.DataError, "bad_value"),
    (exc.ProgrammingError, "refused"),
    (exc.NotSupportedError, "refused"),
    (exc.OperationalError, "database_error"),
    (exc.InterfaceError, "connection_cut"),
    (exc.DBAPIError, "database_error"),
    # A value that the driver cannot send.
    (exc.StatementError, "bad_value"),
    (OverflowError, "bad_value"),
    (UnicodeError, "bad_value"),
    (BaseException, "database_error"),
)


def word_of(error: BaseException, connected: bool = True) -> str:
    """Return the word for an error: by its code, else by what it says, else by its kind.

    `connected` is false for an error that came up where a connection was asked for.
    """
    cause = error.orig if isinstance(error, exc.DBAPIError) and error.orig is not None else error
    word = next((found for found in (look(cause) for look in _LOOKS) if found), None)
    if not connected and isinstance(error, exc.DBAPIError):
        spoken = _spoken(cause, _AT_THE_DOOR)
        return spoken or ("no_connection" if word is None or word in _NO_MORE else word)
    if word == "refused" and _result_code(cause) is not None:
        return _spoken(cause, _OF_A_STATEMENT) or word
    if word is None and isinstance(error, exc.DBAPIError) and error.connection_invalidated:
        return "connection_cut"
    return word or next(word for kind, word in _BY_KIND if isinstance(error, kind))


def _sqlstate(error: BaseException) -> str | None:
    state = getattr(error, "sqlstate", None) or getattr(error, "pgcode", None) or _first_text(error)
    return None if not isinstance(state, str) else _SQLSTATES.get(state) or _SQLSTATES.get(state[:2])


def _first_text(error: BaseException) -> str | None:
    first = error.args[0] if error.args else None
    return first if isinstance(first, str) and len(first) == 5 and first.isalnum() else None


def _number(error: BaseException) -> str | None:
    first = error.args[0] if error.args else None
    return _MYSQL.get(first) if isinstance(first, int) else None


def _result_code(error: BaseException) -> str | None:
    code = getattr(error, "sqlite_errorcode", None)
    return None if code is None else _SQLITE.get(code & 0xFF)


def _spoken(error: BaseException, phrases: tuple[tuple[str, str], ...]) -> str | None:
    said = str(error).lower()
    return next((word for phrase, word in phrases if phrase in said), None)


# MySQL's drivers may give an SQLSTATE too, which says less than their number.
_LOOKS: tuple[Callable[[BaseException], str | None], ...] = (_result_code, _number, _sqlstate)
