"""SQL by its type: names, words, literals, and the statements that stand in files."""

import re
from pathlib import Path

import duckdb
import pytest

from home.sql import Sql, identifier, joined, literal, one_of, quoted, sql_file, sql_texts
from tests.conventions.tracked import PACKAGES, ROOT, files


@pytest.mark.parametrize("name", ["users", "judged_users", "t1", "_t"])
def test_a_plain_name_is_a_name(name: str) -> None:
    assert identifier(name) == name


@pytest.mark.parametrize("name", ["", "1a", "Users", "a b", 'a"', "a;drop table b", "a.b", "a\n", "ä", "a--"])
def test_what_is_no_plain_name_is_refused_and_not_told(name: str) -> None:
    with pytest.raises(ValueError, match="no plain name") as refused:
        identifier(name)
    assert name == "" or name not in str(refused.value)


def test_a_word_is_of_a_closed_list() -> None:
    assert one_of("asc", ("asc", "desc")) == "asc"
    with pytest.raises(ValueError, match="none of them"):
        one_of("asc; drop table a", ("asc", "desc"))


@pytest.mark.parametrize("text", ["", "it's", "'", "''", "a\\'b", 'a"b', "$a ${b}", "--", "\n", "é"])
def test_an_engine_reads_literals_and_quoted_names_as_they_were_given(text: str) -> None:
    con = duckdb.connect()
    assert con.execute(f"select {literal(text)}").fetchall() == [(text,)]
    if text:
        assert con.execute(f"select 1 as {quoted(text)}").description[0][0] == text


def test_pieces_are_joined() -> None:
    assert joined([Sql("a"), Sql("b")]) == "a, b"
    assert joined([Sql("a"), Sql("b")], " | ") == "a | b"


def test_a_file_is_filled_with_what_it_asks_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _room(tmp_path, monkeypatch, "room_a", "-- One row a ${what}.\nselect ${what}, $bound, '{2}' from ${what}\n")
    filled = sql_file("room_a", "made", what=Sql("thing"))
    assert filled == "-- One row a thing.\nselect thing, $bound, '{2}' from thing\n"


@pytest.mark.parametrize("parts", [{}, {"what": "a", "more": "b"}, {"other": "a"}])
def test_a_placeholder_that_is_not_given_or_not_there_is_refused(
    parts: dict[str, Sql], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _room(tmp_path, monkeypatch, f"room_{len(parts)}_{len(str(parts))}", "select ${what}\n")
    with pytest.raises(ValueError, match="other placeholders"):
        sql_file(f"room_{len(parts)}_{len(str(parts))}", "made", **parts)


def test_what_is_put_in_is_not_filled_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _room(tmp_path, monkeypatch, "room_b", "select ${what}\n")
    assert sql_file("room_b", "made", what=Sql("'${what}'")) == "select '${what}'\n"


def test_each_statement_in_a_file_says_first_what_it_makes() -> None:
    untold = [
        name
        for name in files()
        if name.endswith(".sql") and name.split("/")[0] in set(PACKAGES) - {"dbt_project"}
        if not re.match(r"-- One row an? .+[.]\n", (ROOT / name).read_text(encoding="utf-8"))
    ]
    assert untold == []


def test_texts_are_as_their_files_have_them() -> None:
    shown = dict(sql_texts(["consent"]))
    assert shown["consent/gated.sql"] == (ROOT / "consent" / "gated.sql").read_text(encoding="utf-8")


def _room(folder: Path, monkeypatch: pytest.MonkeyPatch, name: str, text: str) -> None:
    """A package with one statement, `made`."""
    (folder / name).mkdir()
    (folder / name / "__init__.py").touch()
    (folder / name / "made.sql").write_text(text, encoding="utf-8")
    monkeypatch.syspath_prepend(folder)
