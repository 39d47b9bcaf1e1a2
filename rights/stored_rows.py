"""One person's rows in the record store: counted, read, taken out. The only module here that knows its files."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

import duckdb

from home.duck import open_duckdb
from home.keys import week_key
from home.layout import Home
from home.sql import Sql, literal
from ingestion.store.pseudonyms import BROWSER, PERSON, pseudonym_of
from ingestion.store.record_store import put_in_place, remove_week, stored_weeks, week_file, write_pending

SOURCES = ("app", "ga4_export")


@dataclass(frozen=True, slots=True)
class Person:
    """Who is meant: the account's id, and the ids of the browsers that were seen with it."""

    user_id: str
    browsers: tuple[str, ...] = ()

    def pseudonyms(self, home: Home, monday: date) -> tuple[UUID, list[UUID]]:
        """The person's and the browsers', in one week."""
        key = week_key(home, monday)
        return pseudonym_of(key, PERSON, self.user_id), [pseudonym_of(key, BROWSER, one) for one in self.browsers]


def count_rows(home: Home, person: Person) -> Mapping[str, dict[str, int]]:
    """How many rows are stored of a person, by source and week; weeks without any are left out."""
    counts: dict[str, dict[str, int]] = {source: {} for source in SOURCES}
    for source, monday, con in _weeks(home, person):
        [(rows,)] = con.execute("select count(*) from stored where is_theirs").fetchall()
        if rows:
            counts[source][str(monday)] = rows
    return counts


def read_rows(home: Home, person: Person) -> Iterator[tuple[str, date, list[dict[str, Any]]]]:
    """The rows that are one person's alone, by source and week: of a browser that others used too nobody's are told."""
    for source, monday, con in _weeks(home, person):
        cursor = con.execute("select * from stored where is_theirs and not is_shared order by all")
        names = [column[0] for column in cursor.description]
        yield source, monday, [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def weeks_of_shared_browsers(home: Home, person: Person) -> list[date]:
    """The weeks in which a browser of theirs was somebody else's too."""
    return [
        monday
        for _, monday, con in _weeks(home, person)
        if con.execute("select 1 from stored where is_theirs and is_shared limit 1").fetchone()
    ]


def remove_rows(home: Home, person: Person) -> None:
    """Rewrites each week that holds rows of a person without them, or names others after them. Safe to repeat.

    The home's lock must be held. A week of which nothing is left has no file any more.
    """
    for source, monday, con in _weeks(home, person):
        mine, _ = person.pseudonyms(home, monday)
        kept = Sql("table" if source == "ga4_export" else "view")
        con.execute(f"create temp {kept} kept as select * from stored where not is_theirs")
        is_relabelled = source == "ga4_export" and _relabel(con, mine)
        [(theirs, others)] = con.execute(
            "select count(*) filter (is_theirs), count(*) filter (not is_theirs) from stored"
        ).fetchall()
        if others == 0:
            remove_week(home, source, monday)
        elif theirs or is_relabelled:
            put_in_place(home, [write_pending(con, home, source, monday, Sql("kept"))])


def _weeks(home: Home, person: Person) -> Iterator[tuple[str, date, duckdb.DuckDBPyConnection]]:
    """Each stored week, with a connection on which the view `stored` has its rows and `is_theirs`, `is_shared`."""
    for source in SOURCES:
        for monday in stored_weeks(home, source):
            mine, browsers = person.pseudonyms(home, monday)
            with open_duckdb(home) as con:
                con.execute("create temp table meant as select $1::uuid as person", [mine])
                con.execute("create temp table their_browsers as select unnest($1::uuid[]) as browser", [browsers])
                file = literal(str(week_file(home, source, monday)))
                con.execute(f"create temp view week_rows as from read_parquet({file})")
                con.execute(_STORED_OF_APP if source == "app" else _STORED_OF_GA4)
                yield source, monday, con


_STORED_OF_APP = Sql("""
    create temp view stored as
    select *, person = (select person from meant) as is_theirs, false as is_shared from week_rows
""")
#: Every row of a browser that was seen with the person is theirs, whoever else used it.
_STORED_OF_GA4 = Sql("""
    create temp view stored as
    with seen as (
        select browser from week_rows where list_contains(gate_persons, (select person from meant))
        union
        from their_browsers
    )
    select
        week_rows.*,
        seen.browser is not null as is_theirs,
        len(list_filter(gate_persons, lambda one: one <> meant.person)) > 0 as is_shared
    from week_rows
    cross join meant
    left join seen using (browser)
""")


def _relabel(con: duckdb.DuckDBPyConnection, mine: UUID) -> bool:
    """Names the others that were one person with them after one of their own, part by part; whether there are any.

    Several accounts and browsers are one person under the pseudonym of the smallest account. Without this one they may
    be several: those that still share an account or browser stay one.
    """
    rows = con.execute("select distinct browser, gate_persons from kept where person = $1", [mine]).fetchall()
    label: dict[UUID, UUID] = {}
    for _ in rows:  # labels fall along links; a chain is at most as long as there are browsers
        before = dict(label)
        for browser, accounts in rows:
            known = [label[browser]] if browser in label else []
            least = min([*known, *(label.get(one, one) for one in accounts)], default=browser)
            label |= dict.fromkeys([browser, *accounts], least)
        if label == before:
            break
    for browser, _ in rows:
        con.execute("update kept set person = $1 where person = $2 and browser = $3", [label[browser], mine, browser])
    return bool(rows)
