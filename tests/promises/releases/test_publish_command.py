"""`cmn releases publish` and `cmn weeks retract`: what they print, what they leave, and how they end."""

import json
import os
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pytest

from command import publish as command_publish
from command.main import main
from home.run import Run
from portal import readers
from refusals.errors import DeliveryFailed, UsageError
from releases.destinations import delivery
from releases.publishing.listing import published_releases
from tests.worlds.release_home import copied, files_below, make_frozen_home, write_policy

APPROVED = {f"{name}/{label}" for name in ("usage_by_hour", "session_length_by_age") for label in ("2026-W38-v1",)}


@pytest.fixture(scope="module")
def frozen(tmp_path_factory: pytest.TempPathFactory) -> Run:
    return make_frozen_home(tmp_path_factory.mktemp("frozen"))


@pytest.fixture
def home(frozen: Run, tmp_path: Path) -> Run:
    return copied(frozen, tmp_path)


@pytest.fixture(scope="module")
def published(frozen: Run, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """All that is due is published."""
    run = copied(frozen, tmp_path_factory.mktemp("published"))
    assert cmn(run, "releases", "publish") == 0
    return run


@pytest.fixture
def published_home(published: Run, tmp_path: Path) -> Run:
    return copied(published, tmp_path)


def cmn(run: Run, *arguments: object) -> int:
    before = os.umask(0o022)
    try:
        return main([*map(str, arguments), "--config", str(run.settings.file)])
    finally:
        os.umask(before)


def names(run: Run) -> set[str]:
    return {str(release.id) for release in published_releases(run.home)}


def test_what_is_due_is_published_and_shown(home: Run, capsys: pytest.CaptureFixture[str]) -> None:
    assert cmn(home, "releases", "publish", "--json") == 0
    told = json.loads(capsys.readouterr().out)
    assert set(told["releases"]) == names(home)
    assert len(names(home)) == 5 * 3 + 1
    page = (home.home.portal / "usage_by_region_age.html").read_text()
    catalogue = (home.home.releases / "catalogue.jsonld").read_text()
    for name in names(home):
        assert name in catalogue
    assert "2026-Q3" in page
    assert cmn(home, "releases", "publish") == 0
    assert capsys.readouterr().out == "nothing new was released\n"


def test_one_that_is_named_and_its_correction(home: Run, capsys: pytest.CaptureFixture[str]) -> None:
    assert cmn(home, "releases", "publish", "usage_by_hour/2026-W39") == 0
    assert capsys.readouterr().out == "published: usage_by_hour/2026-W39-v1\n"
    assert cmn(home, "releases", "publish", "usage_by_hour/2026-W39", "--correction", "spelt  anew") == 0
    assert {str(one.id): one.why for one in published_releases(home.home)} == {
        "usage_by_hour/2026-W39-v1": "", "usage_by_hour/2026-W39-v2": "spelt anew",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (["usage_by_hour"], 2, "say dataset and period"),
        (["usage_by_hour/2026-W99"], 2, "an ISO week such as 2026-W39"),
        (["usage_by_hour/2026-W39", "usage_by_hour/2026-W38", "--correction", "x"], 2, "is of one release"),
        (["--correction", "x"], 2, "is of one release"),
        (["usage_by_hour/2026-W39", "--correction", " "], 2, "--correction must say the reason"),
        (["usage_by_hour/2026-W39", "--correction", "for jan@example.org"], 2, "looks like an e-mail address"),
        (["usage_by_hour/2026-W39", "--correction", "from 203.0.113.7"], 2, "an IP address"),
        (["usage_by_hour/2026-W39", "--correction", "a\u202eb"], 2, "a sign that cannot be shown"),
        (["usage_by_hour/2026-W39", "--correction", "x" * 501], 2, "longer than 500 characters"),
        (["--as-of", "2099-01-01T00:00:00Z"], 2, "ahead of the clock"),
        (["--as-of", "0001-01-01T00:00:00+14:00"], 2, "must be a timestamp"),
        (["--as-of", "yesterday"], 2, "must be a timestamp"),
    ],
)
def test_what_is_wrong_is_told_in_one_line_and_changes_nothing(
    home: Run, capsys: pytest.CaptureFixture[str], arguments: list[str], code: int, says: str
) -> None:
    before = files_below(home.home.releases)
    assert cmn(home, "releases", "publish", *arguments, "--json") == code
    told = capsys.readouterr()
    assert says in told.err and told.err.count("\n") == 1
    assert json.loads(told.out)["exit_code"] == code
    assert files_below(home.home.releases) == before


@pytest.mark.clause("exit-codes")
def test_without_an_approval_it_ends_with_four(home: Run, capsys: pytest.CaptureFixture[str]) -> None:
    write_policy(home.settings.file.parent, ())
    assert cmn(home, "releases", "publish") == 4
    assert "no dataset is approved" in capsys.readouterr().err
    assert names(home) == set()


@pytest.mark.parametrize("field", ["reviewer", "reference"])
@pytest.mark.parametrize("text", ["jan@example.org", "two\\nlines", "a\\u0007bell"])
def test_an_approval_that_cannot_be_published_is_refused(
    home: Run, capsys: pytest.CaptureFixture[str], field: str, text: str
) -> None:
    file = home.settings.file.parent / "policy" / "releases.toml"
    lines = file.read_text().splitlines()
    file.write_text("\n".join(f'{field} = "{text}"' if line.startswith(field) else line for line in lines))
    assert cmn(home, "releases", "publish") == 2
    assert field in capsys.readouterr().err


def raising(error: Exception) -> Callable[..., Any]:
    def step(*_: Any) -> None:
        raise error

    return step


FULL = OSError(28, "No space left on device", "/somewhere/data.csv")


@pytest.mark.clause("errors-in-words", "output-json", "exit-codes")
@pytest.mark.parametrize(
    ("error", "ends"),
    [
        (RuntimeError("Canary-Person"), (1, "unexpected RuntimeError at ")),
        (FULL, (1, "/somewhere/data.csv: the disk is full, or its quota used up: make room, and run the same again")),
        (UsageError("setting 'x' is missing"), (2, "setting 'x' is missing")),
    ],
)
def test_every_error_ends_in_words_and_with_its_code(
    home: Run,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    error: Exception,
    ends: tuple[int, str],
) -> None:
    code, says = ends
    monkeypatch.setattr(command_publish, "publish_weeks", raising(error))
    for debug in ([], ["--debug"]):
        assert cmn(home, "releases", "publish", "--json", *debug) == code
        told = capsys.readouterr()
        assert says in told.err.splitlines()[-1]
        assert ("Traceback" in told.err) == bool(debug)
        assert debug or "Canary" not in told.err
        assert json.loads(told.out) == {"error": told.err.splitlines()[-1].removeprefix("cmn: "), "exit_code": code}


def test_a_portal_that_fails_keeps_no_destination_waiting(
    home: Run, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    delivered: list[str] = []
    monkeypatch.setattr(readers, "build_portal", raising(UsageError("planted in the portal")))
    monkeypatch.setattr(delivery, "deliver_releases", lambda run: delivered.append(run.run_id))
    assert cmn(home, "releases", "publish", "usage_by_hour/2026-W39") == 2
    told = capsys.readouterr()
    assert (told.out, told.err) == ("published: usage_by_hour/2026-W39-v1\n", "cmn: planted in the portal\n")
    assert len(delivered) == 1


def test_a_destination_that_fails_leaves_the_release_published(
    home: Run, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(delivery, "deliver_releases", raising(DeliveryFailed("destination x could not be reached")))
    assert cmn(home, "releases", "publish", "usage_by_hour/2026-W39") == 1
    assert "destination x" in capsys.readouterr().err
    assert names(home) == {"usage_by_hour/2026-W39-v1"}
    assert (home.home.portal / "index.html").exists()


def test_a_withdrawal_before_there_are_marts(home: Run, capsys: pytest.CaptureFixture[str]) -> None:
    assert cmn(home, "releases", "publish", "usage_by_hour/2026-W39") == 0
    home.home.marts.unlink()
    for path in sorted(home.home.portal.rglob("*"), reverse=True):
        path.unlink() if path.is_file() else path.rmdir()
    assert cmn(home, "releases", "withdraw", "usage_by_hour/2026-W39-v1", "--why", "wrong") == 0
    assert "withdrawn: usage_by_hour/2026-W39-v1" in capsys.readouterr().out


def leaves_of(home: Run, dataset: str) -> list[str]:
    """Every file of the portal and of the destination that is named after a dataset or, of hours, holds a row of it."""
    with duckdb.connect(str(home.home.marts), read_only=True) as con:
        told = con.execute(
            "select users, sessions, minutes from usage_by_hour_week where (hour_from, hour_to) <> (0, 23)"
        ).fetchall()
    assert told
    rows = [f",{users},{sessions},{minutes}".encode() for users, sessions, minutes in told if dataset == LAPSED]
    found = []
    for folder in (home.home.portal, home.settings.file.parent / "out"):
        for name, content in files_below(folder).items():
            is_tombstone = (folder / name).with_name("TOMBSTONE.json").exists()
            if not is_tombstone and (dataset in name or any(row in content for row in rows)):
                found.append(name)
    return found


LAPSED = "usage_by_hour"
COMMANDS = {
    "publish": (["releases", "publish"], 0),
    "publish what is not approved": (
        ["releases", "publish", "usage_by_hour/2026-W39", "--correction", "spelt anew"],
        4,
    ),
    "withdraw": (["releases", "withdraw", "usage_by_region_age/2026-W40-v1", "--why", "counted twice"], 0),
    "retract": (["weeks", "retract", "2026-09-14", "--source", "app", "--why", "counted twice"], 0),
    "publish, nothing approved": (["releases", "publish"], 4),
}


@pytest.mark.clause("out-lapsed")
@pytest.mark.parametrize(("arguments", "code"), COMMANDS.values(), ids=COMMANDS)
def test_a_lapsed_approval_takes_effect_in_every_command(
    home: Run, capsys: pytest.CaptureFixture[str], arguments: list[str], code: int
) -> None:
    """At home and at the destination, whatever else the command refuses."""
    with home.settings.file.open("a") as file:
        file.write('\n[[destination]]\nname = "disk"\nfolder = "out"\n')
    assert cmn(home, "releases", "publish") == 0
    assert len(leaves_of(home, LAPSED)) > 20
    left = () if arguments == ["releases", "publish"] and code == 4 else ("usage_by_region_age", "ga4_engagement")
    write_policy(home.settings.file.parent, left)
    assert cmn(home, *arguments) == code
    assert leaves_of(home, LAPSED) == []
    assert (left == ()) == (leaves_of(home, "ga4_engagement") == [])
    assert (home.home.releases / "usage_by_hour/2026-W39-v1/data.csv").exists(), "the home keeps it for its audits"
    write_policy(home.settings.file.parent)
    assert cmn(home, "releases", "publish") == 0
    assert len(leaves_of(home, LAPSED)) > 10


@pytest.mark.clause("command-weeks-retract")
def test_a_retraction_says_what_it_took_back_and_readers_see_it(
    published_home: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cmn(published_home, "weeks", "retract", "2026-09-14", "--source", "app", "--why", "counted twice") == 0
    told = capsys.readouterr().out
    for name in ("usage_by_region_age/2026-Q3-v1", *APPROVED):
        assert f"withdrawn: {name}, which held it" in told
    assert "usage_by_region_age/2026-Q3-v2" in names(published_home)
    assert "counted twice" in (published_home.home.portal / "usage_by_region_age.html").read_text()
    assert "counted twice" in (published_home.home.releases / "catalogue.jsonld").read_text()
    assert (published_home.home.releases / "usage_by_hour/2026-W38-v1/TOMBSTONE.json").exists()


def test_readers_see_a_retraction_whose_quarter_is_refused(
    published_home: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    (published_home.settings.file.parent / "policy" / "anonymity.toml").write_text("k = 60\ncount_step = 60\n")
    assert cmn(published_home, "weeks", "retract", "2026-09-14", "--source", "app", "--why", "counted twice") == 4
    told = capsys.readouterr()
    assert "audit of usage_by_region_age/2026-Q3-v2" in told.err
    assert "withdrawn: usage_by_region_age/2026-Q3-v1" in told.out
    assert "counted twice" in (published_home.home.portal / "usage_by_region_age.html").read_text()


def test_a_reason_that_names_somebody_stops_a_retraction_before_it_begins(home: Run) -> None:
    before = files_below(home.home.cells)
    assert cmn(home, "weeks", "retract", "2026-09-14", "--why", "session of jan@example.org") == 2
    assert files_below(home.home.cells) == before


@pytest.mark.clause("command-status")
def test_status_names_the_newest_release(published_home: Run, capsys: pytest.CaptureFixture[str]) -> None:
    assert cmn(published_home, "status") == 0
    newest = capsys.readouterr().out.splitlines()[-1]
    assert newest.startswith("releases in all: 16 published; the newest ") and newest.endswith("2026-W40-v1")
    assert date.fromisocalendar(2026, 40, 1) == date(2026, 9, 28)
