"""Published files as tables of rows: DuckDB files, release folders, Parquet, CSV; whatever else lies there is told."""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import duckdb

from auditor.form import Form, TableForm
from refusals.errors import InputRefused, UsageError

REPORT = "disclosure-report.json"
DATA = (".parquet", ".csv")
#: Columns of points that are told as lists: hashed, since thousands of rows list the same thousands of codes.
ID = "__points"


@dataclass(frozen=True)
class Table:
    """Rows as a file has them. `weeks`: those that a release holds, where its report says so; `older`: those of them
    that froze under older rules; `step`: in which its counts are told, where it says so."""

    place: str
    form: TableForm
    rows: Sequence[dict[str, Any]]
    weeks: tuple[date, ...] = ()
    older: frozenset[date] = frozenset()
    step: int | None = None


@dataclass
class Reader:
    """Reads paths; `passed_over` are tables and files of which the form says nothing."""

    form: Form
    passed_over: list[str] = field(default_factory=list)

    def read(self, paths: Iterable[Path]) -> list[Table]:
        """Every table below the paths, in the order of their names.

        Raises:
            UsageError: a path is not there, or holds no table of the form.
            InputRefused: a file is not what its name says.
        """
        tables: list[Table] = []
        for path in paths:
            if not path.exists():
                raise UsageError(f"{path}: is not there: name a DuckDB file, a release's folder, Parquet or CSV")
            before = len(tables)
            for file in _files(path):
                tables += self._file(file)
            if len(tables) == before:
                raise UsageError(f"{path}: holds no table that auditor/form.toml describes: describe it with --form")
        return tables

    def _file(self, file: Path) -> Iterator[Table]:
        try:
            if file.suffix == ".duckdb":
                with duckdb.connect(str(file), read_only=True) as con:
                    yield from self._database(con, file.name)
                return
            with duckdb.connect() as con:
                call = "read_parquet(?)" if file.suffix == ".parquet" else _CSV
                relation = con.execute(f"create temp view told as select * from {call}".replace("?", _quoted(file)))
                yield from self.of_relation(relation, "told", f"{file.parent.name}/{file.name}", _report(file))
        except duckdb.Error as error:
            raise InputRefused(f"{file}: cannot be read as {file.suffix[1:]} ({type(error).__name__})") from error

    def _database(self, con: duckdb.DuckDBPyConnection, place: str) -> Iterator[Table]:
        known = {one.name: one for one in self.form.table}
        names = [str(name) for (name,) in con.execute("select table_name from duckdb_tables() order by 1").fetchall()]
        older: frozenset[date] = frozenset()
        if "anonymisation_quality_week" in names:
            columns = {row[0] for row in con.execute("describe anonymisation_quality_week").fetchall()}
            if {"frozen_edition", "told_edition", "week_start"} <= columns:
                sql = "select week_start from anonymisation_quality_week where frozen_edition < told_edition"
                older = frozenset(week for (week,) in con.execute(sql).fetchall())
        for name in names:
            if name in known:
                yield from self.of_relation(con, name, place, {}, known[name], older)
            else:
                self.passed_over.append(f"{place}: {name}")

    def of_relation(  # noqa: PLR0917
        self,
        con: duckdb.DuckDBPyConnection,
        name: str,
        place: str,
        report: dict[str, Any],
        form: TableForm | None = None,
        older: frozenset[date] = frozenset(),
    ) -> Iterator[Table]:
        """The table of a relation on a connection; none where the form knows no such columns.

        Raises:
            InputRefused: a column that the form needs is missing, or holds what it cannot.
        """
        columns = {str(row[0]): str(row[1]) for row in con.execute(f'describe "{name}"').fetchall()}
        form = form or self.form.of_columns(set(columns))
        if form is None:
            self.passed_over.append(place)
            return
        missing = sorted(self.form.needed(form) - set(columns))
        if missing:
            raise InputRefused(f"{place}: {form.name} has no column {missing[0]}")
        lists = [column for column, kind in columns.items() if kind.endswith("[]")]
        hashed = ", ".join(f"""md5(array_to_string("{column}", ' ')) as "{column}" """ for column in lists)
        replaced = f"replace ({hashed})" if lists else ""
        found = con.execute(f'select * {replaced} from "{name}"')
        names = [str(one[0]) for one in found.description or ()]
        rows = [dict(zip(names, row, strict=True)) for row in found.fetchall()]
        for column in lists:
            sql = f"""select md5(array_to_string("{column}", ' ')), any_value("{column}") from "{name}" group by 1"""
            sets = {key: frozenset(map(str, members or ())) for key, members in con.execute(sql).fetchall()}
            for row in rows:
                row[column] = sets[row[column]]
        weeks = tuple(date.fromisoformat(week) for week in report.get("weeks", ()))
        older |= {date.fromisoformat(week) for week in report.get("older_weeks", {})}
        step = report.get("rules", {}).get("count_step")
        yield Table(place, form, [_typed(row, self.form, form, place) for row in rows], weeks, older, step)


_CSV = "read_csv(?, header = true, all_varchar = true, delim = ',', quote = '\"', nullstr = '')"


def _quoted(file: Path) -> str:
    return "'" + str(file).replace("'", "''") + "'"


def _files(path: Path) -> list[Path]:
    if path.is_file():
        if path.suffix not in (*DATA, ".duckdb"):
            raise UsageError(f"{path}: is no DuckDB file, Parquet or CSV: name one, or a folder of them")
        return [path]
    return sorted(file for file in path.rglob("*") if file.is_file() and file.suffix in (*DATA, ".duckdb"))


def _report(file: Path) -> dict[str, Any]:
    """What a release says of itself, where the file is one of a release."""
    beside = file.with_name(REPORT)
    if not beside.is_file():
        return {}
    try:
        said = json.loads(beside.read_text(encoding="utf-8"))
    except ValueError as error:
        raise InputRefused(f"{beside}: is no JSON") from error
    return said if isinstance(said, dict) else {}


def _typed(row: dict[str, Any], form: Form, table: TableForm, place: str) -> dict[str, Any]:
    """A row of text (CSV) with the types that the form needs; others as they are."""
    points = [form.group[name] for name in table.groups] + ([form.axis[table.axis]] if table.axis else [])
    whole = {name for one in points for name in (one.from_, one.to) if name}
    whole |= {table.persons, table.percent, "weeks", *(one.column for one in table.sums)} & set(row)
    whole |= {name for name in row if name.endswith(("_largest", "_second"))}
    try:
        for name in whole:
            if isinstance(row[name], str):
                row[name] = int(row[name])
        if table.period == "week_start" and isinstance(row["week_start"], str):
            row["week_start"] = date.fromisoformat(row["week_start"])
    except ValueError as error:
        raise InputRefused(f"{place}: a column of {table.name} holds what is no whole number, or no date") from error
    return row
