"""`verify` covers every file and every byte of a release's folder, and names the file that is not what was signed."""

import os
import random
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from home.layout import Home
from refusals.errors import UsageError, VerificationFailed
from releases.publishing.publisher import withdraw
from releases.publishing.verification import verify
from tests.readers.releases_on_disk import AT, FIRST, LATER, MENDED, SECOND, WHY, files_of, home_in, tree
from tests.worlds.one_release import publish

SEALS = ("CHECKSUMS.sha256", "CHECKSUMS.sha256.sig", "ledger-entry.json", "public-key.pem")
FILES = (*files_of(FIRST), *SEALS)
TOMBSTONE = ("TOMBSTONE.json", "README.md", "public-key.pem", "ledger-entry.json")


@dataclass(frozen=True)
class Published:
    """Two releases, a later version of the first, and a withdrawn one; `copy` lies elsewhere, under its own name."""

    home: Home
    copy: Path
    tombstone: Path

    @property
    def keys(self) -> Path:
        return self.home.releases / "public-key.pem"

    @property
    def ledger(self) -> Path:
        return self.home.releases / "ledger.jsonl"


@pytest.fixture(scope="module")
def once(tmp_path_factory: pytest.TempPathFactory) -> Published:
    folder = tmp_path_factory.mktemp("published")
    home = home_in(folder / "home")
    for release in (FIRST, SECOND, MENDED):
        publish(home, release, files_of(release), at=AT, why="regions added" if release == MENDED else "")
    withdraw(home, SECOND, why=WHY, at=LATER)
    copy, tombstone = folder / "downloads" / "copy", folder / "downloads" / "tombstone"
    shutil.copytree(home.releases / str(FIRST), copy)
    shutil.copytree(home.releases / str(SECOND), tombstone)
    return Published(home, copy, tombstone)


@pytest.fixture
def published(once: Published, tmp_path: Path) -> Published:
    """The same, to be changed."""
    shutil.copytree(once.home.root, tmp_path / "home")
    shutil.copytree(once.copy.parent, tmp_path / "downloads")
    return Published(Home(tmp_path / "home"), tmp_path / "downloads" / "copy", tmp_path / "downloads" / "tombstone")


@pytest.mark.clause("release-verify", "release-ledger")
def test_a_release_that_is_what_was_signed(once: Published) -> None:
    found = verify(once.copy)
    assert (found.id, found.key_from, found.files, found.ledger_entries) == (FIRST, "folder", len(FILES), None)
    assert found.size == sum(path.stat().st_size for path in once.copy.iterdir())
    in_place = once.home.releases / str(FIRST)
    assert verify(in_place).key_from == "beside"
    found = verify(once.copy, once.keys, once.ledger)
    assert (found.key_from, found.ledger_entries, found.superseded_by) == ("given", 4, MENDED)
    assert verify(once.home.releases / str(MENDED), None, once.ledger).superseded_by is None


def flips(content: bytes, limit: int = 1500, sample: int = 120) -> Iterator[tuple[int, bytes]]:
    """The content with one bit of one byte flipped: of every byte of a small file, of a sample of a large one."""
    positions: list[int] = list(range(len(content)))
    if len(content) > limit:
        drawn = random.Random(len(content)).sample(positions, sample)  # noqa: S311  # repeatable on purpose
        positions = sorted({0, len(content) - 1, *drawn})
    for position in positions:
        changed = bytearray(content)
        changed[position] ^= 1 << position % 8
        yield position, bytes(changed)


@pytest.mark.clause("release-verify")
@pytest.mark.parametrize("with_key", [False, True], ids=["folder alone", "with the key"])
@pytest.mark.parametrize("name", FILES)
def test_one_flipped_byte_anywhere_is_found_and_its_file_named(published: Published, name: str, with_key: bool) -> None:
    key = published.keys if with_key else None
    path = published.copy / name
    whole = path.read_bytes()
    tried = 0
    for position, changed in flips(whole):
        path.write_bytes(changed)
        with pytest.raises(VerificationFailed) as refused:
            verify(published.copy, key)
        assert name in str(refused.value), (position, str(refused.value))
        tried += 1
    assert tried >= min(len(whole), 100)
    path.write_bytes(whole)
    verify(published.copy, key)


@pytest.mark.parametrize("name", ["CHECKSUMS.sha256.sig", "public-key.pem"])
def test_any_bit_of_signature_and_key_counts(published: Published, name: str) -> None:
    """Base64 has bits that a careless decoder drops."""
    path = published.copy / name
    whole = path.read_bytes()
    for position in range(len(whole)):
        for bit in range(8):
            changed = bytearray(whole)
            changed[position] ^= 1 << bit
            path.write_bytes(changed)
            with pytest.raises(VerificationFailed):
                verify(published.copy)


@pytest.mark.parametrize("name", TOMBSTONE)
def test_one_flipped_byte_of_a_tombstone_is_found(published: Published, name: str) -> None:
    path = published.tombstone / name
    for position, changed in flips(path.read_bytes()):
        path.write_bytes(changed)
        with pytest.raises(VerificationFailed) as refused:
            verify(published.tombstone)
        assert name in str(refused.value), (position, str(refused.value))
        assert "was withdrawn on" not in str(refused.value)


@pytest.mark.parametrize("name", FILES)
def test_a_missing_empty_longer_or_renamed_file_is_named(published: Published, name: str) -> None:
    path = published.copy / name
    whole = path.read_bytes()
    for content in (b"", whole + b"\n", whole + b"\0", whole[:-1], whole * 2):
        path.write_bytes(content)
        with pytest.raises(VerificationFailed, match=name):
            verify(published.copy)
    path.write_bytes(whole)
    path.rename(published.copy / "other")
    with pytest.raises(VerificationFailed, match=f"{name} is missing|'other' is no part|does not fit"):
        verify(published.copy)


EXTRA: dict[str, tuple[Callable[[Path], object], str]] = {
    "a file": (lambda folder: (folder / "notes.txt").write_bytes(b""), r"'notes\.txt' is no part of the release"),
    "a hidden file": (lambda folder: (folder / ".DS_Store").write_bytes(b"x"), r"'\.DS_Store' is no part"),
    "a folder": (lambda folder: (folder / "more").mkdir(), "'more' is no plain file"),
    "a link to a file of its own": (lambda folder: (folder / "link").symlink_to("data.csv"), "'link' is no plain file"),
    "a link to nothing": (lambda folder: (folder / "link").symlink_to("nowhere"), "'link' is no plain file"),
    "a pipe": (lambda folder: os.mkfifo(folder / "pipe"), "'pipe' is no plain file"),
    "a name of two lines": (lambda folder: (folder / "a\nb").write_bytes(b""), r"'a\\nb' is no part"),
    "a tombstone": (lambda folder: (folder / "TOMBSTONE.json").write_bytes(b"{}"), "does not fit: it says published"),
}  # fmt: skip


@pytest.mark.parametrize(("add", "what"), EXTRA.values(), ids=EXTRA)
def test_what_is_too_many_is_named(published: Published, add: Callable[[Path], object], what: str) -> None:
    add(published.copy)
    with pytest.raises(VerificationFailed, match=what):
        verify(published.copy)


def test_a_file_that_is_a_link_to_the_very_same_bytes_is_refused(published: Published) -> None:
    data = published.copy / "data.csv"
    data.rename(published.copy.parent / "elsewhere.csv")
    data.symlink_to(published.copy.parent / "elsewhere.csv")
    with pytest.raises(VerificationFailed, match=r"'data\.csv' is no plain file"):
        verify(published.copy)


def test_files_of_two_releases_do_not_mix(published: Published) -> None:
    other = published.home.releases / str(MENDED)
    for name in FILES:
        shutil.copytree(published.copy, published.copy.with_name("mixed"))
        shutil.copy(other / name, published.copy.with_name("mixed") / name)
        if (other / name).read_bytes() == (published.copy / name).read_bytes():
            verify(published.copy.with_name("mixed"))
        else:
            with pytest.raises(VerificationFailed):
                verify(published.copy.with_name("mixed"))
        shutil.rmtree(published.copy.with_name("mixed"))


def test_another_key_signs_for_itself_alone(published: Published, tmp_path: Path) -> None:
    """A forger's folder is whole by its own key: only a key from elsewhere, or the fingerprint, tells."""
    forger = home_in(tmp_path / "forger", b"f" * 32)
    publish(forger, FIRST, {**files_of(FIRST), "data.csv": b"forged\n"}, at=AT)
    forged = tmp_path / "forged"
    shutil.copytree(forger.releases / str(FIRST), forged)
    assert verify(forged).key_from == "folder"
    assert verify(forged).fingerprint != verify(published.copy).fingerprint
    with pytest.raises(VerificationFailed, match=r"public-key\.pem is key .* signed by someone else"):
        verify(forged, published.keys)
    shutil.rmtree(published.home.releases / str(FIRST))
    shutil.copytree(forged, published.home.releases / str(FIRST))
    with pytest.raises(VerificationFailed, match="signed by someone else"):
        verify(published.home.releases / str(FIRST))
    (forged / "public-key.pem").write_bytes(published.keys.read_bytes())
    with pytest.raises(VerificationFailed, match="is not the key that"):
        verify(forged, published.keys)


@pytest.mark.parametrize(
    ("name", "is_fine"),
    [
        ("downloads/copy", True),
        ("downloads/2026-W39-v1", True),
        ("usage_by_region_age/2026-W39-v1", True),
        ("downloads/2026-W39-v2", False),
        ("usage_by_region_age/2026-W40-v1", False),
        ("usage_by_region_age/2026-Q3-v1", False),
        ("downloads/2026-W99-v1", True),
    ],
)
def test_under_a_releases_name_lies_that_release(
    published: Published, tmp_path: Path, name: str, is_fine: bool
) -> None:
    place = tmp_path / "elsewhere" / name
    shutil.copytree(published.copy, place)
    if is_fine:
        assert verify(place).id == FIRST
        return
    with pytest.raises(VerificationFailed, match=rf"the folder is named {name}, and what lies in it is {FIRST}"):
        verify(place)


def test_among_the_releases_the_datasets_name_counts_too(published: Published) -> None:
    place = published.home.releases / "usage_by_hour" / "2026-W39-v1"
    shutil.rmtree(place)
    shutil.copytree(published.copy, place)
    with pytest.raises(
        VerificationFailed, match=r"named usage_by_hour/2026-W39-v1, and what lies in it is usage_by_reg"
    ):
        verify(place)


def test_a_withdrawn_release_is_told_by_its_tombstone_and_its_copies_by_the_ledger(
    published: Published, tmp_path: Path
) -> None:
    told = f"{SECOND} was withdrawn on 2026-11-26T06:00:00Z: {WHY}"
    for folder in (published.tombstone, published.home.releases / str(SECOND)):
        with pytest.raises(VerificationFailed, match=told):
            verify(folder)
    old = tmp_path / "old"
    before = home_in(tmp_path / "before")
    for release in (FIRST, SECOND):
        publish(before, release, files_of(release), at=AT)
    shutil.copytree(before.releases / str(SECOND), old)
    assert verify(old, published.keys).id == SECOND
    with pytest.raises(VerificationFailed, match=told):
        verify(old, published.keys, published.ledger)


def test_a_release_that_the_ledger_does_not_hold(published: Published, tmp_path: Path) -> None:
    fresh = home_in(tmp_path / "fresh")
    publish(fresh, SECOND, files_of(SECOND), at=AT)
    with pytest.raises(VerificationFailed, match="the ledger does not hold its entry"):
        verify(published.copy, published.keys, fresh.releases / "ledger.jsonl")


@pytest.mark.clause("release-verify")
def test_a_ledger_that_was_changed_is_refused_by_line(published: Published) -> None:
    lines = published.ledger.read_bytes().splitlines(keepends=True)
    published.ledger.write_bytes(b"".join(lines[:1] + lines[2:]))
    with pytest.raises(VerificationFailed, match=r"ledger\.jsonl, line 2: is entry 3 where 2 should be"):
        verify(published.copy, published.keys, published.ledger)
    verify(published.copy, published.keys)  # the folder itself is what was signed


def test_wrong_paths_are_wrong_usage(published: Published, tmp_path: Path) -> None:
    for call in (
        lambda: verify(tmp_path / "nowhere"),
        lambda: verify(published.copy / "data.csv"),
        lambda: verify(published.copy, tmp_path / "nowhere.pem"),
        lambda: verify(published.copy, published.copy / "data.csv"),
        lambda: verify(published.copy, published.keys, tmp_path / "nowhere.jsonl"),
    ):
        with pytest.raises(UsageError):
            call()


def test_paths_that_no_system_takes_are_wrong_usage(published: Published, tmp_path: Path) -> None:
    too_long, deep = tmp_path / ("x" * 5000), Path("/".join(["x" * 200] * 30))
    for path in (too_long, deep):
        for call in (
            lambda: verify(path),  # noqa: B023  # run within this turn of the loop
            lambda: verify(published.copy, path),  # noqa: B023
            lambda: verify(published.copy, published.keys, path),  # noqa: B023
        ):
            with pytest.raises(UsageError, match=r"cannot be read \(File name too long\)") as refused:
                call()
            assert len(str(refused.value)) < 500
    with pytest.raises(UsageError, match="is no file"):
        verify(published.copy, published.keys, published.copy)


@pytest.mark.parametrize("name", ["data.csv", *SEALS])
def test_a_folder_in_a_files_place_is_named(published: Published, name: str) -> None:
    (published.copy / name).unlink()
    (published.copy / name).mkdir()
    with pytest.raises(VerificationFailed, match=f"'{name}' is no plain file"):
        verify(published.copy)


def test_a_folder_that_is_no_release(tmp_path: Path) -> None:
    with pytest.raises(VerificationFailed, match=r"public-key\.pem is missing: .* name the folder of a release"):
        verify(tmp_path)


def test_a_seal_of_a_gigabyte_is_not_read(published: Published) -> None:
    for name in SEALS:
        whole = (published.copy / name).read_bytes()
        with (published.copy / name).open("r+b") as file:
            file.truncate(2**30)
        with pytest.raises(VerificationFailed, match=f"{name} is too long"):
            verify(published.copy)
        (published.copy / name).write_bytes(whole)


def test_checking_changes_nothing(published: Published) -> None:
    before = tree(published.home.root)
    verify(published.home.releases / str(FIRST), published.keys, published.ledger)
    assert tree(published.home.root) == before
