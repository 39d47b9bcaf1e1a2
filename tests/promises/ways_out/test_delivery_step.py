"""The pipeline's step and `cmn doctor`: every destination is tried, every one that fails is named."""

import argparse
import fcntl
import os
import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest

from command.doctor.doctor import _destinations, doctor_command
from home.register.register import Register
from home.run import Run
from home.settings.settings import load_settings
from refusals.errors import AnotherRunHoldsTheLock, DeliveryFailed, DeliveryRefused, UsageError
from releases.destinations.delivery import deliver_releases
from tests.worlds.delivery_world import PublishedHome, contents, credentials, first_state, to_be_delivered
from tests.worlds.release_home import write_policy

__all__ = ["credentials"]
pytestmark = pytest.mark.usefixtures("credentials")
DAY = datetime(2026, 10, 1, tzinfo=UTC)


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Three destinations: a store that is down between two folders."""
    (tmp_path / "cmn.toml").write_text(
        'home = "home"\n[ga4.export]\nfiles = "landing/ga4"\nconsent_basis = "basic"\n'
        '[policy]\ndirectory = "policy"\n[[destination]]\nname = "first"\nfolder = "first"\n'
        '[[destination]]\nname = "store"\nurl = "s3://bucket"\nendpoint = "http://127.0.0.1:9"\n'
        '[[destination]]\nname = "last"\nfolder = "last"\n'
    )
    write_policy(tmp_path)
    settings = load_settings(tmp_path / "cmn.toml")
    first_state(PublishedHome(settings.home.root))
    return Run("run-1", settings, DAY.date(), DAY.date(), DAY)


def test_one_that_is_down_does_not_keep_the_others_waiting(run: Run, tmp_path: Path) -> None:
    with pytest.raises(DeliveryFailed, match="'store'") as failed:
        deliver_releases(run)
    assert "not delivered either" not in str(failed.value)
    expected = to_be_delivered(run.home)
    assert contents(tmp_path / "first") == contents(tmp_path / "last") == expected
    with Register(run.home) as register:
        row = register.run("run-1")
    counts = {"releases": 2, "sent": len(expected), "sent_bytes": sum(map(len, expected.values())), "deleted": 0}
    assert row["counts"]["deliveries"] == {"first": counts, "last": counts}
    assert row["exit_code"] == 1
    assert row["message"].startswith("deliver_releases: destination 'store'")


def test_all_that_fail_are_named_and_the_first_is_told(run: Run, tmp_path: Path) -> None:
    for name in ("first", "last"):
        (tmp_path / name / "portal").mkdir(parents=True)
        (tmp_path / name / "portal" / "index.html").write_text("theirs")
    with pytest.raises(DeliveryRefused, match=r"'first'.*\(not delivered either: store, last\)$"):
        deliver_releases(run)


def test_repeated_it_is_done(run: Run) -> None:
    with pytest.raises(DeliveryFailed):
        deliver_releases(run)
    folders = tuple(one for one in run.settings.destinations if one.folder)
    mended = Run(
        "run-1", run.settings.model_copy(update={"destinations": folders}), run.first_day, run.last_day, run.as_of
    )
    deliver_releases(mended)
    with Register(run.home) as register:
        assert register.run("run-1")["exit_code"] is None


def test_without_destinations_nothing_is_done(run: Run) -> None:
    none = Run("run-2", run.settings.model_copy(update={"destinations": ()}), run.first_day, run.last_day, run.as_of)
    shutil.rmtree(run.home.releases)
    deliver_releases(none)


def test_it_holds_the_lock(run: Run) -> None:
    descriptor = os.open(run.home.lock, os.O_RDWR | os.O_CREAT)
    fcntl.flock(descriptor, fcntl.LOCK_EX)
    with pytest.raises(AnotherRunHoldsTheLock):
        deliver_releases(run)
    os.close(descriptor)


@pytest.mark.clause("command-doctor")
def test_doctor_says_of_each_what_to_mend(
    run: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    findings = dict(_destinations(run.settings))
    assert findings["destination first"] is None
    assert findings["destination last"] is None
    assert "could not be reached" in str(findings["destination store"])
    assert not (tmp_path / "first").exists()
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    assert "AWS_SECRET_ACCESS_KEY is not set" in str(dict(_destinations(run.settings))["destination store"])
    with pytest.raises(UsageError):
        doctor_command(argparse.Namespace(config=run.settings.file, deep=False))
    printed = capsys.readouterr().out
    assert "ok    destination first" in printed
    assert "mend  destination store: destination 'store': AWS_SECRET_ACCESS_KEY is not set" in printed
