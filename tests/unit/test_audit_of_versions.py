"""A report of known vulnerabilities, and one that says nothing because nobody could be asked, are told apart."""

import json
from pathlib import Path

import pytest

from tests.supply_chain.audit import PASSED, UNKNOWN, VULNERABLE, audit, verdict

CLEAN = {"name": "idna", "version": "3.11", "vulns": []}
BAD = {"name": "brotli", "version": "1.1.0", "vulns": [{"id": "CVE-2025-6176", "fix_versions": ["1.2.0"]}]}
SKIPPED = {"name": "duckdb", "skip_reason": "Dependency not found on PyPI and could not be audited: duckdb (1.5.5)"}


@pytest.mark.parametrize(
    ("dependencies", "code", "says"),
    [
        ([CLEAN, CLEAN], PASSED, "2 of 2 versions were looked up by 'osv', 0 are vulnerable"),
        ([CLEAN, BAD], VULNERABLE, "brotli 1.1.0: CVE-2025-6176 (mended in 1.2.0)"),
        ([CLEAN, SKIPPED], UNKNOWN, "of 1 versions nothing is known, such as duckdb"),
        ([BAD, SKIPPED], VULNERABLE, "of 1 versions nothing is known"),
        ([], UNKNOWN, "0 of 0 versions"),
    ],
)
def test_a_report(dependencies: list[dict], code: int, says: str) -> None:
    found = verdict(json.dumps({"dependencies": dependencies, "fixes": []}), "", "osv")
    assert found.code == code
    assert says in "\n".join(found.lines)


@pytest.mark.parametrize("report", ["", "Traceback", "[]", "{}", "null"])
def test_no_report_is_never_a_pass(report: str) -> None:
    found = verdict(report, "trace\nConnectionError: no such host", "osv")
    assert found.code == UNKNOWN
    assert "could not be asked: nothing is known (ConnectionError: no such host)" in found.lines[0]


def test_a_tool_that_ends_without_a_word_is_never_a_pass(tmp_path: Path) -> None:
    tool = tmp_path / "pip-audit"
    tool.write_text("#!/bin/sh\nexit 0\n")
    tool.chmod(0o755)
    assert audit(tool, tmp_path / "requirements.lock", "osv").code == UNKNOWN
