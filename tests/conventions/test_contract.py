"""Every clause of the contract has a test that shows it, and no test names a clause that is not there.

A clause is an anchor of docs/contract.md; a test names it: `@pytest.mark.clause("gate-expired")`. Nothing is run here.
"""

import ast
from collections.abc import Iterable, Mapping
from functools import cache

import pytest

from tests.conventions.clauses import claims_in, clauses_of
from tests.conventions.tracked import ROOT, files

CONTRACT = (ROOT / "docs" / "contract.md").read_text(encoding="utf-8")
#: Clauses that no test shows yet, each with the reason: to be kept short.
WITHOUT_A_TEST: Mapping[str, str] = {}


@cache
def claims() -> dict[str, list[str]]:
    """Clause → tests that say they show it, as `file:line`."""
    found: dict[str, list[str]] = {}
    for name in files():
        if name.startswith("tests/") and name.endswith(".py"):
            for clause, line in claims_in(ast.parse((ROOT / name).read_text(encoding="utf-8"), name)):
                found.setdefault(clause, []).append(f"{name}:{line}")
    return found


def not_shown(clauses: Iterable[str], shown: Iterable[str]) -> list[str]:
    """Clauses without a test that are not listed as such."""
    return sorted(set(clauses) - set(shown) - set(WITHOUT_A_TEST))


def not_there(clauses: Iterable[str], shown: Mapping[str, list[str]]) -> dict[str, list[str]]:
    """What tests name that is no clause of the contract."""
    return {clause: tests for clause, tests in shown.items() if clause not in set(clauses)}


def test_every_clause_is_shown_by_a_test() -> None:
    assert not_shown(clauses_of(CONTRACT), claims()) == []


def test_no_test_names_a_clause_that_is_not_there() -> None:
    assert not_there(clauses_of(CONTRACT), claims()) == {}


def test_what_is_listed_as_without_a_test_is_a_clause_and_has_none() -> None:
    assert set(WITHOUT_A_TEST) <= set(clauses_of(CONTRACT)) - set(claims())


def test_every_clause_has_a_name_of_its_own() -> None:
    clauses = clauses_of(CONTRACT)
    assert len(clauses) == len(set(clauses)) > 80


def test_a_planted_clause_without_a_test_is_found() -> None:
    planted = CONTRACT.replace("## 6.", '- <a id="gate-full-moon"></a>Nobody is counted at full moon.\n\n## 6.')
    assert not_shown(clauses_of(planted), claims()) == ["gate-full-moon"]


def test_a_planted_test_of_no_clause_is_found() -> None:
    planted = '@pytest.mark.parametrize("x", [1])\n@pytest.mark.clause("gate-denied", "gate-gone")\ndef test_x(): ...'
    shown = {clause: ["tests/planted.py"] for clause, _ in claims_in(ast.parse(planted))}
    assert not_there(clauses_of(CONTRACT), shown) == {"gate-gone": ["tests/planted.py"]}


def test_a_clause_whose_last_test_goes_is_found() -> None:
    """The table of the gate claims nine; without it five of them are shown by nothing."""
    left = {clause for clause, tests in claims().items() if any("/gate/test_gate.py" not in test for test in tests)}
    assert "gate-expired" in not_shown(clauses_of(CONTRACT), left)


@pytest.mark.parametrize("planted", ["clause(NAME)", "clause(f'gate-{x}')", "clause()"])
def test_a_claim_that_cannot_be_read_is_refused(planted: str) -> None:
    with pytest.raises(ValueError, match="by its text"):
        list(claims_in(ast.parse(f"@pytest.mark.{planted}\ndef test_x(): ...")))
