"""What an error of a database server says: whether it may pass, and what is to be done, by the code it gives.

PostgreSQL: SQLSTATE, by its whole or its class, https://www.postgresql.org/docs/current/errcodes-appendix.html
MySQL: https://dev.mysql.com/doc/mysql-errors/8.4/en/server-error-reference.html and client-error-reference.html
MariaDB: https://mariadb.com/kb/en/mariadb-error-code-reference/

A code, unlike a message, quotes no value and knows no language. A code that no table holds proves nothing against who
delivers: it is told as a failure of the server.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from refusals.errors import InputRefused, Refusal, SourceUnavailable

RUN_AGAIN = "it passes by itself, or ask who runs the database; then run again"
ASK = "ask who runs the database, then run again"


@dataclass(frozen=True, slots=True)
class ServerError:
    """What happened, and the mend. Final: the same call would be answered the same until somebody mends it."""

    what: str
    mend: str
    is_final: bool = False


_LOST = ServerError("the connection was lost", RUN_AGAIN)
_SHUT_DOWN = ServerError("the server is shutting down or starting", RUN_AGAIN)
_FULL = ServerError("the server takes no further connection", RUN_AGAIN)
_SHORT = ServerError("the server is short of memory or disk", ASK)
_LOCKED = ServerError(
    "a lock of somebody else's was waited for too long", "run again, or raise 'app.lock_timeout_seconds'"
)
_ENDED = ServerError(
    "the query was cancelled, or took longer than the server or 'app.statement_timeout_seconds' allows",
    "run again, or raise the setting",
)
_UNDONE = ServerError("the server broke the reading off for another transaction", RUN_AGAIN)
_BROKEN = ServerError("the server cannot read its own data", ASK)
_KEPT_OUT = ServerError(
    "the server does not let the reader in", "check the user in 'app.database' and the password in {password}", True
)
_NO_DATABASE = ServerError("there is no such database", "check the name in 'app.database'", True)
_FORBIDDEN = ServerError("may not be read", "grant the reader SELECT on it", True)
_MISSING = ServerError("is missing, or its view names what is missing", "make it, or mend the view", True)
_VALUE = ServerError("a value in it cannot be given as text", "mend the value, or the view that computes it", True)
_NO_TLS = ServerError(
    "the server wants TLS as this URL does not ask for it", "mend the options of 'app.database'", True
)

POSTGRES_STATES: Mapping[str, ServerError] = {
    "08": _LOST,  # connection exception
    "57P01": _SHUT_DOWN,  # admin_shutdown: also `pg_terminate_backend`
    "57P02": _SHUT_DOWN,  # crash_shutdown
    "57P03": _SHUT_DOWN,  # cannot_connect_now
    "57P05": _LOST,  # idle_session_timeout
    "57014": _ENDED,  # query_canceled: by somebody, or by statement_timeout
    "25P03": _ENDED,  # idle_in_transaction_session_timeout
    "25P04": _ENDED,  # transaction_timeout
    "53300": _FULL,  # too_many_connections
    "53": _SHORT,  # insufficient resources
    "55P03": _LOCKED,  # lock_not_available: lock_timeout
    "40": _UNDONE,  # serialization_failure, deadlock_detected; on a replica: conflict with recovery
    "58": _BROKEN,  # system error: I/O
    "XX": _BROKEN,  # internal error, data or index corrupted
    "28": _KEPT_OUT,  # invalid authorization
    "3D000": _NO_DATABASE,
    "42501": _FORBIDDEN,
    "42P01": _MISSING,
    "42703": _MISSING,
    "3F000": _MISSING,
    "22": _VALUE,  # data exception, such as a cast in a view, or bytes that are no UTF-8
}

MYSQL_NUMBERS: Mapping[int, ServerError] = {
    # the client's own
    2002: _LOST, 2003: _LOST, 2006: _LOST, 2013: _LOST, 2014: _LOST, 2027: _LOST, 2055: _LOST,
    # the server's
    1040: _FULL, 1203: _FULL, 1226: _FULL,
    1053: _SHUT_DOWN, 1079: _SHUT_DOWN,
    1205: _LOCKED, 3572: _LOCKED,
    1213: _UNDONE, 1020: _UNDONE, 1412: _UNDONE,
    1317: _ENDED, 1969: _ENDED, 3024: _ENDED, 4031: _ENDED, 4024: _ENDED,
    1184: _LOST, 1152: _LOST, 1158: _LOST, 1159: _LOST, 1160: _LOST, 1161: _LOST, 1927: _LOST, 1129: _LOST, 3169: _LOST,
    1021: _SHORT, 1037: _SHORT, 1038: _SHORT, 1041: _SHORT, 1114: _SHORT, 1135: _SHORT,
    3: _BROKEN, 5: _SHORT, 1023: _BROKEN, 1024: _BROKEN, 1030: _BROKEN, 1034: _BROKEN, 1035: _BROKEN, 1194: _BROKEN,
    1195: _BROKEN, 1712: _BROKEN, 1877: _BROKEN,
    1045: _KEPT_OUT, 1130: _KEPT_OUT, 1251: _KEPT_OUT, 1524: _KEPT_OUT, 1698: _KEPT_OUT, 1820: _KEPT_OUT,
    1862: _KEPT_OUT, 2059: _KEPT_OUT, 3118: _KEPT_OUT, 4151: _KEPT_OUT,
    2026: _NO_TLS, 3159: _NO_TLS,
    1044: _NO_DATABASE, 1049: _NO_DATABASE,
    1142: _FORBIDDEN, 1143: _FORBIDDEN, 1227: _FORBIDDEN, 1370: _FORBIDDEN, 1345: _FORBIDDEN, 1449: _FORBIDDEN,
    1054: _MISSING, 1146: _MISSING, 1356: _MISSING,
    1264: _VALUE, 1292: _VALUE, 1366: _VALUE, 1365: _VALUE, 1690: _VALUE, 3140: _VALUE, 3854: _VALUE,
}  # fmt: skip

_UNKNOWN = ServerError("the server could not give it", ASK)


def postgres_refusal(where: str, sqlstate: str | None) -> Refusal:
    """The refusal for an error with this SQLSTATE; None: the error came without one."""
    state = sqlstate or ""
    error = POSTGRES_STATES.get(state) or POSTGRES_STATES.get(state[:2]) or _UNKNOWN
    return _refusal(where, error, f"SQLSTATE {state}" if state else "no SQLSTATE", "PGPASSWORD")


def mysql_refusal(where: str, number: int | None) -> Refusal:
    """The refusal for an error with this number; None: the error came without one."""
    error = _UNKNOWN if number is None else MYSQL_NUMBERS.get(number, _UNKNOWN)
    return _refusal(where, error, f"error {number}" if number is not None else "no error number", "MYSQL_PWD")


def unreached(where: str, cause: str) -> SourceUnavailable:
    """Nobody answers where the setting says that the server is. `cause`: the operating system's words, or a type."""
    return SourceUnavailable(
        f"{where}: no connection ({cause}): it passes if the server is starting; else check that it runs, and that"
        " 'app.database' names its host and port"
    )


def silent(where: str, setting: str, seconds: float) -> SourceUnavailable:
    """The server did not answer in time."""
    return SourceUnavailable(
        f"{where}: the server did not answer within '{setting}' ({seconds:g}): run again, or ask who runs the database;"
        " where it needs longer, raise the setting"
    )


def _refusal(where: str, error: ServerError, code: str, password: str) -> Refusal:
    kind = InputRefused if error.is_final else SourceUnavailable
    return kind(f"{where}: {error.what} ({code}): {error.mend.replace('{password}', password)}")
