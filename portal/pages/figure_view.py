"""A figure in a language: its sentence, its charts, its table, and the file that holds the same numbers."""

import csv
import hashlib
import io
from dataclasses import dataclass
from datetime import date
from typing import Any

from catalogue.catalogue import DIVIDED, SIDES
from portal.charts.charts import ChartSpec, charts_of
from portal.figures.figure import Figure, Value
from portal.texts.texts import Texts
from releases.files.spreadsheet_cells import check_cell

#: Fields whose values are numbers: set in columns that align.
WORDS = {
    "week_start", "region", "age_group", "device_category", "day_type", "hours", "length",
    *(mart.axis.name for mart in SIDES if mart.axis),
}  # fmt: skip

#: Marts that tell the same sessions, each with its own rows, and so with its own rounding of their minutes.
SAME_SESSIONS = {DIVIDED.name, *(mart.name for mart in SIDES)}


@dataclass(frozen=True, slots=True)
class ChartView:
    """One chart of a figure."""

    id: str
    title: str
    spec: ChartSpec


@dataclass(frozen=True, slots=True)
class TableColumn:
    """One column's head."""

    title: str
    number: bool


@dataclass(frozen=True, slots=True)
class TableView:
    """A table as the page shows it."""

    caption: str
    columns: tuple[TableColumn, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class FigureView:
    """A figure as the page shows it. `groups`: regions told together, by choice. `download`: path of its file."""

    id: str
    name: str
    title: str
    summary: str
    note: str
    charts: tuple[ChartView, ...]
    choices: tuple[str, ...]
    choice_label: str
    groups: tuple[dict[str, Any], ...]
    table: TableView
    download: str
    file_name: str


def view_of(figure: Figure, page: str, subject: str, texts: Texts) -> FigureView:
    """A figure of a page (its name without ending), about `subject` (a mart)."""
    title = texts(f"figure.{figure.name}.title")
    identity = f"{page}-{figure.name}".replace("_", "-")
    measures = figure.measures if len(figure.measures) > 1 else ("",)
    charts = tuple(
        ChartView(f"{identity}-chart-{place + 1}", texts(f"column.{measure}") if measure else title, spec)
        for place, (measure, spec) in enumerate(zip(measures, charts_of(figure, texts), strict=True))
    )
    path, _ = download_of(figure, page)
    choice_key = f"figure.{figure.name}.choice"
    return FigureView(
        id=identity,
        name=figure.name,
        title=title,
        summary=_summary(figure, subject, texts),
        note=_note(figure, subject, texts),
        charts=charts,
        choices=tuple(texts.written(choice) for choice in figure.choices),
        choice_label=texts(choice_key) if texts.has(choice_key) else "",
        groups=_groups(figure, texts),
        table=_table(figure, title, texts),
        download=path,
        file_name=f"{page}-{figure.name}.csv",
    )


def download_of(figure: Figure, page: str) -> tuple[str, bytes]:
    """The figure's CSV file, named by its content, so that a page never leads to other numbers than its own."""
    sink = io.StringIO(newline="")
    writer = csv.writer(sink, lineterminator="\n")
    names: tuple[object, ...] = ()
    for row in figure.download():
        names = names or row
        for name, value in zip(names, row, strict=True):
            if isinstance(value, str):
                check_cell(f"{page}-{figure.name}.csv", str(name), value)
        writer.writerow(row)
    content = sink.getvalue().encode()
    digest = hashlib.sha256(content).hexdigest()[:12]
    return f"data/{page}-{figure.name}-{digest}.csv", content


def _summary(figure: Figure, subject: str, texts: Texts) -> str:
    facts = {name: _fact(name, value, texts) for name, value in figure.facts.items()}
    if figure.name == "coverage":
        told = [
            texts(f"figure.coverage.{key}", week=facts["week"], **{short: facts[field]})
            for short, field, key in (
                ("app", "app_passed_percent", "summary"), ("ga4", "ga4_export_passed_percent", "summary_ga4"),
            )
            if figure.facts.get(field) is not None
        ]  # fmt: skip
        return " ".join(told) or texts("figure.coverage.summary_none")
    if figure.name == "quality":
        return texts("figure.quality.summary")
    if figure.facts.get("part", "") is None:
        return texts("parts.undivided", **facts)
    return texts(f"summary.{subject}.{figure.name}", **facts)


def _note(figure: Figure, subject: str, texts: Texts) -> str:
    note = texts(f"figure.{figure.name}.note", **figure.facts)
    if figure.name == "weeks" and subject in SAME_SESSIONS:
        return f"{note} {texts('figure.weeks.rounded')}"
    return note


def _fact(name: str, value: Value, texts: Texts) -> str:
    if isinstance(value, date):
        return texts.week(value)
    if name == "share":
        return texts.measured(value, "percent")
    return texts.measured(value, name)


def _groups(figure: Figure, texts: Texts) -> tuple[dict[str, Any], ...]:
    """Each group of a map once a choice, in the order of its letters."""
    found: dict[tuple[int, str], str] = {}
    for mark in figure.marks:
        if mark["state"] == "group":
            key = (figure.choices.index(mark["choice"]), str(mark["letter"]))
            values = {"letter": mark["letter"], "region": mark["label"], "users": mark["users"]}
            found[key] = texts("figure.map.group", **values)
    return tuple({"choice": choice, "text": found[choice, letter]} for choice, letter in sorted(found))


def _table(figure: Figure, title: str, texts: Texts) -> TableView:
    week = figure.facts.get("week")
    is_series = figure.fields[0] == "week_start"
    caption = title if is_series or not isinstance(week, date) else f"{title}, {texts.week(week)}"
    columns = tuple(TableColumn(texts(f"column.{name}"), name not in WORDS) for name in figure.fields)
    rows = tuple(
        tuple(_cell(name, value, texts) for name, value in zip(figure.fields, row, strict=True)) for row in figure.rows
    )
    return TableView(caption, columns, rows[::-1] if is_series else rows)


def _cell(name: str, value: Value, texts: Texts) -> str:
    if isinstance(value, date):
        return f"{texts.short_day(value)}, {texts.week(value)}"
    return texts.measured(value, name)
