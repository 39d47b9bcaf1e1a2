"""A stored week of GA4's reports: written whole, known by its digest, read as it was written."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pyarrow as pa
import pytest

from home.layout import Home
from home.lock import held
from home.state import expected
from home.weeks.report_weeks import (
    ROWS,
    ReportFacts,
    ReportWeek,
    read_report_week,
    read_report_weeks,
    remove_report_week,
    report_week_file,
    stored_report_weeks,
    write_report_week,
)
from refusals.errors import StateDamaged

MONDAY = date(2026, 10, 19)
TOLD = [
    {
        "report": "all", "region_code": "001", "age_bracket": "all",
        "users": 90, "sessions": 120, "engaged_sessions": 80, "views": 300, "duration_us": 5_000_000,
    },
    {
        "report": "region_age", "region_code": "NL-?", "age_bracket": "unknown",
        "users": 7, "sessions": 8, "engaged_sessions": 2, "views": 9, "duration_us": 1_500_000,
    },
    {
        "report": "region_age", "region_code": "NL-?", "age_bracket": "unknown",
        "users": 3, "sessions": 3, "engaged_sessions": 0, "views": 4, "duration_us": 0,
    },
]  # fmt: skip


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    made = Home(tmp_path / "home")
    made.make()
    with held(made):
        yield made


def week(**facts: object) -> ReportWeek:
    return ReportWeek(
        week=MONDAY,
        property_id="123",
        consent_basis="basic",
        fetched_at=datetime(2026, 10, 29, 6, tzinfo=UTC),
        reports={
            "region_age": replace(ReportFacts(rows=2, is_thresholded=True, time_zone="Europe/Amsterdam"), **facts),
            "all": ReportFacts(rows=1, time_zone="Europe/Amsterdam"),
        },
        rows=pa.Table.from_pylist(TOLD, ROWS),
    )


def test_it_is_read_as_it_was_written_two_rows_of_one_place_among_it(home: Home) -> None:
    write_report_week(home, week())
    found = read_report_week(home, MONDAY)
    assert found is not None
    assert replace(found, rows=None) == replace(week(), rows=None)
    assert found.rows.to_pylist() == [TOLD[2], TOLD[1], TOLD[0]]  # finest first, then by what they say
    assert [one.week for one in read_report_weeks(home)] == stored_report_weeks(home) == [MONDAY]
    assert report_week_file(home, MONDAY).stat().st_mode & 0o777 == 0o600


def test_the_order_of_delivery_leaves_no_trace(home: Home) -> None:
    write_report_week(home, week())
    before = report_week_file(home, MONDAY).read_bytes()
    write_report_week(home, replace(week(), rows=pa.Table.from_pylist(TOLD[::-1], ROWS)))
    assert report_week_file(home, MONDAY).read_bytes() == before


@pytest.mark.parametrize(
    ("facts", "why"),
    [
        ({"is_thresholded": True}, ()),
        ({"has_other_row": True}, ()),
        ({"samples_read": 5, "sampling_space": 10}, ("sampled",)),
        ({"truncations": ("DATA_TRUNCATION_TYPE_PROPERTY",)}, ("truncated",)),
        ({"is_restricted": True}, ("restricted",)),
        ({"rows": 0, "empty_reason": "NO_DATA"}, ("empty",)),
        ({"is_restricted": True, "samples_read": 5, "sampling_space": 10}, ("sampled", "restricted")),
    ],
)
def test_what_keeps_a_week_from_freezing(home: Home, facts: dict[str, object], why: tuple[str, ...]) -> None:
    write_report_week(home, week(**facts))
    found = read_report_week(home, MONDAY)
    assert found is not None
    assert (found.shortcomings, found.is_complete) == (why, not why)


def test_nothing_is_stored_of_a_week_that_nobody_asked_for(home: Home) -> None:
    assert read_report_week(home, MONDAY) is None
    assert read_report_weeks(home) == []


@pytest.mark.parametrize("damage", [lambda path: path.unlink(), lambda path: path.write_bytes(path.read_bytes()[:-9])])
def test_a_damaged_file_is_refused_by_name(home: Home, damage: object) -> None:
    write_report_week(home, week())
    damage(report_week_file(home, MONDAY))
    with pytest.raises(StateDamaged, match=r"2026-10-19.parquet is .*asks for it again"):
        read_report_week(home, MONDAY)


def test_a_week_that_is_removed_leaves_nothing(home: Home) -> None:
    write_report_week(home, week())
    remove_report_week(home, MONDAY)
    remove_report_week(home, MONDAY)
    assert stored_report_weeks(home) == []
    assert report_week_file(home, MONDAY) not in expected(home)
