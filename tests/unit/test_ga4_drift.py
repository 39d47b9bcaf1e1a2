"""JSON day files whose nested fields changed type: refused by name where all did, counted as bad where some did."""

import json
from pathlib import Path
from typing import Any

import pytest

from refusals.errors import InputRefused
from tests.worlds.ga4_delivery import CANARY, as_bigquery_json, event, events_read, parameter, rows_of, write_lines

PARAMS = event()["event_params"]

RETYPED: list[tuple[str, Any]] = [
    ("event_params", json.dumps(PARAMS)),
    ("event_params", {"ga_session_id": 1759838400}),
    ("event_params", ["ga_session_id", "engagement_time_msec"]),
    ("event_params", [{"key": "ga_session_id", "value": "1759838400"}]),
    ("event_params", [{"key": "ga_session_id", "value": 1759838400}]),
    ("event_params", [{"key": "ga_session_id", "value": {"int_value": {"value": "1"}}}]),
    ("event_params", [{"key": {"name": "ga_session_id"}, "value": {"int_value": "1"}}]),
    ("event_params", [*PARAMS, [1]]),
    ("event_params", 7),
    ("event_params", True),
    ("geo", "Netherlands"),
    ("geo", ["Netherlands", "Utrecht"]),
    ("geo", {"country": {"name": "Netherlands"}, "region": "Utrecht"}),
    ("geo", {"country": "Netherlands", "region": 5}),
    ("device", "mobile"),
    ("device", {"category": ["mobile"]}),
    ("privacy_info", "Yes"),
    ("privacy_info", {"analytics_storage": True}),
    ("privacy_info", ["Yes"]),
]
IDS = [f"{field} {number}" for number, (field, _) in enumerate(RETYPED)]


@pytest.mark.parametrize(("field", "value"), RETYPED, ids=IDS)
def test_a_file_in_which_a_field_was_retyped_is_refused_by_its_name(tmp_path: Path, field: str, value: Any) -> None:
    retyped = event() | {field: value}
    write_lines(tmp_path / "events_20261007.json", [retyped, retyped, event() | {field: None}])
    with pytest.raises(InputRefused, match=rf"events_20261007\.json: {field} is not a") as refused:
        events_read(tmp_path)
    message = str(refused.value)
    assert CANARY not in message and "Netherlands" not in message and "1759838400" not in message
    others = {"event_params", "geo", "device", "privacy_info"} - {field}
    assert not any(other in message for other in others)


@pytest.mark.parametrize(("field", "value"), RETYPED, ids=IDS)
def test_where_others_of_the_file_have_it_right_the_event_is_bad(tmp_path: Path, field: str, value: Any) -> None:
    write_lines(tmp_path / "events_20261007.json", [event(), event() | {field: value}, event()])
    assert len(events_read(tmp_path)) == 2
    assert [row[1:4] for row in rows_of(tmp_path, "bad_records")] == [("bad_value", "events_20261007.json", 2)]


def test_all_that_changed_are_told_at_once(tmp_path: Path) -> None:
    drifted = as_bigquery_json(event()) | {"event_params": json.dumps(PARAMS), "geo": "Netherlands"}
    write_lines(tmp_path / "events_20261007.json", [drifted] * 12)
    with pytest.raises(InputRefused, match=r"event_params is not a list of records.*, geo is not a record:"):
        events_read(tmp_path)


@pytest.mark.parametrize(
    "form",
    [
        {},
        {"event_params": None, "geo": None, "device": None},
        {
            "event_params": [],
            "geo": {},
            "device": {},
            "privacy_info": {"analytics_storage": "Yes", "ads_storage": "No"},
        },
        {"event_params": [{"key": "ga_session_id"}], "geo": {"country": None}},
        {"event_params": [{"key": "ga_session_id", "value": None}, parameter("x", '{"not": "a record"}')]},
        {"event_params": [parameter("ga_session_id", whole=1) | {"more": [1, 2]}]},
    ],
)
def test_what_the_schema_allows_is_no_drift(tmp_path: Path, form: dict[str, Any]) -> None:
    write_lines(tmp_path / "events_20261007.json", [event() | form, as_bigquery_json(event() | form)])
    assert len(events_read(tmp_path)) == 2
    assert rows_of(tmp_path, "bad_records") == []


@pytest.mark.parametrize("name", ["Event_Params", "eventParams", "EVENT_PARAMS"])
def test_a_field_in_another_spelling_is_told_by_name(tmp_path: Path, name: str) -> None:
    record = event()
    record[name] = record.pop("event_params")
    write_lines(tmp_path / "events_20261007.json", [record])
    with pytest.raises(InputRefused, match=f"no row has event_params; '{name}' is there"):
        events_read(tmp_path)


def test_outside_the_interval_a_retyped_field_is_not_looked_at(tmp_path: Path) -> None:
    write_lines(tmp_path / "events_20261001.json", [event(user_id="anna") | {"geo": "x"}])
    write_lines(tmp_path / "events_20261007.json", [event()])
    assert len(events_read(tmp_path)) == 1
