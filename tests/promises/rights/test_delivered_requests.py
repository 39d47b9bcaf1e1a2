"""Requests that the app delivers: a file or a table, judged as every input, each opened once, worked off by the run."""

import csv
import gzip
import json
from datetime import UTC, datetime
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from home.run import Run
from refusals.errors import InputRefused
from rights.working_off import deadlines_to_tell, work_off_requests
from tests.worlds.rights_world import RightsWorld

COLUMNS = ("request_id", "user_id", "kind", "received_at", "channel")
GOOD = ("web-1", "anna", "erasure", "2026-01-31T23:30:00+01:00", "form")


@pytest.fixture
def world(tmp_path: Path) -> RightsWorld:
    return RightsWorld(tmp_path)


def deliver(world: RightsWorld, *rows: tuple[str, ...], name: str = "requests.csv") -> None:
    path = world.root / "landing/app" / name
    if ".jsonl" in name:
        path.write_bytes(
            gzip.compress(b"".join(json.dumps(dict(zip(COLUMNS, row, strict=True))).encode() + b"\n" for row in rows))
        )
        return
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([COLUMNS, *rows])


def run_of(world: RightsWorld, as_of: str = "2026-02-10T12:00:00Z") -> Run:
    run = Run.from_conf({"config": str(world.config), "from": "2026-02-09", "to": "2026-02-09", "as_of": as_of})
    run.home.make()
    return run


@pytest.mark.clause("rights-delivered")
@pytest.mark.parametrize("name", ["requests.csv", "requests.jsonl.gz"])
def test_each_delivered_request_is_opened_once(world: RightsWorld, name: str) -> None:
    deliver(world, GOOD, GOOD, ("web-2", "bert", "complaint", "2026-02-09T10:00:00Z", "form"), name=name)
    for _ in range(2):
        work_off_requests(run_of(world))
    found = world.requests()
    assert {one: (facts["kind"], facts["received_on"], facts["due_on"]) for one, facts in found.items()} == {
        "web-1": ("erasure", "2026-01-31", "2026-03-02"),
        "web-2": ("complaint", "2026-02-09", "2026-02-23"),
    }
    assert {facts["state"] for facts in found.values()} == {"open"}, "nothing is carried out without an identity check"


@pytest.mark.clause("rights-delivered")
def test_the_day_of_receipt_is_the_local_one(world: RightsWorld) -> None:
    deliver(world, ("late", "anna", "access", "2026-01-31T23:30:00Z", "form"))
    work_off_requests(run_of(world))
    assert world.requests()["late"]["received_on"] == "2026-02-01"


BAD = [
    (("", "anna", "access", "2026-02-01T10:00:00Z", "form"), "missing_field"),
    (("b", "", "access", "2026-02-01T10:00:00Z", "form"), "missing_field"),
    (("b", "anna", "deletion", "2026-02-01T10:00:00Z", "form"), "bad_value"),
    (("b c", "anna", "access", "2026-02-01T10:00:00Z", "form"), "bad_value"),
    (("b", "anna", "access", "2026-02-01T10:00:00Z", "web form"), "bad_value"),
    (("for-anna-1", "anna", "access", "2026-02-01T10:00:00Z", "form"), "bad_value"),
    (("b", "anna", "access", "2026-02-01 10:00", "form"), "bad_timestamp"),
    (("b", "anna", "access", "2026-02-11T10:00:00Z", "form"), "in_future"),
]


@pytest.mark.clause("rights-delivered")
@pytest.mark.parametrize(("row", "reason"), BAD)
def test_a_bad_request_is_counted_and_kept_out(world: RightsWorld, row: tuple[str, ...], reason: str) -> None:
    deliver(world, GOOD, row)
    run = run_of(world)
    work_off_requests(run)
    assert list(world.requests()) == ["web-1"]
    (file,) = run.home.quarantine.glob("*.app_requests.parquet")
    assert [(one["source"], one["reason"]) for one in pq.read_table(file).to_pylist()] == [("app_requests", reason)]


@pytest.mark.clause("rights-delivered")
def test_of_two_requests_that_differ_under_one_id_neither_is_taken(world: RightsWorld) -> None:
    deliver(
        world,
        GOOD,
        ("two", "anna", "access", "2026-02-01T10:00:00Z", "form"),
        ("two", "bert", "access", "2026-02-01T10:00:00Z", "form"),
    )
    work_off_requests(run_of(world))
    assert list(world.requests()) == ["web-1"]


@pytest.mark.clause("rights-delivered", "refuse-bad-as-a-whole")
def test_a_file_that_is_bad_as_a_whole_is_refused_until_it_is_accepted(world: RightsWorld) -> None:
    deliver(world, GOOD, *[(f"b{number}", "anna", "deletion", "2026-02-01T10:00:00Z", "form") for number in range(6)])
    with pytest.raises(InputRefused, match=r"requests\.csv: 6 of its 7 records are bad"):
        work_off_requests(run_of(world))
    from command.main import main

    assert main(["deliveries", "accept", "requests.csv", "--why", "a test", "--config", str(world.config)]) == 0
    work_off_requests(run_of(world))
    assert list(world.requests()) == ["web-1"]


@pytest.mark.clause("rights-delivered")
def test_a_home_without_requests_has_nothing_to_do(world: RightsWorld) -> None:
    work_off_requests(run_of(world))
    assert world.requests() == {}


@pytest.mark.clause("rights-reminders")
def test_deadlines_are_told_a_week_before_and_when_they_have_passed(world: RightsWorld) -> None:
    deliver(world, GOOD)
    work_off_requests(run_of(world))
    told = {
        day: deadlines_to_tell(run_of(world, f"2026-{day}T09:00:00Z")) for day in ("02-22", "02-23", "03-02", "03-03")
    }
    request = "request web-1 (erasure): its identity check"
    assert told == {
        "02-22": [],
        "02-23": [f"{request} is due on 2026-03-02, in 7 days"],
        "03-02": [f"{request} is due on 2026-03-02, in 0 days"],
        "03-03": [f"{request} was due on 2026-03-02, 1 days ago"],
    }


@pytest.mark.clause("command-status", "rights-reminders")
def test_status_tells_of_open_requests(world: RightsWorld, capsys: pytest.CaptureFixture[str]) -> None:
    from command.main import main

    deliver(world, GOOD, ("web-2", "bert", "access", f"{datetime.now(UTC):%Y-%m-%d}T00:00:00Z", "form"))
    work_off_requests(run_of(world, "2126-01-01T00:00:00Z"))
    assert main(["status", "--config", str(world.config), "--json"]) == 0
    requests = json.loads(capsys.readouterr().out)["requests"]
    assert (requests["open"], requests["near"]) == (2, [])
    assert requests["overdue"] == [
        {"request_id": "web-1", "kind": "erasure", "waits_for": "identity check", "due_on": "2026-03-02"}
    ]
    assert main(["status", "--config", str(world.config)]) == 0
    assert "request web-1 (erasure): its identity check was due on 2026-03-02" in capsys.readouterr().out
