"""The same release gives the same bytes: in any process, under any clock, zone, locale and order of hashing."""

import hashlib
import json
import os
import subprocess
import sys
import time
from dataclasses import replace

import pyarrow as pa
import pytest

from releases.files.release_files import release_files
from releases.ledger.release import Release
from tests.conventions.tracked import ROOT
from tests.worlds.release_world import every_release, weekly_release

_DIGESTS = """
import hashlib, json
from releases.files.release_files import release_files
from tests.worlds.release_world import every_release
print(json.dumps({
    str(one.id): {name: hashlib.sha256(content).hexdigest() for name, content in release_files(one).items()}
    for one in every_release()
}))
"""


def digests(release: Release) -> dict[str, str]:
    return {name: hashlib.sha256(content).hexdigest() for name, content in release_files(release).items()}


@pytest.mark.parametrize(
    "surroundings",
    [
        {"PYTHONHASHSEED": "1", "TZ": "Pacific/Kiritimati", "LC_ALL": "C"},
        {"PYTHONHASHSEED": "2", "TZ": "America/Adak", "LC_ALL": "C.UTF-8", "PYTHONUTF8": "0"},
    ],
)
def test_another_process_makes_the_same_files(surroundings: dict[str, str]) -> None:
    made = subprocess.run(
        [sys.executable, "-c", _DIGESTS],
        cwd=ROOT,
        env={**os.environ, **surroundings},
        capture_output=True,
        text=True,
        check=True,
    )
    assert json.loads(made.stdout) == {str(one.id): digests(one) for one in every_release()}


def test_how_a_table_was_put_together_does_not_matter() -> None:
    release = weekly_release()
    data = release.resources[0]
    pieces = pa.concat_tables([data.table.slice(0, 5), data.table.slice(5)])
    assert pieces.column(0).num_chunks == 2
    marked = pieces.replace_schema_metadata({"made": "elsewhere"})
    assert digests(replace(release, resources=(replace(data, table=marked),))) == digests(release)


def test_the_order_of_what_was_checked_does_not_matter() -> None:
    release = weekly_release()
    turned = dict(reversed(release.evidence.checked.items()))
    assert digests(replace(release, evidence=replace(release.evidence, checked=turned))) == digests(release)


def test_another_release_has_other_bytes() -> None:
    """So that the comparison above can fail: a later run, and one figure."""
    release = weekly_release()
    later = replace(release, issued=release.issued.replace(hour=5))
    changed = {name for name, digest in digests(later).items() if digest != digests(release)[name]}
    assert {"datapackage.json", "dcat.jsonld", "disclosure-report.json"} <= changed
    assert not changed & {"data.csv", "data.parquet"}


def test_it_is_made_in_no_time() -> None:
    """A hundred releases, a few tens of milliseconds each on a slow machine; a tenfold margin for a busy one."""
    release = weekly_release()
    release_files(release)
    began = time.perf_counter()
    for _ in range(20):
        release_files(release)
    assert (time.perf_counter() - began) / 20 < 0.3


@pytest.mark.clause("release-files")
def test_only_these_files_are_made() -> None:
    others = {"datapackage.json", "README.md", "disclosure-report.json", "dcat.jsonld", "CITATION.cff"}
    for release in every_release():
        tables = {"data", "weeks"} if release.id.period.kind == "quarter" else {"data"}
        assert (
            set(release_files(release)) == {f"{one}.{kind}" for one in tables for kind in ("csv", "parquet")} | others
        )


def test_nothing_heavy_is_loaded_with_the_modules() -> None:
    modules = "releases.files.release_files, releases.files.release_catalogue"
    code = f"import sys, {modules}; print('pandas' in sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert loaded.stdout.strip() == "False"
