"""`cmn doctor` finds what is wrong with the key of releases, their ledger and their modes, and changes nothing."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from command.main import main
from home.layout import Home
from releases.publishing.key_rotation import rotate_key
from releases.publishing.publisher import withdraw
from tests.readers.releases_on_disk import AT, FIRST, LATER, MENDED, SECOND, WHY, files_of, home_in, tree
from tests.worlds.one_release import publish

KEY, LEDGER, MODES = "key of releases", "ledger and folders of releases", "releases may be read by everyone"


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """A home of three releases under two keys, one of them withdrawn; beside it a config."""
    (tmp_path / "cmn.toml").write_text(
        'home = "home"\n[ga4.export]\nfiles = "landing/ga4"\nconsent_basis = "consent_mode"\n'
    )
    home = home_in(tmp_path / "home")
    publish(home, FIRST, files_of(FIRST), at=AT)
    rotate_key(home, LATER)
    publish(home, SECOND, files_of(SECOND), at=AT)
    publish(home, MENDED, files_of(MENDED), at=AT, why="regions added")
    withdraw(home, MENDED, why=WHY, at=LATER)
    return home


def told(home: Home, capsys: pytest.CaptureFixture[str]) -> dict[str, str]:
    """What doctor says of releases: by check, `ok` or the mend."""
    before = tree(home.root) if home.root.exists() else {}
    main(["doctor", "--config", str(home.root.parent / "cmn.toml")])
    found = {}
    for line in capsys.readouterr().out.splitlines():
        verdict, name = line[:4].strip(), line[6:].split(": ")[0]
        if name in (KEY, LEDGER, MODES):
            found[name] = "ok" if verdict == "ok" else line[6:].split(": ", 1)[1]
    after = tree(home.root) if home.root.exists() else {}
    assert {name: after[name] for name in after if name != "restricted/run.lock"} == {
        name: before[name] for name in before if name != "restricted/run.lock"
    }
    return found


def test_all_is_well(home: Home, capsys: pytest.CaptureFixture[str]) -> None:
    assert told(home, capsys) == {KEY: "ok", LEDGER: "ok", MODES: "ok"}


def test_before_the_first_release_there_is_nothing_to_say(home: Home, capsys: pytest.CaptureFixture[str]) -> None:
    shutil.rmtree(home.root)
    home.make()
    assert told(home, capsys) == {}


def write(name: str, content: bytes) -> Callable[[Home], object]:
    return lambda home: (home.root / name).write_bytes(content)


def remove(name: str) -> Callable[[Home], object]:
    return lambda home: shutil.rmtree(home.root / name) if (home.root / name).is_dir() else (home.root / name).unlink()


PRIVATE, PUBLIC, CHAIN = "restricted/keys/release-signing.key", "releases/public-key.pem", "releases/ledger.jsonl"
FINDINGS: dict[str, tuple[Callable[[Home], object], dict[str, str]]] = {
    "no private key": (remove(PRIVATE), {KEY: "the key store has no release-signing.key, but releases are signed"}),
    "a short private key": (write(PRIVATE, b"k" * 10), {KEY: "release-signing.key is no key, since it holds 10 bytes"}),
    "another private key": (write(PRIVATE, b"x" * 32), {KEY: "the key store's release-signing.key is"}),
    "a private key for all": (
        lambda home: (home.root / PRIVATE).chmod(0o644),
        {KEY: "may be read by others: chmod 600"},
    ),
    "no public keys": (remove(PUBLIC), {KEY: "public-key.pem is missing", LEDGER: "is missing", MODES: "is missing"}),
    "no public keys left": (
        write(PUBLIC, b""),
        {KEY: "holds no public keys", LEDGER: "holds no public keys", MODES: "holds no public keys"},
    ),
    "no ledger": (
        remove(CHAIN),
        {LEDGER: "is older than release", MODES: "ledger.jsonl is missing, but 3 release folders"},
    ),
    "a changed ledger": (
        lambda home: (home.root / CHAIN).write_bytes((home.root / CHAIN).read_bytes().replace(b"added", b"addee", 1)),
        {LEDGER: "line 3: was changed", MODES: "line 3: was changed"},
    ),
    "a folder that is gone": (
        remove(f"releases/{FIRST}"),
        {LEDGER: "1 of 3 releases have no folder, such as"},
    ),
    "a tombstone that is gone": (remove(f"releases/{MENDED}"), {LEDGER: "1 of 3 releases have no folder, such as"}),
    "a closed file": (
        lambda home: (home.root / f"releases/{FIRST}/data.csv").chmod(0o600),
        {MODES: f"1 files or folders have a wrong mode, such as {{root}}/releases/{FIRST}/data.csv: the next pub"},
    ),
    "a closed folder": (
        lambda home: home.releases.chmod(0o700),
        {MODES: "1 files or folders have a wrong mode, such as"},
    ),
}


@pytest.mark.clause("command-doctor")
@pytest.mark.parametrize(("damage", "findings"), FINDINGS.values(), ids=FINDINGS)
def test_what_is_wrong_is_found_where_it_is(
    home: Home, capsys: pytest.CaptureFixture[str], damage: Callable[[Home], object], findings: dict[str, str]
) -> None:
    damage(home)
    found = told(home, capsys)
    assert {name for name, mend in found.items() if mend != "ok"} == set(findings)
    for name, mend in findings.items():
        assert mend.replace("{root}", str(home.root)) in found[name]
