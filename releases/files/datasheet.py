"""README.md of a release: what a researcher needs to understand it in a minute, and the whole of it afterwards.

The words that all releases share are in `templates/README.md.j2`; those that differ from dataset to dataset are in
`datasheet_words.py`.
"""

from collections.abc import Sequence
from datetime import date
from functools import cache
from typing import TYPE_CHECKING

from releases.files.citation import citation_text
from releases.files.column_fields import RULES
from releases.files.data_files import DataFile
from releases.files.datasheet_words import loss_in_words, persons_of, words_of
from releases.files.region_covers import COVERS_COLUMN, MEMBERS
from releases.files.snippets import snippets
from releases.files.written import address_of, day_of_issue, list_of
from releases.folders.markdown import as_typed
from releases.ledger.release import Release, ReleasedColumn

if TYPE_CHECKING:
    from jinja2 import Template

_FENCES = {"DuckDB": "sql", "pandas": "python", "R": "r"}


def datasheet(release: Release, files: Sequence[DataFile]) -> bytes:
    """The README. Markdown, in English with a summary in Dutch."""
    csv_columns = next(file for file in files if file.format == "csv").columns
    columns = {resource.name: _explained(resource.columns) for resource in release.resources}
    nullable = [one.name for one in csv_columns if not RULES[one.name].required]
    text = _template().render(
        release=release,
        policy=release.policy,
        evidence=release.evidence,
        approval=release.approval,
        files=files,
        columns=columns,
        nullable=list_of([f"`{name}`" for name in nullable]) if nullable else "",
        issued=day_of_issue(release).isoformat(),
        period=_period(release),
        period_nl=_period_nl(release),
        rows=list_of([_rows(len(resource.table), resource.name, release) for resource in release.resources]),
        persons=persons_of(release)[0],
        persons_nl=persons_of(release)[1],
        citation=citation_text(release, as_typed),
        snippets=snippets([column.name for column in csv_columns], address_of(release.policy, release.id) or ""),
        fences=_FENCES,
        coverage=sorted(release.evidence.coverage_percent.items()),
        loss=loss_in_words(release),
        **words_of(release),
    )
    return text.encode()


@cache
def _template() -> "Template":
    from jinja2 import Environment, PackageLoader, StrictUndefined

    # Markdown is no HTML: what somebody typed is escaped where it stands (`plain`), columns in their table (`cell`).
    environment = Environment(  # noqa: S701
        loader=PackageLoader("releases.files"),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters.update(cell=_cell, plain=as_typed, said=_said, tick="`{}`".format, sentence=list_of)
    return environment.get_template("README.md.j2")


def _explained(columns: Sequence[ReleasedColumn]) -> list[ReleasedColumn]:
    """The columns of both forms: where they differ, that of the CSV beside that of Parquet."""
    explained: list[ReleasedColumn] = []
    for column in columns:
        if column.name == MEMBERS:
            explained += [
                ReleasedColumn(column.name, column.type, f"Parquet only. {column.description}", column.unit),
                ReleasedColumn(
                    COVERS_COLUMN.name, COVERS_COLUMN.type, f"CSV only. {COVERS_COLUMN.description}", COVERS_COLUMN.unit
                ),
            ]
        else:
            explained.append(column)
    return explained


def _said(column: ReleasedColumn) -> str:
    """The description without the unit, which has a place of its own."""
    return column.description.replace(f" Unit, {column.unit}.", "") if column.unit else column.description


def _cell(words: str) -> str:
    """A text as a cell of a Markdown table."""
    return words.replace("|", "\\|").replace("<", "\\<") or "see right"


def _rows(count: int, name: str, release: Release) -> str:
    what = "row" if count == 1 else "rows"
    return f"{count} {what}" if len(release.resources) == 1 else f"{count} {what} (`{name}`)"


def _period(release: Release) -> str:
    period = release.id.period
    days = f"{_day(period.first_day, _MONTHS)} to {_day(period.last_day, _MONTHS)}"
    if period.kind == "week":
        return f"the ISO week {period.label} ({days})"
    return f"{len(release.weeks)} of the {len(period.mondays)} weeks of {period.label} ({days})"


def _period_nl(release: Release) -> str:
    period = release.id.period
    days = f"{_day(period.first_day, _MONTHS_NL)} tot en met {_day(period.last_day, _MONTHS_NL)}"
    if period.kind == "week":
        return f"week {period.label} ({days})"
    return f"{len(release.weeks)} van de {len(period.mondays)} weken van {period.label} ({days})"


def _day(day: date, months: Sequence[str]) -> str:
    return f"{day.day} {months[day.month - 1]} {day.year}"


_MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
)  # fmt: skip
_MONTHS_NL = (
    "januari", "februari", "maart", "april", "mei", "juni", "juli", "augustus", "september", "oktober", "november",
    "december",
)  # fmt: skip
