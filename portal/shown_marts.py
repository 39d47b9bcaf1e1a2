"""The marts as the portal sees them: through views that hold what may leave, and nothing else.

Pages, charts, tables, downloads and the dictionary all read here, so that none has to remember the decision. What is
on no list below has no view: a mart that is added later is not shown before somebody says to which dataset it belongs.
"""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import date
from types import MappingProxyType

import duckdb

from catalogue.catalogue import AGE, RELEASABLE
from home.duck import open_duckdb
from home.layout import Home
from home.state import check_file, mend_of
from portal.shown_weeks import Weeks, coverage_weeks, quality_weeks
from refusals.errors import StateDamaged

#: The name under which the file itself is attached; no page uses it (tests/promises/ways_out).
FILE = "marts_file"
#: Tables that tell of a source, by what decides on their weeks.
_OF_SOURCE = MappingProxyType({"coverage_week": coverage_weeks, "anonymisation_quality_week": quality_weeks})
#: What explains codes, by which of its rows: regions are public, ages and weeks only where a row that leaves has them.
_DIMENSIONS = MappingProxyType(
    {
        "dim_region": "true",
        "dim_age_group": " or ".join(
            [
                "is_leaf_band",
                *(
                    f"(age_group, age_from, age_to) in (select (age_group, age_from, age_to) from {mart.name})"
                    for mart in RELEASABLE.values()
                    if set(AGE) <= set(mart.columns)
                ),
            ]
        ),
        "dim_week": f"week_start in ({' union '.join(f'select week_start from {mart}' for mart in RELEASABLE)})",
    }
)
_COMMENTS = f"""
select table_name, null, comment from duckdb_tables() where database_name = '{FILE}' and comment is not null
union all
select view_name, null, comment from duckdb_views() where database_name = '{FILE}' and comment is not null
union all
select table_name, column_name, comment from duckdb_columns() where database_name = '{FILE}' and comment is not null
"""


@contextmanager
def open_shown_marts(home: Home, shown: Weeks) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection in which each mart has the rows of the weeks that are shown, and its comments.

    `shown`: by mart, the Mondays that may leave; a mart that is not in it is there without a row.

    Raises:
        StateDamaged: the marts are not what was published.
    """
    check_file(home, home.marts)
    with open_duckdb(home) as con:
        path = str(home.marts)
        try:
            con.execute(f"attach {_quoted(path)} as {FILE} (read_only)")
        except duckdb.Error as error:
            raise StateDamaged(f"{home.marts} is no DuckDB file: {mend_of(home, home.marts)}") from error
        for mart in RELEASABLE:
            _make_view(con, mart, _is_among(shown.get(mart, frozenset())))
        for table, weeks_of in _OF_SOURCE.items():
            _make_view(con, table, _is_told(weeks_of(shown)))
        for table, condition in _DIMENSIONS.items():
            _make_view(con, table, condition)
        _take_comments_over(con)
        yield con


def told_tables(shown: Weeks) -> frozenset[str]:
    """The tables that pages may name: those with rows that can leave, and what explains them."""
    sources = {RELEASABLE[mart].source for mart in shown}
    told = {table for table, weeks_of in _OF_SOURCE.items() if sources & weeks_of(shown).keys()}
    return frozenset({*shown, *told, *(_DIMENSIONS if shown else ())})


def _make_view(con: duckdb.DuckDBPyConnection, table: str, condition: str) -> None:
    con.execute(f"create view {table} as select * from {FILE}.{table} where {condition}")


def _is_among(weeks: Iterable[date]) -> str:
    days = ", ".join(f"date '{week.isoformat()}'" for week in sorted(weeks))
    return f"week_start in ({days})" if days else "false"


def _is_told(weeks: Mapping[str, Iterable[date]]) -> str:
    told = [f"source = '{source}' and {_is_among(mondays)}" for source, mondays in weeks.items()]
    return " or ".join(f"({one})" for one in told) or "false"


def _take_comments_over(con: duckdb.DuckDBPyConnection) -> None:
    views = {name for (name,) in con.execute("select view_name from duckdb_views() where not internal").fetchall()}
    own = {*RELEASABLE, *_OF_SOURCE, *_DIMENSIONS} & views
    for table, column, comment in con.execute(_COMMENTS).fetchall():
        if table in own:
            place = f"column {table}.{column}" if column else f"view {table}"
            con.execute(f"comment on {place} is {_quoted(comment)}")


def _quoted(words: str) -> str:
    """A literal of SQL, where a statement takes no parameter."""
    return "'" + words.replace("'", "''") + "'"
