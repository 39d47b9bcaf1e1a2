"""A release appears whole or not at all and never changes; a withdrawn one leaves a tombstone; kills harm neither."""

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import pytest

from home.keys import weeks_with_keys
from home.layout import Home
from home.lock import held
from refusals.errors import AnotherRunHoldsTheLock, UsageError, VerificationFailed
from releases.ledger.period import Period
from releases.ledger.release_id import ReleaseId
from releases.ledger.signing import PublicKey
from releases.ledger.states import MOVES
from releases.publishing import publisher as publishing
from releases.publishing.key_rotation import rotate_key
from releases.publishing.listing import published_releases
from releases.publishing.publisher import publishing_to, recover, withdraw
from releases.publishing.verification import verify
from tests.readers.releases_on_disk import AT, FIRST, LATER, MENDED, SECOND, WHY, files_of, home_in, killed_before, tree
from tests.worlds.one_release import publish


def put(home: Home, *releases: ReleaseId) -> None:
    for release in releases:
        publish(home, release, files_of(release), at=AT, why="regions of Zeeland added" if release.version > 1 else "")


def states(home: Home) -> dict[str, str]:
    return {str(release.id): str(release.state) for release in published_releases(home)}


@pytest.mark.clause("release-files")
def test_a_release_is_what_was_given_and_its_seals(tmp_path: Path) -> None:
    home = home_in(tmp_path / "home")
    put(home, FIRST)
    folder = home.releases / "usage_by_region_age" / "2026-W39-v1"
    given = files_of(FIRST)
    assert {path.name for path in folder.iterdir()} == {
        *given, "public-key.pem", "CHECKSUMS.sha256", "CHECKSUMS.sha256.sig", "ledger-entry.json",
    }  # fmt: skip
    assert all((folder / name).read_bytes() == content for name, content in given.items())
    command = ["sha256sum", "--check", "--strict", "CHECKSUMS.sha256"]
    checked = subprocess.run(command, cwd=folder, capture_output=True, check=False)
    assert checked.returncode == 0
    assert checked.stdout.count(b": OK\n") == len(given) + 1
    [release] = published_releases(home)
    assert (release.id, release.state, release.published_at) == (FIRST, "published", AT)
    assert (release.withdrawn_at, release.why, release.superseded_by, release.folder) == (None, "", None, folder)
    entry = json.loads((folder / "ledger-entry.json").read_bytes())
    assert (entry["sequence"], entry["previous"], entry["at"]) == (1, "0" * 64, "2026-11-19T06:00:00Z")


@pytest.mark.clause("home-private")
def test_everyone_may_read_what_is_published_and_nobody_the_key(tmp_path: Path) -> None:
    before = os.umask(0o077)
    try:
        home = Home(tmp_path / "home")
        home.make()
        put(home, FIRST, SECOND)
        withdraw(home, SECOND, why=WHY, at=LATER)
    finally:
        os.umask(before)
    for path in [home.releases, *home.releases.rglob("*")]:
        assert path.stat().st_mode & 0o777 == (0o755 if path.is_dir() else 0o644), path
    key = home.keys / "release-signing.key"
    assert key.stat().st_mode & 0o777 == 0o600
    assert len(key.read_bytes()) == 32
    assert (home.work / "releases").stat().st_mode & 0o777 == 0o700


def test_the_key_is_made_once_and_is_no_weeks_key(tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    home.make()
    put(home, FIRST)
    key = (home.keys / "release-signing.key").read_bytes()
    put(home, SECOND)
    assert (home.keys / "release-signing.key").read_bytes() == key
    assert weeks_with_keys(home) == []
    other = Home(tmp_path / "other")
    other.make()
    put(other, FIRST)
    assert (other.keys / "release-signing.key").read_bytes() != key


def test_the_same_inputs_give_the_same_bytes(tmp_path: Path) -> None:
    homes = [home_in(tmp_path / name) for name in ("one", "two")]
    for home in homes:
        put(home, FIRST, SECOND)
    assert tree(homes[0].releases) == tree(homes[1].releases)


@pytest.mark.clause("release-whole")
def test_publishing_again_changes_nothing_and_never_other_files(tmp_path: Path) -> None:
    home = home_in(tmp_path / "home")
    put(home, FIRST)
    before = tree(home.releases)
    put(home, FIRST)
    with pytest.raises(UsageError, match="never changes: the next version is usage_by_region_age/2026-W39-v2"):
        publish(home, FIRST, {**files_of(FIRST), "data.csv": b"other\n"}, at=AT)
    with pytest.raises(UsageError, match="too early: the next version is usage_by_hour/2026-W39-v1"):
        publish(home, ReleaseId.parse("usage_by_hour/2026-W39-v2"), files_of(SECOND), at=AT)
    assert tree(home.releases) == before


@pytest.mark.parametrize(
    "name", ["../x", "a/b", ".hidden", "ledger-entry.json", "public-key.pem", "TOMBSTONE.json", "a b", ""]
)
def test_a_file_cannot_have_a_name_that_reaches_out_or_is_a_seals(tmp_path: Path, name: str) -> None:
    home = home_in(tmp_path / "home")
    with pytest.raises(UsageError, match="cannot hold a file named"):
        publish(home, FIRST, {name: b""}, at=AT)
    assert published_releases(home) == []


def test_a_later_version_supersedes_and_a_withdrawn_one_no_longer_does(tmp_path: Path) -> None:
    home = home_in(tmp_path / "home")
    put(home, FIRST, MENDED, SECOND)
    assert states(home) == {str(FIRST): "superseded", str(MENDED): "published", str(SECOND): "published"}
    assert published_releases(home)[0].superseded_by == MENDED
    withdraw(home, MENDED, why=WHY, at=LATER)
    assert states(home) == {str(FIRST): "published", str(MENDED): "withdrawn", str(SECOND): "published"}
    withdraw(home, FIRST, why=WHY, at=LATER)
    third = ReleaseId.parse("usage_by_region_age/2026-W39-v3")
    put(home, third)
    assert states(home)[str(third)] == "published"
    with pytest.raises(UsageError, match="next version is usage_by_region_age/2026-W39-v4"):
        put(home, FIRST)


def test_every_change_of_state_is_a_move_of_the_table(tmp_path: Path) -> None:
    home = home_in(tmp_path / "home")
    before: dict[str, str] = {}
    steps: list[Callable[[], object]] = [
        lambda: put(home, FIRST),
        lambda: put(home, MENDED),
        lambda: withdraw(home, MENDED, why=WHY, at=LATER),
        lambda: put(home, ReleaseId.parse("usage_by_region_age/2026-W39-v3")),
        lambda: withdraw(home, FIRST, why=WHY, at=LATER),
    ]
    seen = set()
    for step in steps:
        step()
        after = states(home)
        seen |= {(before.get(name, "sealed"), after[name]) for name in after if before.get(name) != after[name]}
        before = after
    assert seen <= {(str(state), str(to)) for state, following in MOVES.items() for to in following}
    assert len(seen) == 5


@pytest.mark.clause("release-withdraw")
def test_a_withdrawn_release_leaves_a_tombstone_with_the_reason(tmp_path: Path) -> None:
    home = home_in(tmp_path / "home")
    put(home, FIRST)
    digest = published_releases(home)[0].sha256
    withdraw(home, FIRST, why=WHY, at=LATER)
    folder = home.releases / str(FIRST)
    assert {path.name for path in folder.iterdir()} == {
        "TOMBSTONE.json", "README.md", "public-key.pem", "ledger-entry.json",
    }  # fmt: skip
    assert json.loads((folder / "TOMBSTONE.json").read_bytes()) == {
        "format": 2,
        "cause": "decision",
        "week": None,
        "release": "usage_by_region_age/2026-W39-v1",
        "release_sha256": digest,
        "state": "withdrawn",
        "why": WHY,
        "withdrawn_at": "2026-11-26T06:00:00Z",
    }
    readme = (folder / "README.md").read_text(encoding="utf-8")
    assert readme.count(WHY) == readme.count(digest) == 2
    assert "was withdrawn on 2026-11-26T06:00:00Z" in readme
    assert "is ingetrokken op 2026-11-26T06:00:00Z" in readme
    with pytest.raises(VerificationFailed, match=f"withdrawn on 2026-11-26T06:00:00Z: {WHY}"):
        verify(folder)
    before = tree(home.releases)
    withdraw(home, FIRST, why=WHY, at=LATER + timedelta(days=1))  # said again: nothing new
    assert tree(home.releases) == before
    with pytest.raises(UsageError, match="is withdrawn, so it cannot become withdrawn"):
        withdraw(home, FIRST, why="another reason", at=LATER)


@pytest.mark.parametrize("why", ["two\nlines", "a bell \a", "\ud800", "", "  "])
def test_a_reason_is_one_line_of_text(tmp_path: Path, why: str) -> None:
    home = home_in(tmp_path / "home")
    put(home, FIRST)
    before = tree(home.releases)
    with pytest.raises(UsageError, match="reason"):
        withdraw(home, FIRST, why=why, at=LATER)
    assert tree(home.releases) == before


def test_what_is_not_published_cannot_be_withdrawn(tmp_path: Path) -> None:
    home = home_in(tmp_path / "home")
    with pytest.raises(UsageError, match="is not published"):
        withdraw(home, FIRST, why=WHY, at=LATER)


@pytest.fixture
def _quick_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    """A walk over hundreds of kills need not wait for the disk; the operation is still there to be killed before."""
    monkeypatch.setattr(os, "fsync", lambda _: None)


@dataclass(frozen=True)
class Walk:
    """What is walked: `start` makes the old state, `action` leads to the new one."""

    start: Callable[[Home], object]
    action: Callable[[Home], object]
    fewest_steps: int


WALKS = {
    "publish the first": Walk(lambda home: None, lambda home: put(home, FIRST), 60),
    "publish another": Walk(lambda home: put(home, SECOND), lambda home: put(home, FIRST), 60),
    "publish a later version": Walk(lambda home: put(home, SECOND, FIRST), lambda home: put(home, MENDED), 60),
    "withdraw": Walk(
        lambda home: put(home, SECOND, FIRST), lambda home: withdraw(home, FIRST, why=WHY, at=LATER), 50
    ),
}  # fmt: skip


@pytest.mark.clause("release-whole")
@pytest.mark.usefixtures("_quick_disk")
@pytest.mark.parametrize("walk", WALKS.values(), ids=WALKS)
def test_killed_before_any_file_operation_the_old_or_the_new_state_stands(tmp_path: Path, walk: Walk) -> None:
    """Killed before its 1st, 2nd, … file operation: readers see old or new; who comes next finishes or removes it."""
    old = home_in(tmp_path / "old")
    walk.start(old)
    new = home_in(tmp_path / "new")
    walk.start(new)
    walk.action(new)
    told_before, told_after = states(old), states(new)
    left_as = set()
    for step in range(10**4):
        home = Home(tmp_path / "home")
        shutil.copytree(old.root, home.root)
        if not killed_before(step, lambda: walk.action(home)):  # noqa: B023  # run within this turn of the loop
            break
        if (home.releases / "ledger.jsonl").exists() or not (home.releases / str(FIRST)).exists():
            told = states(home)
            assert told in (told_before, told_after)
            check_is_what_it_says(home)
            left_as.add(told == told_after)
        recovered = Home(tmp_path / "recovered")
        shutil.copytree(home.root, recovered.root)
        recover(recovered)
        found = without_empty(tree(recovered.releases))
        with_key = {**without_empty(tree(old.releases)), "public-key.pem": tree(new.releases)["public-key.pem"]}
        assert found in (with_key, without_empty(tree(new.releases)))
        walk.action(home)
        assert tree(home.releases) == tree(new.releases)
        assert [path for path in (home.work / "releases").rglob("*") if path.is_file()] == []
        shutil.rmtree(home.root)
        shutil.rmtree(recovered.root)
    print(f"{step} kills")
    assert step >= walk.fewest_steps
    assert left_as == {False, True}


def check_is_what_it_says(home: Home) -> None:
    """What the ledger calls published is there and verifies; of what it calls withdrawn, no copy verifies."""
    for release in published_releases(home):
        ledger = home.releases / "ledger.jsonl"
        if release.state != "withdrawn":
            assert verify(release.folder, None, ledger).id == release.id
        elif release.folder.exists():
            with pytest.raises(VerificationFailed, match="was withdrawn on"):
                verify(release.folder, None, ledger)


def without_empty(found: dict[str, tuple[int, bytes]]) -> dict[str, tuple[int, bytes]]:
    """Without folders that hold nothing: those of datasets stay when their only release is removed."""
    return {
        name: told for name, told in found.items() if told[1] or any(other.startswith(name + "/") for other in found)
    }


@pytest.mark.usefixtures("_quick_disk")
@pytest.mark.parametrize("what", ["publish another", "withdraw"])
def test_recovery_may_be_killed_too(tmp_path: Path, what: str) -> None:
    walk = WALKS[what]
    new = home_in(tmp_path / "new")
    walk.start(new)
    walk.action(new)
    half_done = home_in(tmp_path / "half")
    walk.start(half_done)
    ledger_before = (half_done.releases / "ledger.jsonl").read_bytes()
    shutil.copytree(half_done.root, tmp_path / "start")
    for at in range(10**4):  # the latest kill that leaves something to do
        shutil.rmtree(half_done.root)
        shutil.copytree(tmp_path / "start", half_done.root)
        killed_before(at, lambda: walk.action(half_done))
        is_named = (half_done.releases / "ledger.jsonl").read_bytes() != ledger_before
        if (what == "withdraw" and is_named) or ((half_done.releases / str(FIRST)).exists() and what != "withdraw"):
            break
    for step in range(10**4):
        home = Home(tmp_path / "home")
        shutil.copytree(half_done.root, home.root)
        if not killed_before(step, lambda: recover(home)):  # noqa: B023  # run within this turn of the loop
            break
        recover(home)
        assert tree(home.releases) == tree(new.releases)
        shutil.rmtree(home.root)
    print(f"{step} kills")
    assert step >= 20
    assert tree(home.releases) == tree(new.releases)


def test_what_the_ledger_does_not_name_and_is_not_whole_is_removed(tmp_path: Path) -> None:
    """A folder that is next in the chain is rolled forward; one byte off, it was never published."""
    home, other = home_in(tmp_path / "home"), home_in(tmp_path / "other")
    put(home, FIRST)
    put(other, FIRST, SECOND)
    place = home.releases / str(SECOND)
    shutil.copytree(other.releases / str(SECOND), place)
    whole = Home(tmp_path / "whole")
    shutil.copytree(home.root, whole.root)
    recover(whole)
    assert tree(whole.releases) == tree(other.releases)
    (place / "data.csv").write_bytes((place / "data.csv").read_bytes()[:-1])
    (home.releases / "usage_by_hour" / "2026-W40-v1").symlink_to(place)
    (home.releases / "usage_by_hour" / "notes.txt").write_text("an operator's own")
    (home.releases / "usage_by_hour" / "2026-W41-v1").mkdir()
    recover(home)
    assert states(home) == {str(FIRST): "published"}
    assert [path.name for path in (home.releases / "usage_by_hour").iterdir()] == ["notes.txt"]


def test_of_two_that_would_be_next_one_is_published(tmp_path: Path) -> None:
    """As after a full disk kept the ledger from naming one, and a kill the other."""
    home, other = home_in(tmp_path / "home"), home_in(tmp_path / "other")
    put(home, FIRST)
    put(other, FIRST, SECOND)
    shutil.copytree(other.releases / str(SECOND), home.releases / str(SECOND))
    ledger = (home.releases / "ledger.jsonl").read_bytes()
    third = home_in(tmp_path / "third")
    put(third, FIRST, MENDED)
    shutil.copytree(third.releases / str(MENDED), home.releases / str(MENDED))
    recover(home)
    assert states(home) == {str(FIRST): "published", str(SECOND): "published"}
    assert not (home.releases / str(MENDED)).exists()
    assert (home.releases / "ledger.jsonl").read_bytes() != ledger


def test_a_ledger_that_is_older_than_the_releases_is_not_written_over(tmp_path: Path) -> None:
    home = home_in(tmp_path / "home")
    put(home, FIRST)
    older = (home.releases / "ledger.jsonl").read_bytes()
    put(home, SECOND, MENDED)
    (home.releases / "ledger.jsonl").write_bytes(older)
    before = tree(home.releases)
    for attempt in (lambda: recover(home), lambda: put(home, FIRST), lambda: withdraw(home, FIRST, why=WHY, at=LATER)):
        with pytest.raises(VerificationFailed, match=r"ledger\.jsonl is older than release usage_by"):
            attempt()
    assert tree(home.releases) == before


def test_a_withdrawal_that_an_older_ledger_forgot_is_not_forgotten(tmp_path: Path) -> None:
    home = home_in(tmp_path / "home")
    put(home, FIRST)
    older = (home.releases / "ledger.jsonl").read_bytes()
    withdraw(home, FIRST, why=WHY, at=LATER)
    (home.releases / "ledger.jsonl").write_bytes(older)
    assert (home.releases / str(FIRST) / "TOMBSTONE.json").exists()
    with pytest.raises(VerificationFailed, match=r"ledger\.jsonl is older than release"):
        put(home, SECOND)


def test_a_missing_ledger_is_no_empty_one(tmp_path: Path) -> None:
    home = home_in(tmp_path / "home")
    put(home, FIRST, SECOND)
    (home.releases / "ledger.jsonl").unlink()
    before = tree(home.releases)
    with pytest.raises(VerificationFailed, match=r"ledger\.jsonl is missing, but 2 release folders are there"):
        published_releases(home)
    with pytest.raises(VerificationFailed, match=r"ledger\.jsonl is older than"):
        recover(home)
    for release in (FIRST, SECOND):
        (home.releases / str(release) / "ledger-entry.json").write_bytes(b"{}\n")
    with pytest.raises(VerificationFailed, match=r"ledger\.jsonl is missing, but 2 release folders are there"):
        recover(home)
    assert set(tree(home.releases)) == set(before)


def test_a_lost_or_another_key_signs_nothing(tmp_path: Path) -> None:
    home = home_in(tmp_path / "home")
    put(home, FIRST)
    key = home.keys / "release-signing.key"
    before = tree(home.releases)
    key.unlink()
    with pytest.raises(VerificationFailed, match=r"key store has no release-signing\.key.*rotate-key"):
        put(home, SECOND)
    assert not key.exists()
    key.write_bytes(b"x" * 32)
    with pytest.raises(VerificationFailed, match=r"release-signing\.key is .*rotate-key"):
        put(home, SECOND)
    assert tree(home.releases) == before
    key.write_bytes(b"k" * 32)
    (home.releases / "public-key.pem").unlink()  # put back, since the key store has the key
    put(home, SECOND)
    assert states(home) == {str(FIRST): "published", str(SECOND): "published"}


def test_who_comes_while_another_publishes_is_told_and_changes_nothing(tmp_path: Path) -> None:
    home = home_in(tmp_path / "home")
    put(home, FIRST)
    code = (
        "import sys; from pathlib import Path; from home.layout import Home; from home.lock import held\n"
        "with held(Home(Path(sys.argv[1]))): print('held', flush=True); sys.stdin.read()"
    )
    holder = subprocess.Popen(
        [sys.executable, "-c", code, str(home.root)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    try:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        before = tree(home.root)
        for attempt in (
            lambda: put(home, SECOND),
            lambda: withdraw(home, FIRST, why=WHY, at=LATER),
            lambda: recover(home),
        ):
            with pytest.raises(AnotherRunHoldsTheLock):
                attempt()
        assert tree(home.root) == before
        assert states(home) == {str(FIRST): "published"}  # reading needs no lock
    finally:
        holder.communicate(timeout=30)
    with held(home):  # a run publishes under the lock that it holds already
        put(home, SECOND)


def test_a_failed_write_leaves_the_old_state_and_the_publisher_usable(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = home_in(tmp_path / "home")
    put(home, FIRST)
    replace_file = publishing.replace_file

    def full_disk(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with publishing_to(home) as publisher:
        monkeypatch.setattr(publishing, "replace_file", full_disk)
        with pytest.raises(OSError, match="No space"):
            publisher.publish(SECOND, files_of(SECOND), AT)
        assert states(home) == {str(FIRST): "published"}
        monkeypatch.setattr(publishing, "replace_file", replace_file)
        publisher.publish(MENDED, files_of(MENDED), AT, "regions added")
    recover(home)
    assert states(home) == {str(FIRST): "superseded", str(MENDED): "published"}
    assert not (home.releases / str(SECOND)).exists()


def test_a_hundred_releases_check_the_chain_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A first run takes seconds: 0.6 on a quiet machine, most of it waiting for the disk."""
    home = home_in(tmp_path / "home")
    put(home, SECOND)
    checked = []
    verify_signature = PublicKey.verify

    def counted(key: PublicKey, content: bytes, signature: bytes) -> bool:
        checked.append(content)
        return verify_signature(key, content, signature)

    monkeypatch.setattr(PublicKey, "verify", counted)
    weeks = [Period.week(date(2024, 1, 1) + timedelta(weeks=number)) for number in range(100)]
    releases = [ReleaseId("usage_by_region_age", week, 1) for week in weeks]
    began = time.perf_counter()
    with publishing_to(home) as publisher:
        for release in releases:
            publisher.publish(release, files_of(release), AT)
    print(f"{time.perf_counter() - began:.2f} s")
    assert len(checked) == 3  # the one entry, the head, and the entry in its folder
    assert [release.id for release in published_releases(home)] == [SECOND, *releases]


@pytest.mark.clause("command-releases")
def test_after_a_rotation_old_and_new_releases_stand(tmp_path: Path) -> None:
    home = home_in(tmp_path / "home")
    put(home, FIRST)
    old_pem = (home.releases / "public-key.pem").read_bytes()
    (home.keys / "release-signing.key").unlink()  # lost
    key = rotate_key(home, LATER)
    put(home, SECOND)
    assert states(home) == {str(FIRST): "published", str(SECOND): "published"}
    assert (home.releases / "public-key.pem").read_bytes() == key.pem + old_pem
    ledger = home.releases / "ledger.jsonl"
    assert verify(home.releases / str(FIRST), None, ledger).fingerprint != key.fingerprint
    assert verify(home.releases / str(FIRST)).ledger_entries == 2  # a retired key's word is looked up
    assert verify(home.releases / str(SECOND)).fingerprint == key.fingerprint
    withdraw(home, FIRST, why=WHY, at=LATER)
    with pytest.raises(VerificationFailed, match="was withdrawn on"):
        verify(home.releases / str(FIRST))
    rotate_key(home, LATER)  # a tombstone of the key before
    recover(home)
    with pytest.raises(VerificationFailed, match="was withdrawn on"):
        verify(home.releases / str(FIRST))
    assert len(list(home.keys.iterdir())) == 1


def test_what_a_stolen_key_signs_after_its_rotation_is_refused(tmp_path: Path) -> None:
    home, thief = home_in(tmp_path / "home"), home_in(tmp_path / "thief")
    put(home, FIRST)
    put(thief, FIRST, SECOND)
    rotate_key(home, LATER)
    forged, keys = tmp_path / "forged", home.releases / "public-key.pem"
    shutil.copytree(thief.releases / str(SECOND), forged)
    with pytest.raises(VerificationFailed, match="retired: give the ledger too"):
        verify(forged, keys)
    with pytest.raises(VerificationFailed, match="the ledger does not hold its entry"):
        verify(forged, keys, home.releases / "ledger.jsonl")
    with pytest.raises(VerificationFailed, match=r"line 3: is signed by key"):
        verify(forged, keys, thief.releases / "ledger.jsonl")


@pytest.mark.usefixtures("_quick_disk")
def test_a_rotation_may_be_killed_and_is_finished_by_repeating_it(tmp_path: Path) -> None:
    old = home_in(tmp_path / "old")
    put(old, FIRST)
    (old.keys / "release-signing-next.key").write_bytes(b"n" * 32)
    new = Home(tmp_path / "new")
    shutil.copytree(old.root, new.root)
    rotate_key(new, LATER)
    for step in range(10**4):
        home = Home(tmp_path / "home")
        shutil.copytree(old.root, home.root)
        if not killed_before(step, lambda: rotate_key(home, LATER)):  # noqa: B023  # run within this turn of the loop
            break
        if (home.keys / "release-signing-next.key").exists():
            rotate_key(home, LATER)
        assert tree(home.releases) == tree(new.releases)
        assert tree(home.keys) == tree(new.keys)
        put(home, SECOND)
        shutil.rmtree(home.root)
    assert step >= 10


def test_nothing_signed_has_no_key_to_replace(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="nothing is signed yet"):
        rotate_key(home_in(tmp_path / "home"), LATER)
