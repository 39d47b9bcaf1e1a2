"""CHECKSUMS.sha256 as sha256sum reads and writes it, and nothing else."""

import subprocess
from pathlib import Path

import pytest

from refusals.errors import VerificationFailed
from releases.folders.checksums import checksums_of, parse_checksums

FILES = {"data.csv": b"a,b\n1,2\n", "README.md": b"# \xc3\xa9\n", "CITATION.cff": b""}
# Of no bytes: FIPS 180-4's own example.
OF_NOTHING = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
ONE = "1" * 64


def test_it_is_what_sha256sum_writes(tmp_path: Path) -> None:
    for name, content in FILES.items():
        (tmp_path / name).write_bytes(content)
    written = subprocess.run(
        ["sha256sum", "CITATION.cff", "README.md", "data.csv"], cwd=tmp_path, check=True, capture_output=True
    )
    assert checksums_of(FILES) == written.stdout
    assert list(parse_checksums(written.stdout)) == ["CITATION.cff", "README.md", "data.csv"]
    assert parse_checksums(written.stdout)["CITATION.cff"] == OF_NOTHING


@pytest.mark.parametrize(
    ("content", "where"),
    [
        (b"", "is cut off"),
        (f"{ONE}  a".encode(), "is cut off"),
        (f"{ONE}  a\n\n".encode(), "line 2"),
        (f"{ONE} *a\n".encode(), "line 1"),
        (f"{ONE} a\n".encode(), "line 1"),
        (f"{ONE}   a\n".encode(), "line 1"),
        (f"{ONE}  a\r\n".encode(), "line 1"),
        (f"{ONE.replace('1', 'A')}  a\n".encode(), "line 1"),
        (f"{ONE[1:]}  a\n".encode(), "line 1"),
        (f"{ONE}  ../a\n".encode(), "line 1"),
        (f"{ONE}  .a\n".encode(), "line 1"),
        (f"{ONE}  \xe9\n".encode("latin-1"), "line 1"),
        (f"\\{ONE}  a\\nb\n".encode(), "line 1"),
        (f"{ONE}  a\n{ONE}  a\n".encode(), "line 2"),
        (f"{ONE}  b\n{ONE}  a\n".encode(), "line 2"),
    ],
)
def test_another_spelling_is_refused_by_its_line(content: bytes, where: str) -> None:
    with pytest.raises(VerificationFailed, match=where):
        parse_checksums(content)
