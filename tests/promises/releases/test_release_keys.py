"""A change of the signing key is refused before anything changes, or carried through; lost public keys come back whole.

And whatever is wrong with a key, a ledger or both: the mend that the refusal names mends it.
"""

import hashlib
import json
import re
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from home.layout import Home
from refusals.errors import StateDamaged, UsageError, VerificationFailed
from releases.ledger.release_id import ReleaseId
from releases.publishing.key_rotation import rotate_key
from releases.publishing.listing import published_releases
from releases.publishing.publisher import recover, withdraw
from releases.publishing.verification import verify
from tests.readers.releases_on_disk import AT, FIRST, LATER, MENDED, SECOND, WHY, files_of, home_in, killed_before, tree
from tests.worlds.one_release import publish

THIRD = ReleaseId.parse("usage_by_hour/2026-W40-v1")


def put(home: Home, *releases: ReleaseId) -> None:
    for release in releases:
        publish(home, release, files_of(release), at=AT, why="regions added" if release.version > 1 else "")


def states(home: Home) -> dict[str, str]:
    return {str(release.id): str(release.state) for release in published_releases(home)}


def raw_public(private: bytes) -> bytes:
    return Ed25519PrivateKey.from_private_bytes(private).public_key().public_bytes_raw()


def keys_shown(home: Home) -> list[bytes]:
    """The keys beside the ledger, as the cryptography library reads them, in order."""
    text = (home.releases / "public-key.pem").read_bytes()
    blocks = re.findall(rb"-----BEGIN PUBLIC KEY-----.*?-----END PUBLIC KEY-----\n", text, re.DOTALL)
    keys = [load_pem_public_key(block) for block in blocks]
    return [key.public_bytes_raw() for key in keys if isinstance(key, Ed25519PublicKey)]


def head_key(home: Home) -> bytes:
    """The key of those shown that the ledger's head names."""
    head = json.loads((home.releases / "ledger.jsonl").read_bytes().splitlines()[-1])
    return next(key for key in keys_shown(home) if hashlib.sha256(key).hexdigest() == head["key"])


def private_key(home: Home) -> bytes:
    return (home.keys / "release-signing.key").read_bytes()


def copy_of(home: Home, folder: Path) -> Home:
    shutil.copytree(home.root, folder, symlinks=True)
    return Home(folder)


@dataclass(frozen=True)
class Damage:
    """What happened to a home of three releases, one withdrawn; `refusal`: what a rotation says of it."""

    do: Callable[[Home, bytes], object]
    refusal: str


def remove_ledger(home: Home, _: bytes) -> None:
    (home.releases / "ledger.jsonl").unlink()


def older_ledger(home: Home, older: bytes) -> None:
    (home.releases / "ledger.jsonl").write_bytes(older)


def older_ledger_before_a_withdrawal(home: Home, _: bytes) -> None:
    path = home.releases / "ledger.jsonl"
    latest = path.read_bytes()
    withdraw(home, SECOND, why=WHY, at=LATER)
    path.write_bytes(latest)


def no_entries_to_be_read(home: Home, _: bytes) -> None:
    remove_ledger(home, b"")
    for release in (FIRST, SECOND, MENDED):
        (home.releases / str(release) / "ledger-entry.json").write_bytes(b"{}\n")


def ledger_is_a_folder(home: Home, _: bytes) -> None:
    (home.releases / "ledger.jsonl").unlink()
    (home.releases / "ledger.jsonl").mkdir()


def ledger_changed(home: Home, _: bytes) -> None:
    path = home.releases / "ledger.jsonl"
    path.write_bytes(path.read_bytes().replace(b"regions added", b"regions addee"))


DAMAGES = {
    "the ledger is gone": Damage(remove_ledger, r"ledger\.jsonl is older than release .* put the latest ledger back"),
    "an older ledger": Damage(older_ledger, r"ledger\.jsonl is older than release .* put the latest ledger back"),
    "a ledger before a withdrawal": Damage(older_ledger_before_a_withdrawal, r"ledger\.jsonl is older than release"),
    "no entry can be read": Damage(no_entries_to_be_read, r"ledger\.jsonl is missing, but 3 release folders are there"),
    "the ledger is a folder": Damage(ledger_is_a_folder, r"ledger\.jsonl is a folder, where a file belongs"),
    "the ledger is changed": Damage(ledger_changed, r"line 3: was changed"),
}


@pytest.mark.parametrize("has_private", [True, False], ids=["with the key", "key lost"])
@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
def test_a_rotation_is_refused_before_anything_changes_and_the_right_ledger_mends_it(
    tmp_path: Path, damage: Damage, has_private: bool
) -> None:
    home = home_in(tmp_path / "home")
    put(home, FIRST)
    older = (home.releases / "ledger.jsonl").read_bytes()
    put(home, SECOND, MENDED)
    ledger = home.releases / "ledger.jsonl"
    whole = tree(home.releases)
    damage.do(home, older)
    if not has_private:
        (home.keys / "release-signing.key").unlink()
    before = tree(home.root)
    for _ in range(2):
        with pytest.raises((VerificationFailed, UsageError, StateDamaged), match=damage.refusal):
            rotate_key(home, LATER)
        assert tree(home.root) == before  # no key made, none destroyed, nothing signed
    if damage.do is older_ledger_before_a_withdrawal:
        return
    shutil.rmtree(ledger) if ledger.is_dir() else ledger.unlink(missing_ok=True)
    for name, (_, content) in whole.items():
        if name.endswith(("ledger.jsonl", "ledger-entry.json")):
            (home.releases / name).write_bytes(content)
    if has_private:
        recover(home)
        assert tree(home.releases) == whole
    rotate_key(home, LATER)
    assert states(home) == {str(FIRST): "superseded", str(SECOND): "published", str(MENDED): "published"}


def test_a_rotation_takes_along_a_release_that_a_killed_publisher_had_put_in_its_place(tmp_path: Path) -> None:
    home = home_in(tmp_path / "home")
    put(home, FIRST)
    older = (home.releases / "ledger.jsonl").read_bytes()
    put(home, SECOND)
    (home.releases / "ledger.jsonl").write_bytes(older)
    (home.keys / "release-signing.key").unlink()
    rotate_key(home, LATER)
    assert states(home) == {str(FIRST): "published", str(SECOND): "published"}
    ledger = (home.releases / "ledger.jsonl").read_bytes()
    recover(home)
    assert (home.releases / "ledger.jsonl").read_bytes() == ledger


@pytest.fixture
def _quick_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.fsync", lambda _: None)


@pytest.mark.usefixtures("_quick_disk")
def test_the_old_key_is_there_until_the_new_one_has_signed_the_head(tmp_path: Path) -> None:
    """Killed before its 1st, 2nd, … file operation, with a release to take along; repeated, it is through."""
    old = home_in(tmp_path / "old")
    put(old, FIRST)
    ledger_before = (old.releases / "ledger.jsonl").read_bytes()
    put(old, SECOND)
    (old.releases / "ledger.jsonl").write_bytes(ledger_before)
    seen = set()
    for step in range(10**4):
        home = copy_of(old, tmp_path / "home")
        if not killed_before(step, lambda: rotate_key(home, LATER)):  # noqa: B023  # run within this turn of the loop
            break
        head = json.loads((home.releases / "ledger.jsonl").read_bytes().splitlines()[-1])
        following = home.keys / "release-signing-next.key"
        if private_key(home) != b"k" * 32:
            new = following.read_bytes() if following.exists() else private_key(home)
            assert head["key"] == hashlib.sha256(raw_public(new)).hexdigest()
        seen.add((private_key(home) == b"k" * 32, following.exists(), head["entries"]))
        if following.exists() or private_key(home) == b"k" * 32:
            rotate_key(home, LATER)
        assert states(home) == {str(FIRST): "published", str(SECOND): "published"}
        assert keys_shown(home) == [raw_public(private_key(home)), raw_public(b"k" * 32)]
        assert [path.name for path in home.keys.iterdir()] == ["release-signing.key"]
        put(home, THIRD)
        shutil.rmtree(home.root)
    print(f"{step} kills")
    assert step >= 15
    assert seen >= {(True, False, 1), (True, True, 1), (True, True, 2), (False, True, 2)}


@pytest.mark.usefixtures("_quick_disk")
def test_cut_short_it_says_so_until_it_is_repeated(tmp_path: Path) -> None:
    old = home_in(tmp_path / "old")
    put(old, FIRST, SECOND)
    told = listed = 0
    for step in range(10**4):
        home = copy_of(old, tmp_path / "home")
        if not killed_before(step, lambda: rotate_key(home, LATER)):  # noqa: B023  # run within this turn of the loop
            break
        if (home.keys / "release-signing-next.key").exists() and len(keys_shown(home)) == 2:
            with pytest.raises(VerificationFailed, match="a change of the key was cut short: repeat `cmn releases rot"):
                put(home, MENDED)
            told += 1
            if keys_shown(home)[0] != head_key(home):
                with pytest.raises(VerificationFailed, match=r"cut short: repeat `cmn releases rotate-key`$"):
                    published_releases(home)
                listed += 1
            older = home.releases / "ledger.jsonl"
            latest = older.read_bytes()
            older.unlink()
            with pytest.raises(VerificationFailed, match=r"missing|is older than release"):
                rotate_key(home, LATER)
            older.write_bytes(latest)
            rotate_key(home, LATER)
            assert len(states(home)) == 2
        shutil.rmtree(home.root)
    assert told >= 3
    assert listed >= 3


# --- the file of public keys --------------------------------------------------------------------------------------


def rotated_twice(folder: Path) -> tuple[Home, list[bytes]]:
    """A home with releases under three keys, one withdrawn under the last; and the keys, newest first."""
    home = home_in(folder)
    put(home, FIRST)
    privates = [b"k" * 32]
    for release in (SECOND, MENDED):
        rotate_key(home, LATER)
        privates.insert(0, private_key(home))
        put(home, release)
    withdraw(home, SECOND, why=WHY, at=LATER)
    return home, [raw_public(private) for private in privates]


def test_lost_public_keys_are_rebuilt_with_every_key_that_the_ledger_names(tmp_path: Path) -> None:
    home = home_in(tmp_path / "home")
    put(home, FIRST)
    rotate_key(home, LATER)
    for act in (recover, lambda home: put(home, SECOND), lambda home: put(home, THIRD)):
        whole = (home.releases / "public-key.pem").read_bytes()
        (home.releases / "public-key.pem").unlink()
        with pytest.raises(VerificationFailed, match=r"public-key\.pem is missing: the next publication rebuilds it$"):
            published_releases(home)
        act(home)
        assert (home.releases / "public-key.pem").read_bytes() == whole
        assert keys_shown(home) == [raw_public(private_key(home)), raw_public(b"k" * 32)]
        assert verify(home.releases / str(FIRST)).id == FIRST
    assert len(states(home)) == 3


def test_a_rotation_rebuilds_them_too(tmp_path: Path) -> None:
    home = home_in(tmp_path / "home")
    put(home, FIRST)
    rotate_key(home, LATER)
    put(home, SECOND)
    second = raw_public(private_key(home))
    (home.releases / "public-key.pem").unlink()
    rotate_key(home, LATER)
    assert keys_shown(home) == [raw_public(private_key(home)), second, raw_public(b"k" * 32)]
    assert len(states(home)) == 2


def test_three_keys_come_back_in_order_and_what_is_nowhere_is_asked_for(tmp_path: Path) -> None:
    home, keys = rotated_twice(tmp_path / "home")
    assert keys_shown(home) == keys
    pem = home.releases / "public-key.pem"
    whole = pem.read_bytes()
    pem.unlink()
    # The second key's only release is withdrawn, so its folder holds the last key: nobody has the second any more.
    before = tree(home.root)
    told = "put it back from a backup, or from a destination's copy"
    with pytest.raises(VerificationFailed, match=rf"public-key\.pem is missing: {told}$"):
        published_releases(home)
    for act in (recover, lambda home: rotate_key(home, LATER)):
        with pytest.raises(VerificationFailed, match=rf"cannot be rebuilt: {told} \(no release folder holds key"):
            act(home)
    assert without_work(tree(home.root)) == without_work(before)
    pem.write_bytes(whole)
    put(home, THIRD)
    assert len(states(home)) == 4
    other, keys = home_in(tmp_path / "other"), []
    for number, release in enumerate((FIRST, SECOND, MENDED)):
        put(other, release)
        keys.insert(0, raw_public(private_key(other)))
        if number < 2:
            rotate_key(other, LATER)
    whole = (other.releases / "public-key.pem").read_bytes()
    (other.releases / "public-key.pem").unlink()
    recover(other)
    assert (other.releases / "public-key.pem").read_bytes() == whole
    assert keys_shown(other) == keys


def without_work(found: dict[str, tuple[int, bytes]]) -> dict[str, tuple[int, bytes]]:
    return {name: told for name, told in found.items() if not name.startswith("restricted/work")}


REBUILT_FROM_LESS: dict[str, tuple[Callable[[Home, Home], object], str]] = {
    "a stranger's key in the folder": (
        lambda home, stranger: shutil.copy(
            stranger.releases / str(FIRST) / "public-key.pem", home.releases / str(FIRST) / "public-key.pem"
        ),
        "no release folder holds key",
    ),
    "the folder is gone": (lambda home, _: shutil.rmtree(home.releases / str(FIRST)), "no release folder holds key"),
    "an entry was changed": (
        lambda home, _: (home.releases / "ledger.jsonl").write_bytes(
            (home.releases / "ledger.jsonl").read_bytes().replace(b"2026-11-19", b"2026-11-18", 1)
        ),
        "line 1: was changed",
    ),
    "a stranger's ledger": (
        lambda home, stranger: shutil.copy(stranger.releases / "ledger.jsonl", home.releases / "ledger.jsonl"),
        "which the key store does not have",
    ),
    "no ledger": (lambda home, _: (home.releases / "ledger.jsonl").unlink(), r"ledger\.jsonl is missing too"),
    "no private key": (lambda home, _: (home.keys / "release-signing.key").unlink(), "which the key store does not ha"),
}


@pytest.mark.parametrize(("damage", "what"), REBUILT_FROM_LESS.values(), ids=REBUILT_FROM_LESS)
def test_public_keys_are_never_rebuilt_from_less(
    tmp_path: Path, damage: Callable[[Home, Home], object], what: str
) -> None:
    home, stranger = home_in(tmp_path / "home"), home_in(tmp_path / "stranger", b"s" * 32)
    put(stranger, FIRST)
    put(home, FIRST)
    rotate_key(home, LATER)
    put(home, SECOND)
    pem = home.releases / "public-key.pem"
    pem.unlink()
    damage(home, stranger)
    before = tree(home.root)
    with pytest.raises(VerificationFailed, match=what):
        rotate_key(home, LATER)
    assert tree(home.root) == before
    with pytest.raises(VerificationFailed, match=r"public-key\.pem is missing"):
        recover(home)
    assert without_work(tree(home.root)) == without_work(before)


OTHERS_KEYS: dict[str, Callable[[bytes, bytes], bytes]] = {
    "a stranger's": lambda whole, strangers: strangers,
    "a stranger's before ours": lambda whole, strangers: strangers + whole,
    "the new key alone": lambda whole, strangers: whole[: len(strangers)],
    "the retired key alone": lambda whole, strangers: whole[len(strangers) :],
    "no key": lambda whole, strangers: b"no key\n",
    "nothing": lambda whole, strangers: b"",
}


@pytest.mark.parametrize("replaced", OTHERS_KEYS.values(), ids=OTHERS_KEYS)
def test_of_replaced_public_keys_every_command_gives_advice_that_works(
    tmp_path: Path, replaced: Callable[[bytes, bytes], bytes]
) -> None:
    home, stranger = home_in(tmp_path / "home"), home_in(tmp_path / "stranger", b"s" * 32)
    put(stranger, FIRST)
    put(home, FIRST)
    rotate_key(home, LATER)
    put(home, SECOND)
    pem = home.releases / "public-key.pem"
    whole = pem.read_bytes()
    pem.write_bytes(replaced(whole, (stranger.releases / "public-key.pem").read_bytes()))
    before = tree(home.root)
    advised = (
        r"public-key\.pem (does not hold key|holds no public keys|says that key).*: put the right one back from a "
        r"backup, or from a destination's copy, or remove it: the next publication rebuilds it$"
    )
    for act in (published_releases, recover, lambda home: put(home, THIRD), lambda home: rotate_key(home, LATER)):
        with pytest.raises(VerificationFailed) as refused:
            act(home)
        assert re.search(advised, str(refused.value)), str(refused.value)
    assert without_work(tree(home.root)) == without_work(before)
    mended = copy_of(home, tmp_path / "mended")
    (mended.releases / "public-key.pem").write_bytes(whole)
    put(mended, THIRD)
    pem.unlink()
    put(home, THIRD)
    assert tree(home.releases) == tree(mended.releases)
    assert pem.read_bytes() == whole
    rotate_key(home, LATER)
    assert len(states(home)) == 3


def test_a_ledger_from_before_a_rotation_is_told_from_replaced_keys(tmp_path: Path) -> None:
    home = home_in(tmp_path / "home")
    put(home, FIRST)
    older = (home.releases / "ledger.jsonl").read_bytes()
    rotate_key(home, LATER)
    latest = (home.releases / "ledger.jsonl").read_bytes()
    (home.releases / "ledger.jsonl").write_bytes(older)
    for act in (published_releases, recover, lambda home: rotate_key(home, LATER)):
        with pytest.raises(
            VerificationFailed, match=r"is in use, and .* ends in a head by .*: put the latest ledger back"
        ):
            act(home)
    (home.releases / "ledger.jsonl").write_bytes(latest)
    rotate_key(home, LATER)
    assert states(home) == {str(FIRST): "published"}


def test_both_lost_one_must_come_back(tmp_path: Path) -> None:
    home = home_in(tmp_path / "home")
    put(home, FIRST)
    pem, key = home.releases / "public-key.pem", home.keys / "release-signing.key"
    whole = pem.read_bytes()
    pem.unlink()
    key.unlink()
    with pytest.raises(
        VerificationFailed, match=r"key store has no release-signing\.key.*public-key\.pem is missing too"
    ):
        put(home, SECOND)
    with pytest.raises(VerificationFailed, match=r"public-key\.pem is missing and cannot be rebuilt: put it back"):
        rotate_key(home, LATER)
    assert list(home.keys.iterdir()) == []
    one, other = copy_of(home, tmp_path / "one"), copy_of(home, tmp_path / "other")
    (one.keys / "release-signing.key").write_bytes(b"k" * 32)
    put(one, SECOND)
    (other.releases / "public-key.pem").write_bytes(whole)
    rotate_key(other, LATER)
    put(other, SECOND)
    assert states(one) == states(other) == {str(FIRST): "published", str(SECOND): "published"}


def test_releases_of_a_newer_key_are_not_removed_where_ledger_and_keys_are_older(tmp_path: Path) -> None:
    """A backup of everything but the releases was put back: what was published since is not unpublished by that."""
    home = home_in(tmp_path / "home")
    put(home, FIRST)
    older = {path: path.read_bytes() for path in (home.releases / "public-key.pem", home.releases / "ledger.jsonl")}
    rotate_key(home, LATER)
    put(home, SECOND)
    for path, content in older.items():
        path.write_bytes(content)
    (home.keys / "release-signing.key").write_bytes(b"k" * 32)
    before = tree(home.releases)
    for act in (recover, lambda home: rotate_key(home, LATER)):
        with pytest.raises(VerificationFailed, match=rf"release {SECOND} is signed with key .* put the latest ledger"):
            act(home)
    assert tree(home.releases) == before


# --- the private key ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("content", [b"", b"k" * 10, b"k" * 31, b"k" * 33, b"k" * 64])
def test_a_private_key_of_a_wrong_length_is_named_and_can_be_replaced(tmp_path: Path, content: bytes) -> None:
    home = home_in(tmp_path / "home")
    put(home, FIRST)
    (home.keys / "release-signing.key").write_bytes(content)
    before = tree(home.releases)
    told = rf"release-signing\.key is no key, since it holds {len(content)} bytes and not 32: .*rotate-key"
    for act in (recover, lambda home: put(home, SECOND)):
        with pytest.raises(VerificationFailed, match=told):
            act(home)
    assert tree(home.releases) == before
    mended = copy_of(home, tmp_path / "mended")
    (mended.keys / "release-signing.key").write_bytes(b"k" * 32)
    put(mended, SECOND)
    rotate_key(home, LATER)
    put(home, SECOND)
    assert states(home) == states(mended) == {str(FIRST): "published", str(SECOND): "published"}


def test_a_following_key_of_a_wrong_length_too(tmp_path: Path) -> None:
    home = home_in(tmp_path / "home")
    put(home, FIRST)
    following = home.keys / "release-signing-next.key"
    following.write_bytes(b"n" * 10)
    before = tree(home.root)
    with pytest.raises(VerificationFailed, match=r"release-signing-next\.key is no key.*: remove it, and repeat"):
        rotate_key(home, LATER)
    assert tree(home.root) == before
    following.unlink()
    rotate_key(home, LATER)
    assert states(home) == {str(FIRST): "published"}


def test_a_folder_in_a_files_place_is_named(tmp_path: Path) -> None:
    home = home_in(tmp_path / "home")
    put(home, FIRST)
    for path in (home.releases / "public-key.pem", home.releases / "ledger.jsonl", home.keys / "release-signing.key"):
        content = path.read_bytes()
        path.unlink()
        path.mkdir()
        for act in (recover, lambda home: rotate_key(home, LATER)):
            with pytest.raises(StateDamaged, match=f"{path.name} is a folder"):
                act(home)
        path.rmdir()
        path.write_bytes(content)
    assert states(home) == {str(FIRST): "published"}
