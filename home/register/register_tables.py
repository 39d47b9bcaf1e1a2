"""The register's tables, and the seals by which a change that nobody made through SQLite is found.

Each table has a seal: the combined digest of its rows, kept up to date by triggers within the same transaction, so that
rows and seal cannot part in a crash. SQLite's own check finds a broken structure; the seals find a changed value.
"""

import hashlib
import json
import sqlite3
from functools import cache

from home.register.delivery_notes import DELIVERIES_SCHEMA
from home.register.request_schema import REQUESTS_SCHEMA
from home.sql import Sql, identifier, joined

#: What this version writes; a home's register may lack what later versions added, and is given it when it is opened.
TABLES = """
create table if not exists runs (
    run_id text primary key, first_day text not null, last_day text not null, as_of text not null,
    started_at text not null, finished_at text, exit_code integer, message text, counts text not null default '{}'
) strict;
create table if not exists failed_steps (run_id text, step text, primary key (run_id, step)) strict;
create table if not exists covered_days (source text, day text, is_ingested integer, primary key (source, day)) strict;
create table if not exists accepted_empty_days (source text, day text, primary key (source, day)) strict;
create table if not exists snapshots (name text primary key, delivered_rows integer) strict;
create table if not exists dropped_by_week (
    source text, week text, records integer, persons integer, delivered integer, is_whole integer,
    primary key (source, week)
) strict;
create table if not exists home_facts (name text primary key, fact text not null) strict;
create table if not exists known_files (
    path text primary key, digest text, next_digest text, is_changing integer not null default 0
) strict;
create table if not exists seals (name text primary key, digest integer not null) strict;
"""
SEALS = "seals"

_CHANGES = {"insert": ("new",), "delete": ("old",), "update": ("old", "new")}


def add_functions(db: sqlite3.Connection) -> None:
    """Gives a connection the two functions that the triggers call."""
    db.create_function("row_digest", -1, _row_digest, deterministic=True)
    db.create_function("combined", -1, _combined, deterministic=True)


def bring_up_to_date(db: sqlite3.Connection) -> None:
    """Makes the tables, triggers and seals that are not there, within the transaction that is open."""
    for statement in filter(str.strip, (TABLES + DELIVERIES_SCHEMA + REQUESTS_SCHEMA).split(";")):
        db.execute(Sql(statement))
    sealed = {name for (name,) in db.execute("select name from seals")}
    for table in _tables(db):
        if table in sealed:
            continue
        for trigger in _triggers(db, table).values():
            db.execute(trigger)
        db.execute("insert into seals values (?, ?)", (table, _digest_of_rows(db, table)))


def mistake_of(db: sqlite3.Connection) -> str | None:
    """What is not as this project's code left it, in words; None: all is."""
    [(verdict,), *_] = db.execute("pragma integrity_check(1)").fetchall()
    if verdict != "ok":
        return "its structure is broken"
    expected, found = _expected(), _schema(db)
    unknown = sorted(name for name in found if name not in expected)
    if unknown:
        return f"it holds '{unknown[0]}', which this version does not know"
    changed = sorted(name for name in found if found[name] != expected[name])
    if changed:
        return f"'{changed[0]}' in it was changed"
    tables = _tables(db)
    if SEALS not in found:
        return None  # of a version before there were seals, or new
    seals = dict(db.execute("select name, digest from seals"))
    for table in sorted({*seals, *tables}):
        if table not in tables or table not in seals or _digest_of_rows(db, table) != seals[table]:
            return f"'{table}' in it was changed"
    return None


def is_up_to_date(db: sqlite3.Connection) -> bool:
    """Whether everything that this version writes is there."""
    return set(_schema(db)) == set(_expected())


def is_sealed(db: sqlite3.Connection) -> bool:
    """Whether it was written by a version that has seals."""
    return SEALS in _schema(db)


def has_tables(db: sqlite3.Connection) -> bool:
    """Whether anything was ever written to it."""
    return bool(_schema(db))


@cache
def _expected() -> dict[str, object]:
    db = sqlite3.connect(":memory:", isolation_level=None)
    add_functions(db)
    bring_up_to_date(db)
    return _schema(db)


def _schema(db: sqlite3.Connection) -> dict[str, object]:
    """Tables by their columns, triggers by their text."""
    objects = db.execute("select type, name, sql from sqlite_schema where name not like 'sqlite_%'").fetchall()
    return {name: _columns(db, name) if kind == "table" else " ".join(sql.split()) for kind, name, sql in objects}


def _tables(db: sqlite3.Connection) -> list[str]:
    """All but the seals themselves."""
    found = db.execute(
        "select name from sqlite_schema where type = 'table' and name not like 'sqlite_%' and name <> 'seals'"
        " order by name"
    )
    return [name for (name,) in found]


def _columns(db: sqlite3.Connection, table: str) -> list[tuple[object, ...]]:
    return db.execute("select * from pragma_table_xinfo(?)", (table,)).fetchall()


def _triggers(db: sqlite3.Connection, table: str) -> dict[str, Sql]:
    sealed = identifier(table)
    names = [identifier(str(column[1])) for column in _columns(db, table)]
    found = {}
    for change, sides in _CHANGES.items():
        values = (joined(Sql(f"{side}.{name}") for name in names) for side in map(identifier, sides))
        digests = joined(Sql(f"row_digest('{sealed}', {columns})") for columns in values)
        trigger = identifier(f"seal_{table}_{change}")
        found[str(trigger)] = Sql(
            f"create trigger {trigger} after {identifier(change)} on {sealed} begin"
            f" update seals set digest = combined(digest, {digests}) where name = '{sealed}'; end"
        )
    return found


def _digest_of_rows(db: sqlite3.Connection, table: str) -> int:
    return _combined(*(_row_digest(table, *values) for values in db.execute(f"select * from {identifier(table)}")))


def _row_digest(*values: object) -> int:
    return int.from_bytes(hashlib.blake2b(json.dumps(values).encode(), digest_size=8).digest(), "big", signed=True)


def _combined(*digests: int) -> int:
    result = 0
    for digest in digests:
        result ^= digest
    return result
