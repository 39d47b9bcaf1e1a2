"""The repository speaks of the project alone: no machine's paths, no registry's hosts, no large files.

What is looked for stands here in a form that does not match itself, so that this file is looked through like any other.
"""

import re

import pytest

from tests.conventions.tracked import ROOT, files, text_of

# Folders at the root of a file system that any machine may have: a path that begins so is of no one machine.
STANDARD = {"bin", "dev", "etc", "home", "lib", "media", "mnt", "opt", "private", "proc", "root", "run", "sbin", "srv",
            "sys", "tmp", "usr", "Users", "var"}  # fmt: skip
FORBIDDEN = {
    "a path into somebody's home": re.compile(r"(?<![\w.])/(home|Users)/\w+/|(?<![\w.])/roo[t]/|[.]pyen[v]\b"),
    "a registry's host": re.compile(r"pypi\.org|pythonhosted\.org|registry\.npmjs\.org|deb\.debian\.org|/simpl[e]/"),
    "a secret": re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----|AKIA[0-9A-Z]{16}|gh[pousr]_[A-Za-z0-9]{36}"),
    "an unfinished thought": re.compile(r"\b(TOD[O]|FIXM[E]|XX[X])\b"),
    "a merge's leftovers": re.compile(r"^(<<<<<<<|>>>>>>>) ", re.MULTILINE),
}
LARGEST_FILE_BYTES = 2_000_000


def findings(text: str, top: str = ROOT.parts[1]) -> list[str]:
    """What of the forbidden is in a text; `top`: the first folder of the path where this checkout lies."""
    found = [what for what, pattern in FORBIDDEN.items() if pattern.search(text)]
    if top not in STANDARD and re.search(rf"(?<![\w.])(?<!:/)/{re.escape(top)}/", text):
        found.append("a path of this machine")
    return found


def test_no_file_holds_what_is_forbidden() -> None:
    found = {name: what for name in files() if (text := text_of(name)) is not None and (what := findings(text))}
    assert found == {}


@pytest.mark.parametrize(
    "planted",
    [
        ("--index-url https://pypi.", "org/x"), ("https://registry.npmjs.", "org"), ("mirror/simp", "le/x"),
        ("# TO", "DO: later"), ("x = 1  # FIX", "ME"), ("/ro", "ot/.cache"), ("cd /ho", "me/somebody/project"),
        ("open('/Use", "rs/somebody/x')"), ("~/.py", "env/shims"), ("<<<<<<", "< HEAD"), ("gh", "p_" + "a" * 36),
    ],
)  # fmt: skip
def test_a_planted_text_is_found(planted: tuple[str, str]) -> None:
    assert findings("".join(planted))


@pytest.mark.parametrize("planted", ["cd /quarry/stone", "'/quarry/x.csv'", "file:///quarry/y"])
def test_a_path_to_where_a_checkout_lies_is_found(planted: str) -> None:
    assert findings(planted, top="quarry") == ["a path of this machine"]


@pytest.mark.parametrize("fine", ["landing/quarry/stone", "https://quarry/x", "./quarry/x", "/usr/bin/env", "/srv/cmn"])
def test_other_paths_are_fine(fine: str) -> None:
    assert findings(fine, top="quarry") == []


def test_no_file_is_large() -> None:
    large = {name: size for name in files() if (size := (ROOT / name).stat().st_size) > LARGEST_FILE_BYTES}
    assert large == {}


def test_every_locked_version_has_hashes_and_no_host() -> None:
    text = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    assert "://" not in text
    entries = re.findall(r"^([A-Za-z0-9][^\s#]*)(?: ; [^\\\n]+)?((?:\s*\\\n[^\n]*)*)", text, re.MULTILINE)
    assert len(entries) > 100
    loose = [
        name
        for name, rest in entries
        if not re.fullmatch(r"[A-Za-z0-9._\[\],-]+==[A-Za-z0-9.+!-]+", name) or "--hash=sha256:" not in rest
    ]
    assert loose == []


def test_one_lock_serves_every_python_that_is_supported() -> None:
    head = (ROOT / "requirements.lock").read_text(encoding="utf-8")[:400]
    assert "--universal --python-version 3.11 " in head
    assert 'requires-python = ">=3.11,<3.14"' in (ROOT / "pyproject.toml").read_text(encoding="utf-8")


def test_the_licence_is_the_one_that_is_declared() -> None:
    assert (ROOT / "LICENSE").read_text(encoding="utf-8").startswith("EUROPEAN UNION PUBLIC LICENCE v. 1.2")
    assert 'license = "EUPL-1.2"' in (ROOT / "pyproject.toml").read_text(encoding="utf-8")
