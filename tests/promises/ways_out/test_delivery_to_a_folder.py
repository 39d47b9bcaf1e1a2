"""A destination folder comes to hold what the home published: whole files, for everyone to read, whatever kills it."""

import errno
import os
import shutil
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from home.lock import held
from home.settings.destination_settings import Destination
from refusals.errors import DeliveryFailed, DeliveryRefused, UsageError
from releases.destinations import folder_store
from releases.destinations.destination import Delivered, check_destination
from releases.publishing.key_rotation import rotate_key
from releases.publishing.verification import verify
from tests.worlds.delivery_world import (
    AS_OF,
    CORRECTED,
    FIRST,
    SECOND,
    PublishedHome,
    contents,
    deliver,
    first_state,
    second_state,
    to_be_delivered,
    torn,
)


class Killed(BaseException):
    """The process is gone: nothing that it would still have done happens."""


@pytest.fixture
def world(tmp_path: Path) -> PublishedHome:
    world = PublishedHome(tmp_path / "home")
    first_state(world)
    return world


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "published"


@pytest.fixture(autouse=True)
def private_umask() -> Iterator[None]:
    """The command's own."""
    before = os.umask(0o077)
    yield
    os.umask(before)


def destination(folder: Path) -> Destination:
    return Destination(name="disk", folder=folder)


@pytest.mark.clause("out-destination")
def test_it_is_the_home_byte_for_byte(world: PublishedHome, folder: Path) -> None:
    expected = to_be_delivered(world.home)
    delivered = deliver(world.home, destination(folder))
    assert contents(folder) == expected
    assert (delivered.releases, delivered.sent, delivered.deleted) == (2, len(expected), 0)
    assert deliver(world.home, destination(folder)) == Delivered()
    second_state(world)
    assert deliver(world.home, destination(folder)).releases == 3
    assert contents(folder) == to_be_delivered(world.home)
    assert not (folder / "portal" / "old").exists()


def test_of_what_was_withdrawn_before_only_the_tombstone_is_sent(world: PublishedHome, folder: Path) -> None:
    second_state(world)
    assert deliver(world.home, destination(folder)).deleted == 0
    assert contents(folder) == to_be_delivered(world.home)
    assert (folder / "releases" / FIRST / "TOMBSTONE.json").exists()


def test_everyone_may_read_it_whatever_the_umask(world: PublishedHome, folder: Path) -> None:
    deliver(world.home, destination(folder))
    modes = {path: stat.S_IMODE(path.stat().st_mode) for path in (folder, *folder.rglob("*"))}
    assert {mode for path, mode in modes.items() if path.is_dir()} == {0o755}
    assert {mode for path, mode in modes.items() if path.is_file()} == {0o644}


def test_a_reader_verifies_the_copy_with_nothing_else(world: PublishedHome, folder: Path) -> None:
    deliver(world.home, destination(folder))
    releases = folder / "releases"
    checked = verify(releases / SECOND, releases / "public-key.pem", releases / "ledger.jsonl")
    assert str(checked.id) == SECOND


def test_what_is_there_and_the_same_is_not_written_again(world: PublishedHome, folder: Path) -> None:
    deliver(world.home, destination(folder))
    before = {path: path.stat().st_ino for path in folder.rglob("*") if path.is_file()}
    (folder / "releases" / "ledger.jsonl").unlink()
    assert deliver(world.home, destination(folder)).sent == 1
    ledger = folder / "releases" / "ledger.jsonl"
    assert {path: path.stat().st_ino for path in before if path != ledger} == {
        path: inode for path, inode in before.items() if path != ledger
    }


#: Everything by which a delivery changes a disk.
OPERATIONS: list[tuple[Any, str]] = [
    (os, "open"),
    (Path, "mkdir"),
    (Path, "chmod"),
    (Path, "rename"),
    (Path, "unlink"),
    (Path, "rmdir"),
    (folder_store.shutil, "rmtree"),
]


class Life:
    """How many operations are left; none: every one of them is where the process has died."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.left = 10**9
        for owner, name in OPERATIONS:
            monkeypatch.setattr(owner, name, self._counted(getattr(owner, name)))

    def _counted(self, operation: Any) -> Any:
        def counted(*arguments: Any, **options: Any) -> Any:
            self.left -= 1
            if self.left < 0:
                raise Killed
            return operation(*arguments, **options)

        return counted


@pytest.mark.clause("out-destination")
@pytest.mark.parametrize("is_fresh", [True, False], ids=["fresh", "new version and withdrawal"])
def test_killed_at_every_step_and_done_again(
    world: PublishedHome, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, is_fresh: bool
) -> None:
    before: dict[str, bytes] = {}
    prepared = tmp_path / "prepared"
    if not is_fresh:
        deliver(world.home, destination(prepared))
        before = to_be_delivered(world.home)
        second_state(world)
    after = to_be_delivered(world.home)
    with held(world.home):  # the caller's, taken before
        monkeypatch.setattr(os, "fsync", lambda _: None)  # that it is called is another test's
        life = Life(monkeypatch)
        for number in range(10**4):
            folder = tmp_path / f"published-{number}"
            if not is_fresh:
                shutil.copytree(prepared, folder)
            life.left = number
            try:
                deliver(world.home, destination(folder))
            except Killed:
                life.left = 10**9
            else:
                break
            there = {
                path: content
                for path, content in contents(folder).items()
                if not path.endswith("/") and not path.startswith(folder_store.ASIDE)
            }
            assert torn(there, before, after) == [], number
            deliver(world.home, destination(folder))
            assert contents(folder) == after, number
            modes = {(path.is_dir(), stat.S_IMODE(path.stat().st_mode)) for path in (folder, *folder.rglob("*"))}
            assert modes == {(True, 0o755), (False, 0o644)}, number
            assert not list(tmp_path.glob(".*")), number
            shutil.rmtree(folder)
    assert number > 80


def test_a_file_is_on_the_disk_before_it_has_its_name(
    world: PublishedHome, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else a power cut could leave an empty file under a release's name, which the next delivery would refuse."""
    synced: set[int] = set()
    fsync, rename = os.fsync, Path.rename

    def noting_fsync(descriptor: int) -> None:
        synced.add(os.fstat(descriptor).st_ino)
        fsync(descriptor)

    def noting_rename(path: Path, target: Path) -> Path:
        assert path.is_dir() or path.stat().st_ino in synced
        return rename(path, target)

    monkeypatch.setattr(os, "fsync", noting_fsync)
    monkeypatch.setattr(Path, "rename", noting_rename)
    deliver(world.home, destination(folder))
    for made in (folder / "releases", folder / "releases" / FIRST, folder / "portal" / "assets"):
        assert made.stat().st_ino in synced


@pytest.mark.clause("out-destination")
@pytest.mark.parametrize("name", ["data.csv", "ledger-entry.json", "more.csv"])
def test_a_difference_is_refused_and_stays(world: PublishedHome, folder: Path, name: str) -> None:
    deliver(world.home, destination(folder))
    second_state(world)
    planted = folder / "releases" / CORRECTED / name
    planted.parent.mkdir()
    planted.write_bytes(b"other")
    with pytest.raises(DeliveryRefused, match=f"releases/{CORRECTED}/{name} there is not what this home published"):
        deliver(world.home, destination(folder))
    assert planted.read_bytes() == b"other"
    assert [path.name for path in planted.parent.iterdir()] == [name]


def test_a_ledger_that_is_ahead_is_not_rolled_back(world: PublishedHome, folder: Path, tmp_path: Path) -> None:
    older = PublishedHome(tmp_path / "backup")
    first_state(older)
    second_state(world)
    deliver(world.home, destination(folder))
    there = contents(folder)
    with pytest.raises(DeliveryRefused, match="put the newer home back"):
        deliver(older.home, destination(folder))
    assert contents(folder) == there


@pytest.mark.parametrize("content", [b"", b"\n", b"no ledger\n", b"{}\n{}\n"])
def test_a_ledger_that_is_none_is_not_replaced(world: PublishedHome, folder: Path, content: bytes) -> None:
    deliver(world.home, destination(folder))
    (folder / "releases" / "ledger.jsonl").write_bytes(content)
    with pytest.raises(DeliveryRefused, match="not the beginning of this home's ledger"):
        deliver(world.home, destination(folder))
    assert (folder / "releases" / "ledger.jsonl").read_bytes() == content


def test_a_new_signing_key_follows_and_anothers_does_not(world: PublishedHome, folder: Path, tmp_path: Path) -> None:
    deliver(world.home, destination(folder))
    rotate_key(world.home, AS_OF)
    delivered = deliver(world.home, destination(folder))
    assert (delivered.releases, delivered.sent) == (0, 2)
    assert contents(folder) == to_be_delivered(world.home)
    (folder / "releases" / "ledger.jsonl").unlink()
    other = PublishedHome(tmp_path / "other")
    first_state(other)
    with pytest.raises(DeliveryRefused, match=r"public-key\.pem there is not this home's"):
        deliver(other.home, destination(folder))


def test_somebody_elses_folder_is_left_alone(world: PublishedHome, folder: Path) -> None:
    (folder / "portal").mkdir(parents=True)
    (folder / "portal" / "index.html").write_text("theirs")
    with pytest.raises(DeliveryRefused, match=r"portal/index\.html there is not this home's"):
        deliver(world.home, destination(folder))
    assert contents(folder) == {"portal/index.html": b"theirs"}


@pytest.mark.parametrize(
    "link", ["releases", "releases/usage_by_region_age", f"releases/{FIRST}", "portal", "portal/x", ".delivery"]
)
def test_a_link_is_not_followed_out_of_the_folder(
    world: PublishedHome, folder: Path, tmp_path: Path, link: str
) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (folder / link).parent.mkdir(parents=True)
    (folder / link).symlink_to(outside)
    with pytest.raises(DeliveryRefused, match="is a link"):
        deliver(world.home, destination(folder))
    assert contents(outside) == {}
    assert not (folder / "releases" / "ledger.jsonl").exists()
    assert link != folder_store.ASIDE or not (folder / "releases").exists()


@pytest.mark.parametrize("link", ["releases/ledger.jsonl", "portal/index.html", "portal"])
def test_a_link_to_the_same_is_not_taken_for_it(world: PublishedHome, folder: Path, tmp_path: Path, link: str) -> None:
    deliver(world.home, destination(folder))
    (folder / link).rename(tmp_path / "outside")
    (folder / link).symlink_to(tmp_path / "outside")
    with pytest.raises(DeliveryRefused, match="is a link"):
        deliver(world.home, destination(folder))


def test_a_folder_above_that_is_missing_is_exit_2(world: PublishedHome, tmp_path: Path) -> None:
    """A disk that is not mounted must not be replaced by a folder of its name."""
    place = destination(tmp_path / "disk" / "published")
    for act in (lambda: deliver(world.home, place), lambda: check_destination(place)):
        with pytest.raises(UsageError, match="'disk'"):
            act()
    assert not (tmp_path / "disk").exists()


def test_a_file_in_its_place_is_exit_2(world: PublishedHome, folder: Path) -> None:
    folder.write_text("a file")
    for act in (lambda: deliver(world.home, destination(folder)), lambda: check_destination(destination(folder))):
        with pytest.raises(UsageError, match=r"destination 'disk': .*mend its owner or permissions, or 'folder'"):
            act()


@pytest.mark.parametrize(
    ("number", "kind"), [(errno.EACCES, UsageError), (errno.EROFS, UsageError), (errno.ENOSPC, DeliveryFailed)]
)
def test_a_disk_that_refuses(
    world: PublishedHome, folder: Path, monkeypatch: pytest.MonkeyPatch, number: int, kind: type[Exception]
) -> None:
    folder.mkdir()

    def refuse(path: Path, content: bytes) -> None:
        raise OSError(number, os.strerror(number), str(path))

    monkeypatch.setattr(folder_store, "write_file", refuse)
    for act in (lambda: deliver(world.home, destination(folder)), lambda: check_destination(destination(folder))):
        with pytest.raises(kind, match=os.strerror(number)) as refused:
            act()
        assert refused.value.exit_code == (2 if kind is UsageError else 1)  # type: ignore[attr-defined]


def test_the_check_leaves_nothing_behind(folder: Path) -> None:
    check_destination(destination(folder))
    assert not folder.exists()
    folder.mkdir()
    check_destination(destination(folder))
    assert contents(folder) == {}


def test_a_folder_that_is_there_keeps_its_mode(world: PublishedHome, folder: Path) -> None:
    folder.mkdir(mode=0o700)
    deliver(world.home, destination(folder))
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_a_portal_that_is_not_made_yet_leaves_the_one_there(world: PublishedHome, folder: Path) -> None:
    deliver(world.home, destination(folder))
    shutil.rmtree(world.home.portal)
    world.home.portal.mkdir()
    assert deliver(world.home, destination(folder)) == Delivered()
    assert (folder / "portal" / "index.html").exists()
