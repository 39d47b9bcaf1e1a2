"""`cmn releases`, and what docs/releases.md tells readers to do without it."""

import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from command import releases as command_releases
from command.main import main
from home.layout import Home
from home.lock import held
from releases.ledger.states import MOVES
from tests.conventions.tracked import ROOT
from tests.readers.releases_on_disk import AT, FIRST, MENDED, SECOND, files_of, tree
from tests.worlds.one_release import publish

DOCUMENT = (ROOT / "docs" / "releases.md").read_text(encoding="utf-8")


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """A config over a home with two releases and a later version."""
    file = tmp_path / "cmn.toml"
    file.write_text('home = "home"\n[ga4.export]\nfiles = "landing/ga4"\nconsent_basis = "consent_mode"\n')
    home = home_of(file)
    home.make()
    for release in (FIRST, SECOND, MENDED):
        publish(home, release, files_of(release), at=AT, why="regions added" if release == MENDED else "")
    return file


@pytest.fixture(autouse=True)
def refreshed(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """How often catalogue and portal were to be made anew; here they are not, since the files are made up."""
    runs: list[object] = []
    monkeypatch.setattr(command_releases, "show_readers", runs.append)
    return runs


def home_of(config: Path) -> Home:
    return Home(config.parent / "home")


def run(*arguments: object) -> int:
    before = os.umask(0o022)
    try:
        return main([str(argument) for argument in arguments])
    finally:
        os.umask(before)


@pytest.mark.clause("command-releases")
def test_list(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("releases", "list", "--config", config) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[:3] for line in lines] == [
        [str(FIRST), "superseded", "2026-11-19"],
        [str(SECOND), "published", "2026-11-19"],
        [str(MENDED), "published", "2026-11-19"],
    ]
    digest = subprocess.run(
        ["sha256sum", home_of(config).releases / str(FIRST) / "CHECKSUMS.sha256"], capture_output=True, check=True
    ).stdout.decode()
    assert lines[0].split()[3] == digest[:12]
    assert lines[0].endswith("by 2026-W39-v2")
    assert lines[2].endswith("regions added")
    assert run("releases", "list", "--config", config, "--json") == 0
    told = json.loads(capsys.readouterr().out)["releases"]
    assert [release["id"] for release in told] == [str(FIRST), str(SECOND), str(MENDED)]
    assert told[0] == {
        "id": str(FIRST),
        "state": "superseded",
        "published_at": "2026-11-19T06:00:00+00:00",
        "withdrawn_at": None,
        "why": "",
        "superseded_by": str(MENDED),
        "sha256": digest[:64],
    }


def test_list_of_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config = tmp_path / "cmn.toml"
    config.write_text('home = "home"\n[ga4.export]\nfiles = "landing/ga4"\nconsent_basis = "consent_mode"\n')
    assert run("releases", "list", "--config", config, "--json") == 0
    assert json.loads(capsys.readouterr().out) == {"releases": []}


def test_verify_needs_no_config_and_says_what_the_key_is_worth(
    config: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    releases, copy = home_of(config).releases, tmp_path / "copy"
    shutil.copytree(releases / str(FIRST), copy)
    assert run("releases", "verify", copy) == 0
    out = capsys.readouterr().out
    assert out.startswith(f"{FIRST}: whole, unchanged and signed (11 files, ")
    assert re.search(r"^key: [0-9a-f]{64}$", out, re.MULTILINE)
    assert "lies in the folder itself" in out
    assert run("releases", "verify", releases / str(FIRST)) == 0
    assert "lies beside the releases" in capsys.readouterr().out
    options = ("--public-key", releases / "public-key.pem", "--ledger", releases / "ledger.jsonl")
    assert run("releases", "verify", copy, *options) == 0
    out = capsys.readouterr().out
    assert "the one you gave" in out
    assert "portal" not in out
    assert "ledger: entry 1 of 3, not withdrawn" in out
    assert f"superseded by {MENDED}" in out


def test_exit_codes_of_verify(config: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(home_of(config).releases / str(FIRST), copy)
    assert run("releases", "verify", tmp_path / "nowhere") == 2
    assert run("releases", "verify", copy, "--ledger", tmp_path / "nowhere") == 2
    (copy / "data.csv").write_bytes((copy / "data.csv").read_bytes().replace(b"NL-NH", b"NL-ZH", 1))
    capsys.readouterr()
    assert run("releases", "verify", copy) == 1
    told = capsys.readouterr()
    assert told.err == "cmn: data.csv was changed: it is not the file that was signed: fetch the release anew\n"
    assert told.out == ""


@pytest.mark.clause("release-withdraw")
def test_withdraw(config: Path, capsys: pytest.CaptureFixture[str], refreshed: list[object]) -> None:
    call = ("releases", "withdraw", FIRST, "--why", "counted  twice\n", "--config", config)
    assert run(*call) == 0
    assert f"withdrawn: {FIRST}, entry 4 of the ledger" in capsys.readouterr().out
    assert len(refreshed) == 1
    assert run("releases", "verify", home_of(config).releases / str(FIRST)) == 1
    assert re.fullmatch(
        rf"cmn: {FIRST} was withdrawn on \d{{4}}-\d\d-\d\dT\d\d:\d\d:\d\dZ: counted twice\n", capsys.readouterr().err
    )
    assert run("releases", "list", "--config", config) == 0
    assert re.search(rf"^{FIRST}  withdrawn .*  counted twice$", capsys.readouterr().out, re.MULTILINE)
    before = tree(home_of(config).releases)
    assert run(*call) == 0  # what was killed before readers saw it is finished by saying it again
    assert len(refreshed) == 2
    for refused in (
        ("releases", "withdraw", FIRST, "--why", "another", "--config", config),
        ("releases", "withdraw", FIRST, "--why", " ", "--config", config),
        ("releases", "withdraw", "usage_by_hour/2026-W40-v1", "--why", "x", "--config", config),
        ("releases", "withdraw", "../2026-W39-v1", "--why", "x", "--config", config),
    ):
        assert run(*refused) == 2
    assert tree(home_of(config).releases) == before


@pytest.mark.parametrize(
    "name",
    [
        "usage_by_hour/2026-W39-v" + "9" * 5000,
        "usage_by_hour/2026-W" + "9" * 5000 + "-v1",
        "u" * 5000 + "/2026-W39-v1",
        "usage_by_hour/2026-W39-v1\u0663",
        "usage_by_hour/\u0662\u0660\u0662\u0666-W39-v1",
        "usage_by_hour/9999-W52-v1",
        "usage_by_hour/0001-W01-v1",
    ],
)
def test_a_name_that_is_none_is_wrong_usage(config: Path, capsys: pytest.CaptureFixture[str], name: str) -> None:
    capsys.readouterr()
    assert run("releases", "withdraw", name, "--why", "x", "--config", config) == 2
    assert re.match("cmn: (a release is named like|a period is an ISO week)", capsys.readouterr().err)


def test_what_cannot_be_read_is_named(config: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("releases", "verify", tmp_path / ("x" * 5000)) == 2
    assert "File name too long: name another" in capsys.readouterr().err
    ledger = home_of(config).releases / "ledger.jsonl"
    ledger.unlink()
    ledger.mkdir()
    for action in (("list",), ("withdraw", SECOND, "--why", "x"), ("rotate-key",)):
        assert run("releases", *action, "--config", config) == 1
        assert "ledger.jsonl is a folder, where a file belongs" in capsys.readouterr().err


def test_what_needs_the_lock_waits_for_nobody(config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("home.lock._held", set())
    with held(home_of(config)):
        monkeypatch.setattr("home.lock._held", set())  # as another process sees it
        for action in (("withdraw", SECOND, "--why", "x"), ("rotate-key",)):
            assert run("releases", *action, "--config", config) == 5
        assert run("releases", "list", "--config", config) == 0


@pytest.mark.clause("command-releases")
def test_rotate_key(config: Path, capsys: pytest.CaptureFixture[str], refreshed: list[object]) -> None:
    releases = home_of(config).releases
    assert run("releases", "rotate-key", "--config", config) == 0
    assert len(refreshed) == 1
    fingerprint = re.search(r"key: ([0-9a-f]{64})", capsys.readouterr().out)
    assert fingerprint is not None
    assert run("releases", "verify", releases / str(FIRST)) == 0
    assert fingerprint[1] not in capsys.readouterr().out
    publish(home_of(config), third := type(FIRST).parse("usage_by_hour/2026-W40-v1"), files_of(FIRST), at=AT)
    assert run("releases", "verify", releases / str(third)) == 0
    assert fingerprint[1] in capsys.readouterr().out


def test_a_changed_ledger_stops_every_command_that_reads_it(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    ledger = home_of(config).releases / "ledger.jsonl"
    ledger.write_bytes(ledger.read_bytes().replace(b"regions added", b"regions addee"))
    before = tree(home_of(config).releases)
    for action in (("list",), ("withdraw", SECOND, "--why", "x"), ("rotate-key",)):
        capsys.readouterr()
        assert run("releases", *action, "--config", config) == 1
        assert "ledger.jsonl, line 3: was changed, since its signature does not hold" in capsys.readouterr().err
    assert tree(home_of(config).releases) == before


def test_the_document_shows_the_states_as_they_are() -> None:
    assert f"```mermaid\n{diagram()}```\n" in DOCUMENT


WITHOUT_CMN = DOCUMENT.split("### Without `cmn`")[1].split("\n## ")[0]
IN_THE_FOLDER, AMONG_ALL = re.findall(r"```sh\n(.*?)```", WITHOUT_CMN, re.DOTALL)


def openssl_is_new_enough() -> bool:
    if any(shutil.which(program) is None for program in ("openssl", "sha256sum", "python3", "bash")):
        return False
    version = subprocess.run(["openssl", "version"], capture_output=True, text=True, check=False).stdout
    return version.startswith("OpenSSL 3")


needs_openssl = pytest.mark.skipif(not openssl_is_new_enough(), reason="needs openssl 3, sha256sum, python3 and bash")


def bash(script: str, folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["bash", "-e", "-u", "-o", "pipefail", "-c", script], cwd=folder, capture_output=True, text=True, check=False
    )


@needs_openssl
def test_the_documents_commands_check_a_release_without_cmn(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = home_of(config).releases / str(FIRST)
    done = bash(IN_THE_FOLDER, folder)
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("Signature Verified Successfully") == 2
    assert run("releases", "verify", folder) == 0
    fingerprint = re.search(r"key: ([0-9a-f]{64})", capsys.readouterr().out)
    assert fingerprint is not None
    assert fingerprint[1] in done.stdout
    done = bash(AMONG_ALL, folder.parent.parent)
    assert done.returncode == 0, done.stderr


@needs_openssl
@pytest.mark.parametrize(
    "name",
    ["data.parquet", "README.md", "CHECKSUMS.sha256", "CHECKSUMS.sha256.sig", "ledger-entry.json", "public-key.pem"],
)
def test_the_documents_commands_find_a_changed_file(config: Path, name: str) -> None:
    path = home_of(config).releases / str(FIRST) / name
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(bytes(content))
    assert bash(IN_THE_FOLDER, path.parent).returncode != 0


@needs_openssl
@pytest.mark.parametrize("without", [0, 1, 2])
def test_the_documents_commands_find_a_broken_chain(config: Path, without: int) -> None:
    releases = home_of(config).releases
    lines = (releases / "ledger.jsonl").read_bytes().splitlines(keepends=True)
    del lines[without]
    (releases / "ledger.jsonl").write_bytes(b"".join(lines))
    assert bash(AMONG_ALL, releases).returncode != 0


def diagram() -> str:
    """The table of moves as a Mermaid state diagram."""
    lines = ["stateDiagram-v2", "    [*] --> draft"]
    lines += [f"    {state} --> {to}" for state, following in MOVES.items() for to in following]
    return "\n".join(lines) + "\n"
