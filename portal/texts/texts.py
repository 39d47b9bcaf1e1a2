"""The portal's words: one table a language, and how each language writes numbers, dates and regions."""

import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from catalogue.axis import Axis
from catalogue.catalogue import SIDES, axis_named
from catalogue.mart import Mart
from policy.region_table import regions
from portal.figures.figure import AgeSpan, BandSpan, Between, HourSpan, LengthSpan, Word
from portal.figures.region_labels import RegionLabel
from refusals.errors import UsageError

TEXTS = Path(__file__).parent
LANGUAGES = ("en", "nl")


@dataclass(frozen=True)
class Texts:
    """One language's words. `names` are its names of regions, which the marts write in English."""

    language: str
    table: dict[str, Any]
    names: dict[str, str]

    @property
    def other(self) -> str:
        """The language that a page's switch leads to."""
        return next(language for language in LANGUAGES if language != self.language)

    def __call__(self, key: str, **values: Any) -> str:
        """The text of a dotted key, its {fields} filled in; numbers, dates and regions as this language writes them.

        Raises:
            UsageError: the language has no such text.
        """
        return self._text(key).format(**{name: self.written(value) for name, value in values.items()})

    def has(self, key: str) -> bool:
        """Whether there is such a text."""
        return isinstance(self._found(key), str)

    def all(self, key: str) -> list[str]:
        """A list of texts, such as paragraphs."""
        found = self._found(key)
        if not isinstance(found, list):
            raise UsageError(f"portal texts/{self.language}.toml: list '{key}' is missing")
        return found

    def written(self, value: object) -> str:
        """A value in this language."""
        if value is None:
            return self._text("format.nothing")
        for kind, write in _WRITTEN:
            if isinstance(value, kind):
                return write(self, value)
        return str(value)

    def measured(self, value: object, measure: str) -> str:
        """A value as its measure is written: percentages with their sign."""
        written = self.written(value)
        return written if value is None or not measure.endswith("percent") else f"{written}\N{NO-BREAK SPACE}%"

    def word(self, word: Word) -> str:
        """A word of the marts in this language; one that the language does not know stays as it is."""
        return " + ".join(self._word(word.kind, one) for one in word.code.split(" + "))

    def _word(self, kind: str, code: str) -> str:
        key = f"{kind}.{code.replace(' ', '_')}"
        return self._text(key) if self.has(key) else code

    def province(self, code: str) -> str:
        """A province by its code."""
        return self.names.get(code, regions()[code].name)

    def _truth(self, value: bool) -> str:
        return self._text("format.yes" if value else "format.no")

    def _share(self, value: float) -> str:
        return self.number(value, 1)

    def _ages(self, span: AgeSpan) -> str:
        return self._text("format.all_ages") if span.label == "all" else span.label.replace("-", "\N{EN DASH}")

    def _between(self, value: Between) -> str:
        return f"{self.number(value.low, 1)}\N{EN DASH}{self.number(value.high, 1)}"

    def _hours(self, span: HourSpan) -> str:
        return f"{span.first:02d}:00\N{EN DASH}{span.first + span.hours:02d}:00"

    def _length(self, span: LengthSpan) -> str:
        if span.last is None:
            return self._text("format.minutes_open").format(first=span.first)
        if span.first == 0:
            return self._text("format.minutes_under").format(next=span.last + 1)
        if span.first == span.last:
            return self._text("format.minutes_one").format(first=span.first)
        return self._text("format.minutes").format(first=span.first, last=span.last)

    def _band(self, span: BandSpan) -> str:
        form = "one" if span.first == span.last else "several"
        if span.last is None:
            form = "whole" if span.first == axis_named(span.axis).begins else "open"
        return self._text(f"{span.axis}.{form}").format(first=span.first, last=span.last)

    def number(self, value: float, digits: int = 0) -> str:
        """Thousands by a narrow space or a point, decimals by a point or a comma."""
        plain = f"{value:,.{digits}f}"
        marks = {",": self._text("format.thousands"), ".": self._text("format.decimal"), "-": "\N{MINUS SIGN}"}
        return "".join(marks.get(sign, sign) for sign in plain)

    def day(self, day: date) -> str:
        """`9 November 2026`."""
        return f"{day.day} {self.all('format.months')[day.month - 1]} {day.year}"

    def short_day(self, day: date) -> str:
        """`9 Nov 2026`."""
        return f"{day.day} {self.all('format.short_months')[day.month - 1]} {day.year}"

    def moment(self, moment: datetime) -> str:
        """`9 November 2026, 14:05` and the zone's name."""
        return f"{self.day(moment.date())}, {moment:%H:%M} {moment.tzname() or ''}".strip()

    def week(self, monday: date) -> str:
        """`week 46 of 2026`."""
        year, number, _ = monday.isocalendar()
        return self._text("format.week").format(number=number, year=year)

    def days_of_week(self, monday: date) -> str:
        """`9 to 15 November 2026`: the first day as short as it can be."""
        sunday = monday + timedelta(days=6)
        first = self.day(monday)
        if monday.year == sunday.year:
            first = first.removesuffix(f" {monday.year}")
        if monday.month == sunday.month:
            first = str(monday.day)
        return self._text("format.days_of_week").format(first=first, last=self.day(sunday))

    def region(self, label: RegionLabel) -> str:
        """The names of what a label covers."""
        return " + ".join(self._region_name(code, name) for code, name in label.parts)

    def _region_name(self, code: str, english: str) -> str:
        if self.has(f"region.named.{code}"):
            return self._text(f"region.named.{code}")
        if self.language == "en":
            return english
        if code.startswith("rest of "):
            parent = code.removeprefix("rest of ")
            return self._text("region.rest").format(name=self._region_name(parent, english.removeprefix("rest of ")))
        if code.endswith("-?"):
            country = self._region_name(code[:-2], english.removesuffix(", subdivision unknown"))
            return self._text("region.part_unknown").format(name=country)
        if "+" in code:
            pairs = zip(code.split("+"), english.split(" + "), strict=False)
            return " + ".join(self._region_name(part, name) for part, name in pairs)
        return self.names.get(code, english)

    def _text(self, key: str) -> str:
        found = self._found(key)
        if not isinstance(found, str):
            raise UsageError(f"portal texts/{self.language}.toml: text '{key}' is missing")
        return found

    def _found(self, key: str) -> object:
        found: object = self.table
        for part in key.split("."):
            if not isinstance(found, dict):
                return None
            found = found.get(part)
        return found


#: How a value is written, by its type; the first that fits.
_WRITTEN: tuple[tuple[type, Callable[[Texts, Any], str]], ...] = (
    (bool, Texts._truth),
    (int, Texts.number),
    (float, Texts._share),
    (datetime, Texts.moment),
    (date, Texts.day),
    (RegionLabel, Texts.region),
    (AgeSpan, Texts._ages),
    (Between, Texts._between),
    (HourSpan, Texts._hours),
    (LengthSpan, Texts._length),
    (BandSpan, Texts._band),
    (Word, Texts.word),
)


@cache
def texts_of(language: str) -> Texts:
    """The words of a language."""
    names: dict[str, str] = {} if language == "en" else _read(f"region_names_{language}")
    table = _read(language)
    for mart in SIDES:
        if mart.axis and not mart.axis.overlaps:
            _add_words(table, mart, mart.axis, language)
    return Texts(language, table, names)


def _add_words(table: dict[str, Any], mart: Mart, axis: Axis, language: str) -> None:
    """What the catalogue says of a side mart whose parts nobody shares, where a page looks for it."""
    title = axis.title.of(language)
    table["summary"][mart.name] = {"weeks": table["parts"]["weeks"], axis.name: table["parts"]["summary"]}
    table["figure"][axis.name] = {"title": title, "note": table["parts"]["note"]}
    table["column"][axis.name] = title
    table[axis.name] = {word: told.of(language) for word, told in axis.words.items()}
    if axis.written:
        forms = (form.of(language) for form in axis.written)
        table[axis.name] |= dict(zip(("one", "several", "open", "whole"), forms, strict=True))


def _read(name: str) -> dict[str, Any]:
    return tomllib.loads((TEXTS / f"{name}.toml").read_text(encoding="utf-8"))
