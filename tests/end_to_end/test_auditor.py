"""The auditor on the demonstration: nothing in what was published, and every leak that is planted into it."""

import json
from collections.abc import Callable
from copy import deepcopy
from pathlib import Path

import duckdb
import pytest

from auditor.audit_of_tables import audit_tables
from auditor.form import Promise, read_form
from auditor.read_tables import Reader, Table
from command.main import main
from tests.end_to_end.runs import Ran
from tests.worlds.planted_leaks import PLANTS, Published, plants, week_of

FORM = read_form()
PROMISE = Promise(k=10, dominance_p=10, step=10)


@pytest.fixture(scope="module")
def marts(ran: Ran) -> list[Table]:
    """Every table of the demonstration's marts that the auditor reads."""
    return Reader(FORM).read([ran.home / "marts" / "marts.duckdb"])


@pytest.mark.clause("audit-finds", "output-json")
def test_nothing_is_found_in_the_demonstration(ran: Ran, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["audit", str(ran.home / "marts" / "marts.duckdb"), str(ran.home / "releases"), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["findings"], told["not_reached"]) == ([], [])
    assert told["checked"]["rows"] > 500
    assert all("overlapping parts" in one for one in told["open"])


def test_there_are_ten_kinds_of_leaks_or_more() -> None:
    assert len(PLANTS) > 20 and len(set(PLANTS.values())) >= 11


@pytest.mark.clause("audit-finds")
@pytest.mark.parametrize(("plant", "n"), list(plants()), ids=lambda one: getattr(one, "__name__", str(one)))
def test_a_planted_leak_is_found(ran: Ran, marts: list[Table], plant: Callable[[Published, int], None], n: int) -> None:
    told = deepcopy(week_of(marts, ran.span.first_day))
    plant(told, n)
    found = audit_tables(told.tables(FORM), FORM, PROMISE).findings
    assert PLANTS[plant] in {one.kind for one in found}
    assert all(one.rows and one.least <= one.most for one in found)


@pytest.mark.clause("audit-finds", "exit-codes")
def test_a_leak_in_a_file_is_exit_4_and_names_its_rows(
    ran: Ran, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A cell of nine in a copy of the marts, and the same cell with one person less in a release's CSV."""
    copy = tmp_path / "marts.duckdb"
    copy.write_bytes((ran.home / "marts" / "marts.duckdb").read_bytes())
    with duckdb.connect(str(copy)) as con:
        con.execute("update usage_by_hour_week set users = 9 where users = (select min(users) from usage_by_hour_week)")
    assert main(["audit", str(copy)]) == 4
    said = capsys.readouterr().out
    assert "a row of few persons: " in said and "users=9" in said
    released = next((ran.home / "releases" / "usage_by_region_age").glob("*-W42-v1")) / "data.csv"
    lines = released.read_text().splitlines()
    users = lines[0].split(",").index("users")
    cells = lines[1].split(",")
    cells[users] = str(int(cells[users]) - 1)
    (tmp_path / "data.csv").write_text("\n".join([lines[0], ",".join(cells), *lines[2:]]))
    assert main(["audit", str(ran.home / "marts" / "marts.duckdb"), str(tmp_path / "data.csv")]) == 4
    assert "rows that cannot all be about the same persons" in capsys.readouterr().out
