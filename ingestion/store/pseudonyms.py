"""Keyed pseudonyms: how an id becomes something that only the week's key can match again.

A pseudonym is the first 128 bits of SHA-256 over the key, a word that says what kind of id it is, and the id. The key
is 256 random bits, so nobody without it can try ids; half of the hash's state is never shown, so none can be extended.
"""

import hashlib
from datetime import date
from uuid import UUID

import duckdb

from home.keys import week_key
from home.layout import Home
from home.sql import Sql, one_of

PERSON = "person"
SESSION = "session"
BROWSER = "browser"


def pseudonym(kind: str, column: Sql) -> Sql:
    """SQL: the pseudonym, a UUID, of an identifier under the parameter `$key`; null stays null."""
    word = one_of(kind, (PERSON, SESSION, BROWSER))
    return Sql(f"cast(substr(sha256($key || encode('{word}' || chr(0) || {column})), 1, 32) as uuid)")


def pseudonym_of(key: bytes, kind: str, text: str) -> UUID:
    """The same in Python, of one identifier."""
    return UUID(hashlib.sha256(key + f"{kind}\0{text}".encode()).hexdigest()[:32])


def prepare_people_of_week(con: duckdb.DuckDBPyConnection, home: Home, monday: date) -> None:
    """Makes `people_of_week` (`person UUID`, `user_id`): who of `app_users` a stored pseudonym of that week is."""
    con.execute(
        f"""
        create or replace temp table people_of_week as
        select {pseudonym(PERSON, Sql("user_id"))} as person, user_id
        from app_users
        """,
        {"key": week_key(home, monday)},
    )
