"""What is released opens in a spreadsheet as what it is; a text that would not is refused, never changed.

So is a table that is not what its columns say: nothing of it is written.
"""

import csv
import io
import random
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from policy.region_table import regions
from refusals.errors import PublicationRefused
from releases.files.column_fields import RULES
from releases.files.data_files import data_files
from releases.files.region_covers import region_covers
from releases.files.release_files import release_files
from releases.files.spreadsheet_cells import check_cell
from releases.ledger.release import Release, ReleasedColumn
from tests.readers.release_tables import leaves_in
from tests.worlds.release_world import every_release, leaves_below, table_of, weekly_release

RELEASES = [pytest.param(release, id=str(release.id)) for release in every_release()]
LEAVES = leaves_below("001")


def with_value(release: Release, column: str, value: Any, row: int = 0) -> Release:
    """The release with one value replaced."""
    data = release.resources[0]
    rows = data.table.to_pylist()
    rows[row][column] = value
    table = table_of(data.columns, [list(one.values()) for one in rows])
    return replace(release, resources=(replace(data, table=table), *release.resources[1:]))


@pytest.mark.clause("release-spreadsheet")
@pytest.mark.parametrize("release", RELEASES)
def test_no_cell_is_a_formula_or_too_long(release: Release) -> None:
    """By Python's own reader, and for the separators of two locales."""
    for name, content in release_files(release).items():
        if not name.endswith(".csv"):
            continue
        text = content.decode("utf-8")
        assert not text.startswith("\ufeff")
        assert "\r" not in text
        assert text.endswith("\n")
        rows = list(csv.reader(io.StringIO(text), strict=True))
        assert len({len(row) for row in rows}) == 1
        for cell in (cell for row in rows for cell in row):
            assert len(cell) <= 32_767
            for piece in [cell, *cell.split(";")]:
                assert not piece.startswith(("=", "+", "-", "@", "\t", "\r", "\n"))


@pytest.mark.clause("release-spreadsheet")
@pytest.mark.parametrize(
    "name",
    [
        "=1+1", "+31 20", "-", "-Utrecht", "@SUM(A1)", "\tUtrecht", "\rUtrecht", "Utrecht\n=1+1", " =1+1", '"=1+1',
        "'=1", "Utrecht;=1+1", "Utrecht; @x", "Utre\x00cht", "Utre\u2028cht", "x" * 32_768, "",
    ],
)  # fmt: skip
def test_a_planted_text_is_refused_and_not_quoted(name: str) -> None:
    with pytest.raises(PublicationRefused, match="column region_name") as refused:
        release_files(with_value(weekly_release(), "region_name", name))
    assert "Utrecht" not in str(refused.value)
    assert "1+1" not in str(refused.value)
    assert refused.value.exit_code == 4


@pytest.mark.parametrize("name", ["x" * 32_767, "Utrecht, = and so on", 'the "old" one', "Île-de-France", "A-B", "a;b"])
def test_a_harmless_text_stays_as_it_is(name: str) -> None:
    content = release_files(with_value(weekly_release(), "region_name", name))["data.csv"].decode()
    assert next(csv.DictReader(io.StringIO(content)))["region_name"] == name


@pytest.mark.parametrize("number", ["-5", "+5", "-0.25", "12"])
def test_a_number_may_begin_with_a_sign(number: str) -> None:
    check_cell("data.csv", "x", number)


@settings(max_examples=300)
@given(st.text(st.sampled_from("=+-@;, \t\r\n\"'a1."), max_size=12))
def test_what_is_let_through_is_safe_however_the_line_is_cut(cell: str) -> None:
    try:
        check_cell("data.csv", "x", cell)
    except PublicationRefused:
        return
    is_number = cell[1:].replace(".", "", 1).isdigit()
    for piece in cell.split(";"):
        assert is_number or not piece.strip(" \"'").startswith(("=", "+", "-", "@"))
    assert not set(cell) & set("\t\r\n")


def test_every_name_of_the_region_table_is_safe() -> None:
    for region in regions().values():
        check_cell("data.csv", "region_name", region.name)
        check_cell("data.csv", "region_code", region.code)


def test_what_a_row_covers_is_told_exactly_and_in_few_codes() -> None:
    assert region_covers(tuple(leaves_below("001"))) == "001"
    assert region_covers(("NL-UT", "NL-FL")) == "NL-FL NL-UT"
    without_two = set(leaves_below("NL")) - {"NL-UT", "NL-FL"}
    assert region_covers(tuple(sorted(without_two))) == " ".join(sorted(without_two))
    assert region_covers(tuple(sorted({*leaves_below("NL"), "BE-VAN"}))) == "BE-VAN NL"


@pytest.mark.parametrize("seed", range(20))
def test_what_a_row_covers_can_be_worked_back(seed: int) -> None:
    rng = random.Random(seed)  # noqa: S311  # repeatable on purpose
    taken = {leaf for code in rng.sample(sorted(regions()), 12) for leaf in leaves_below(code)}
    members = sorted(set(LEAVES) - taken if seed % 2 else taken)
    if members:
        assert leaves_in(region_covers(tuple(members))) == frozenset(members)


def test_a_cell_that_covers_too_much_to_tell_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """All but one leaf of each country: no code stands for several of the rest. Today's table just fits the limit."""
    firsts = {leaves_below(region.code)[0] for region in regions().values() if region.level == "country"}
    scattered = with_value(weekly_release(), "region_members", [leaf for leaf in LEAVES if leaf not in firsts])
    assert data_files(scattered)
    monkeypatch.setattr("releases.files.spreadsheet_cells.LONGEST_CELL", 30_000)
    with pytest.raises(PublicationRefused, match=r"data\.csv, column region_covers: a text is longer"):
        data_files(scattered)


@pytest.mark.parametrize("members", [[], ["NL"], ["XX-1"], ["NL-UT", "nowhere"]])
def test_members_that_are_no_leaves_are_refused(members: list[str]) -> None:
    with pytest.raises(PublicationRefused, match="no leaf of the region table"):
        data_files(with_value(weekly_release(), "region_members", members))


@pytest.mark.parametrize(
    ("dataset", "column", "value"),
    [
        ("usage_by_region_age", "users", 9),
        ("usage_by_region_age", "users", None),
        ("usage_by_region_age", "sessions", -1),
        ("usage_by_region_age", "week_start", date(2026, 9, 14)),
        ("usage_by_region_age", "region_code", "nl"),
        ("usage_by_region_age", "region_level", "city"),
        ("usage_by_region_age", "age_group", "young"),
        ("usage_by_region_age", "age_to", 121),
        ("usage_by_hour", "hour_to", 24),
        ("usage_by_hour", "day_type", "monday"),
        ("session_length_by_age", "minutes_from", 2),
        ("session_length_by_age", "minutes_to", 5),
        ("ga4_engagement", "views", -3),
    ],
)
def test_a_value_outside_what_its_column_may_hold_is_refused(dataset: str, column: str, value: Any) -> None:
    with pytest.raises(PublicationRefused, match=f"table data, column {column}"):
        release_files(with_value(weekly_release(dataset), column, value))


def _renamed(release: Release) -> Release:
    data = release.resources[0]
    names = ["monday", *data.table.column_names[1:]]
    return replace(release, resources=(replace(data, table=data.table.rename_columns(names)),))


def _unknown_column(release: Release) -> Release:
    data = release.resources[0]
    table = data.table.append_column("city", pa.array(["x"] * len(data.table)))
    columns = (*data.columns, ReleasedColumn("city", pa.string(), "A city. Unit, text.", "text"))
    return replace(release, resources=(replace(data, table=table, columns=columns),))


def _twice(release: Release) -> Release:
    data = release.resources[0]
    return replace(release, resources=(replace(data, table=pa.concat_tables([data.table, data.table])),))


@pytest.mark.parametrize(
    ("spoil", "told"),
    [
        (_renamed, "differ from those described"),
        (_unknown_column, "column city is new"),
        (_twice, "two rows have one key"),
    ],
)
def test_a_table_that_is_not_what_its_columns_say_is_refused(spoil: Callable[[Release], Release], told: str) -> None:
    with pytest.raises(PublicationRefused, match=told):
        release_files(spoil(weekly_release()))


def test_every_code_of_the_region_table_fits_its_rule() -> None:
    """Alone, joined, and as a rest: so no real release is refused for its codes."""
    rule = re.compile(str(RULES["region_code"].pattern))
    for code in regions():
        assert all(rule.fullmatch(label) for label in (code, f"{code}+NL-UT", f"NL-FL+{code}", f"rest of {code}"))
    assert not any(rule.fullmatch(label) for label in ("nl", "NL-", "NL+", "+NL", "rest of", "rest of rest of NL"))
    assert set(RULES) >= {
        name for one in every_release() for table in one.resources for name in table.table.column_names
    }
