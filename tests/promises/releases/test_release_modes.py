"""Everyone may read what is published, also after a backup was unpacked for its owner alone; nothing else is opened."""

import os
from pathlib import Path

import pytest

from home.layout import Home
from releases.files.release_catalogue import CATALOGUE
from releases.folders.public_modes import BESIDE
from releases.publishing.listing import published_releases
from releases.publishing.publisher import recover, withdraw
from tests.readers.releases_on_disk import AT, FIRST, LATER, MENDED, SECOND, WHY, files_of, home_in
from tests.worlds.one_release import publish


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """Two releases and a tombstone, as they lie after `umask 077; tar -x`."""
    home = home_in(tmp_path / "home")
    for release in (FIRST, SECOND, MENDED):
        publish(home, release, files_of(release), at=AT, why="regions added" if release == MENDED else "")
    withdraw(home, SECOND, why=WHY, at=LATER)
    (home.releases / CATALOGUE).write_bytes(b"{}\n")
    for path in [home.releases, *home.releases.rglob("*")]:
        path.chmod(0o700 if path.is_dir() else 0o600)
    return home


def modes(home: Home) -> dict[str, int]:
    return {
        str(path.relative_to(home.releases)): path.stat().st_mode & 0o7777
        for path in [home.releases, *home.releases.rglob("*")]
    }


def test_publishing_lets_readers_in_again(home: Home) -> None:
    recover(home)
    found = modes(home)
    assert len(found) > 30
    assert {
        name: mode for name, mode in found.items() if mode != (0o755 if (home.releases / name).is_dir() else 0o644)
    } == {}
    assert home.keys.stat().st_mode & 0o777 == 0o700


def test_what_everyone_could_write_is_closed(home: Home) -> None:
    for path in (home.releases, home.releases / str(FIRST), home.releases / str(FIRST) / "data.csv"):
        path.chmod(0o777)
    recover(home)
    assert {mode & 0o022 for mode in modes(home).values()} == {0}


def test_what_is_no_part_of_a_release_stays_closed(home: Home, tmp_path: Path) -> None:
    """An operator's own files, and what links lead to."""
    folder, elsewhere = home.releases / str(FIRST), tmp_path / "elsewhere"
    own = [place / "notes.txt" for place in (home.releases, folder.parent, folder)] + [elsewhere]
    for path in own:
        path.write_text("not for readers")
        path.chmod(0o600)
    for path in (folder / "data.csv", folder / "CITATION.cff", home.releases / CATALOGUE):
        path.unlink()
        path.symlink_to(elsewhere if path.name != "CITATION.cff" else "nowhere")
    recover(home)
    assert {path: path.stat().st_mode & 0o777 for path in own} == dict.fromkeys(own, 0o600)
    assert (folder / "README.md").stat().st_mode & 0o777 == 0o644


def test_a_dataset_that_is_a_link_stays_closed(home: Home, tmp_path: Path) -> None:
    (home.releases / FIRST.dataset).rename(tmp_path / "elsewhere")
    (home.releases / FIRST.dataset).symlink_to(tmp_path / "elsewhere")
    recover(home)
    assert {path.stat().st_mode & 0o077 for path in (tmp_path / "elsewhere").rglob("*")} == {0}
    assert (home.releases / str(SECOND) / "TOMBSTONE.json").stat().st_mode & 0o777 == 0o644


def test_what_is_right_is_only_looked_at(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    recover(home)
    changed: list[object] = []
    chmod = os.chmod

    def counted(path: object, *arguments: int, **options: bool) -> None:
        changed.append(path)
        chmod(path, *arguments, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(os, "chmod", counted)
    recover(home)
    assert changed == []
    (home.releases / str(FIRST) / "data.csv").chmod(0o600)
    changed.clear()
    recover(home)
    assert changed == [home.releases / str(FIRST) / "data.csv"]


def test_the_catalogue_is_one_of_them() -> None:
    assert CATALOGUE in BESIDE


def test_reading_needs_no_home_that_can_be_written(home: Home, tmp_path: Path) -> None:
    """Only the folder of releases, as a reader has it; nothing is made."""
    reader = Home(tmp_path / "reader")
    reader.root.mkdir()
    home.releases.rename(reader.releases)
    before = sorted(reader.root.rglob("*"))
    assert len(published_releases(reader)) == 3
    assert sorted(reader.root.rglob("*")) == before
    assert published_releases(Home(tmp_path / "nowhere")) == []
    assert not (tmp_path / "nowhere").exists()
