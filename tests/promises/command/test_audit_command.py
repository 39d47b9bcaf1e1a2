"""`cmn audit`: what it is called with, what it says of files that it cannot read, and when its time is over."""

import json
from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from auditor import audit_of_tables
from command.main import main

WEEK = date(2026, 9, 21)
CELL = {
    "week_start": WEEK, "region_code": "NL", "region_members": ["NL-ZH", "NL-NH"], "device_category": "all",
    "users": 40, "sessions": 64, "views": 104, "minutes": 900,
}  # fmt: skip


def written(folder: Path, *rows: dict[str, object], name: str = "data.parquet") -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.Table.from_pylist(list(rows)), folder / name)
    return folder / name


@pytest.mark.clause("command-audit", "exit-codes", "output-json")
def test_a_safe_file_is_exit_0_and_one_json_object(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["audit", str(written(tmp_path, CELL)), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["findings"], told["open"], told["not_reached"], told["k"]) == ([], [], [], 10)
    assert [one.name for one in tmp_path.iterdir()] == ["data.parquet"]


@pytest.mark.clause("command-audit", "audit-finds")
def test_two_files_are_taken_together(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The country in one file and one of its two provinces in another: the other province has 40 - 34 persons."""
    whole = written(tmp_path / "one", CELL)
    part = written(tmp_path / "other", {**CELL, "region_members": ["NL-ZH"], "region_code": "NL-ZH", "users": 34})
    assert main(["audit", str(whole)]) == main(["audit", str(part)]) == 0
    capsys.readouterr()
    assert main(["audit", str(whole), str(part), "--json"]) == 4
    [found] = [one for one in json.loads(capsys.readouterr().out)["findings"] if one["kind"] == "rows that combine"]
    assert (found["least"], found["most"]) == (6, 6)
    assert sorted(row.split()[0] for row in found["rows"]) == ["one/data.parquet", "other/data.parquet"]
    assert main(["audit", str(tmp_path), "--k", "6"]) == 0


@pytest.mark.clause("command-audit", "exit-codes")
def test_time_that_is_over_is_exit_1_and_names_what_was_not_reached(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = iter(range(0, 10**6, 100))
    monkeypatch.setattr(audit_of_tables.time, "monotonic", lambda: float(next(clock)))
    assert main(["audit", str(written(tmp_path, CELL)), "--minutes", "1"]) == 1
    assert "unreached  sessions of 2026-09-21 to 2026-09-21: out of time" in capsys.readouterr().out


@pytest.mark.clause("command-audit", "errors-in-words")
@pytest.mark.parametrize(
    ("name", "content", "code", "said"),
    [
        ("gone.csv", None, 2, "gone.csv: is not there: name a DuckDB file"),
        ("notes.txt", b"x", 2, "notes.txt: is no DuckDB file, Parquet or CSV"),
        ("data.parquet", b"no parquet", 3, "data.parquet: cannot be read as parquet"),
        ("marts.duckdb", b"no database", 3, "marts.duckdb: cannot be read as duckdb"),
        ("other.csv", b"a,b\n1,2\n", 2, "other.csv: holds no table that auditor/form.toml describes"),
        ("cells.csv", b"week_start,region_covers,device_category,users,sessions,views,minutes\n"
         b"2026-09-21,NL,all,many,64,104,9\n", 3, "holds what is no whole number, or no date"),
        ("cells.csv", b"week_start,region_covers,device_category,users,sessions,views,minutes\n"
         b"2026-09-21,XX,all,40,64,104,9\n", 3, "region_covers names a code that is not in the region table"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_one_line_that_quotes_no_row(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str, content: bytes | None, *, code: int, said: str
) -> None:
    if content is not None:
        (tmp_path / name).write_bytes(content)
    assert main(["audit", str(tmp_path / name)]) == code
    [line] = capsys.readouterr().err.splitlines()
    assert said in line and "many" not in line


@pytest.mark.clause("command-audit")
def test_tables_of_anybodys_form_are_audited(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Visitors of a museum by wing and by ticket: 60 in all, 55 of them with a ticket that is told."""
    form = tmp_path / "museum.toml"
    form.write_text(
        '[axis.ticket]\neach = "one"\nword = "ticket"\nwhole = "any"\n'
        '[[table]]\nname = "visits"\npopulation = "visitors"\naxis = "ticket"\npersons = "visitors"\n'
    )
    rows = "week_start,ticket,visitors\n2026-09-21,any,60\n2026-09-21,adult,35\n2026-09-21,child,20\n"
    (tmp_path / "visits.csv").write_text(rows)
    assert main(["audit", str(tmp_path / "visits.csv"), "--form", str(form)]) == 4
    assert "rows that combine: those whom they leave over: 5, by " in capsys.readouterr().out
    form.write_text('[[table]]\nname = "visits"\npopulation = "visitors"\ngroups = ["wing"]\n')
    assert main(["audit", str(tmp_path / "visits.csv"), "--form", str(form)]) == 2
    assert "table 'visits' names 'wing', which no group or axis describes" in capsys.readouterr().err
