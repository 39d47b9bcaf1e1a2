"""Digests of all that a home tells: frozen cells and releases by their bytes, marts by their content."""

import hashlib
from pathlib import Path

from tests.end_to_end.runs import content

KEPT = Path(__file__).with_name("demonstration.json")
#: What tells of the key of one home, which no other has.
OF_THIS_HOME = {"CHECKSUMS.sha256", "CHECKSUMS.sha256.sig", "ledger-entry.json", "public-key.pem"}


def digests(home: Path) -> dict[str, str]:
    """Of each frozen file, mart and released file its SHA-256, by name."""
    frozen = {_name(path, home): path.read_bytes() for path in home.glob("cells/**/*.parquet")}
    released = {
        _name(path, home): path.read_bytes()
        for path in home.glob("releases/*/*/*")
        if path.is_file() and path.name not in OF_THIS_HOME
    }
    marts = {f"marts/{table}": repr(rows).encode() for table, rows in content(home / "marts" / "marts.duckdb").items()}
    return {name: hashlib.sha256(held).hexdigest() for name, held in sorted({**frozen, **released, **marts}.items())}


def _name(path: Path, home: Path) -> str:
    return path.relative_to(home).as_posix()
