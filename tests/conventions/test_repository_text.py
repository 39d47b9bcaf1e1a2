"""The repository speaks of the project alone: no machine's paths, no registry's hosts, no large files."""

import re

import pytest

from tests.conventions.tracked import ROOT, files, text_of

THIS_FILE = "tests/conventions/test_repository_text.py"
FORBIDDEN = {
    "a path of one machine": re.compile(r"/work/(main|shared)|/home/[a-z]+/|/root/|\.pyenv\b"),
    "a registry's host": re.compile(r"pypi\.org|pythonhosted\.org|registry\.npmjs\.org|deb\.debian\.org|/simple/"),
    "a secret": re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----|AKIA[0-9A-Z]{16}|gh[pousr]_[A-Za-z0-9]{36}"),
    "an unfinished thought": re.compile(r"\b(TODO|FIXME|XXX)\b"),
    "a merge's leftovers": re.compile(r"^(<<<<<<<|>>>>>>>) ", re.MULTILINE),
}
LARGEST_FILE_BYTES = 2_000_000


def findings(text: str) -> list[str]:
    """What of the forbidden is in a text."""
    return [what for what, pattern in FORBIDDEN.items() if pattern.search(text)]


def test_no_file_holds_what_is_forbidden() -> None:
    found = {
        name: what
        for name in files()
        if name != THIS_FILE and (text := text_of(name)) is not None and (what := findings(text))
    }
    assert found == {}


@pytest.mark.parametrize(
    "planted",
    ["--index-url https://pypi.org/x", "cd /work/main", "# TODO: later", "/root/.cache", "<<<<<<< HEAD"],
)
def test_a_planted_text_is_found(planted: str) -> None:
    assert findings(planted)


def test_no_file_is_large() -> None:
    large = {name: size for name in files() if (size := (ROOT / name).stat().st_size) > LARGEST_FILE_BYTES}
    assert large == {}


def test_every_locked_version_has_hashes_and_no_host() -> None:
    text = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    assert "://" not in text
    entries = re.findall(r"^([A-Za-z0-9][^\s#]*)((?:\s*\\\n[^\n]*)*)", text, re.MULTILINE)
    assert len(entries) > 100
    loose = [
        name
        for name, rest in entries
        if not re.fullmatch(r"[A-Za-z0-9._\[\],-]+==[A-Za-z0-9.+!-]+", name) or "--hash=sha256:" not in rest
    ]
    assert loose == []


def test_the_licence_is_the_one_that_is_declared() -> None:
    assert (ROOT / "LICENSE").read_text(encoding="utf-8").startswith("EUROPEAN UNION PUBLIC LICENCE v. 1.2")
    assert 'license = "EUPL-1.2"' in (ROOT / "pyproject.toml").read_text(encoding="utf-8")
