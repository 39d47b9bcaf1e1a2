"""What `cmn anonymise` reads as people deliver it, and how it refuses: by line and column, all mistakes, no values."""

import csv
import gzip
import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from command.anonymise.anonymise import anonymise_command
from refusals.errors import InputRefused, UsageError

SPEC = """
[privacy]
k = 2
keep = ["note"]

[[quasi_identifier]]
name = "place"
kind = "categorical"
hierarchy = "place.csv"
{more}
"""
ONLY = SPEC.replace('keep = ["note"]', "")
PLACES = "Arnhem;Gelderland;*\nZwolle;Overijssel;*\nNijmegen;Gelderland;*\n"
ROWS = [("Arnhem", "a"), ("Arnhem", "b"), ("Zwolle", "c"), ("Zwolle", "d")]


def published(
    path: Path,
    table: bytes | str,
    *,
    hierarchy: bytes | str = PLACES,
    spec: str = SPEC,
    more: str = "",
    name: str = "t.csv",
    encoding: str | None = None,
    show_values: bool = False,
) -> list[tuple[str, ...]]:
    """The published rows, without their header."""
    for file, content in ((name, table), ("place.csv", hierarchy)):
        (path / file).write_bytes(content if isinstance(content, bytes) else content.encode("utf-8"))
    (path / "spec.toml").write_text(spec.format(more=more), encoding="utf-8")
    call = {"encoding": encoding, "show_values": show_values}
    assert anonymise_command(path / name, path / "spec.toml", path / "out", None, False, **call) == 0
    with (path / "out" / "data.csv").open(encoding="utf-8", newline="") as file:
        return [tuple(row) for row in csv.reader(file)][1:]


def text(end: str, rows: Sequence[tuple[str, ...]] = ROWS, separator: str = ";") -> str:
    return "".join(separator.join(row) + end for row in [("place", "note"), *rows])


@pytest.mark.clause("table-read")
@pytest.mark.parametrize(
    "table",
    [
        text("\n"),
        text("\r\n"),
        text("\r"),
        text("\r").rstrip("\r"),
        "sep=;\n" + text("\n"),
        "sep=,\r\n" + text("\r\n", separator=","),
        '"sep=|"\r' + text("\r", separator="|"),
        "SEP=\t\n" + text("\n", separator="\t"),
        "sep=#\n" + text("\n", separator="#"),
        "\ufeff" + text("\r\n"),
        "\ufeffsep=;\n" + text("\n"),
        text("\n").encode("utf-16"),
        b"\xfe\xff" + text("\r\n").encode("utf-16-be"),
        text("\n").encode("utf-32"),
        gzip.compress(text("\r").encode()),
        text("\n\n"),
        '"place";"note"\n' + text("\n").partition("\n")[2],
        '"place","note"\r\n' + text("\r\n", separator=",").partition("\n")[2],
    ],
    ids=range(18),
)
def test_a_table_is_read_whatever_its_line_ends_marks_and_first_line(tmp_path, table):
    assert published(tmp_path, table) == ROWS


@pytest.mark.parametrize("inside", ["p\rq", "p\nq", "p\r\nq", "p\u2028q", "p\x0cq", 'p"q', "p;q", "p\x85q"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_a_value_may_hold_line_ends_and_separators(tmp_path, inside, end):
    quoted = '"' + inside.replace('"', '""') + '"'
    rows = [("Arnhem", quoted), ("Arnhem", "b"), ("Zwolle", "c"), ("Zwolle", "d")]
    assert sorted(published(tmp_path, text(end, rows))) == sorted([("Arnhem", inside), *ROWS[1:]])


@pytest.mark.clause("table-read")
@pytest.mark.parametrize("encoding", ["latin-1", "cp1252", "utf-16-le", "utf-16-be", "mac-roman"])
def test_an_encoding_is_named_where_it_is_not_utf_8(tmp_path, encoding):
    rows = [("Arnhem", "José"), ("Arnhem", "Zoë"), ("Zwolle", "Søren"), ("Zwolle", "d")]
    table = text("\n", rows).encode(encoding)
    with pytest.raises(InputRefused, match="--encoding") as refusal:
        published(tmp_path, table)
    if not encoding.startswith("utf-16"):
        assert "lines 2, 3 and 4" in str(refusal.value).replace("2, 3, 4", "2, 3 and 4")
    assert "Jos" not in str(refusal.value)
    assert sorted(published(tmp_path, table, encoding=encoding)) == sorted(rows)


def test_a_hierarchy_may_be_in_the_tables_encoding_or_in_utf_8(tmp_path):
    rows = [("Château", "a"), ("Château", "b"), ("Zwolle", "c"), ("Zwolle", "d")]
    places = PLACES.replace("Arnhem", "Château")
    for hierarchy in (places.encode("latin-1"), places.encode("utf-8"), places.encode("utf-16")):
        table = text("\n", rows).encode("latin-1")
        assert published(tmp_path, table, hierarchy=hierarchy, encoding="latin-1") == rows


@pytest.mark.parametrize("name", ["utf-9", "base64", "rot13", ""])
def test_an_encoding_that_is_none_is_refused(tmp_path, name):
    with pytest.raises(UsageError, match="--encoding"):
        published(tmp_path, text("\n"), encoding=name)


@pytest.mark.parametrize(
    "hierarchy",
    [
        PLACES.replace(";", "\t"),
        PLACES.replace(";", ","),
        PLACES.replace(";", "|"),
        PLACES.replace(";", ", in the east\t").replace("*", "*, all"),
        PLACES.replace("\n", "\r"),
        PLACES.replace("\n", "\r\n\r\n"),
        "sep=;\n" + PLACES,
        "\ufeff" + PLACES,
        PLACES + PLACES,
        PLACES.replace("Gelderland", "Gelder\u2028land"),
        PLACES.replace("Gelderland", '"Gelder\nland"'),
        PLACES.replace("Gelderland", '"Gelder;land"'),
        PLACES.replace("Gelderland", "Gelder\x0bland\x1cand\x85more"),
        PLACES.encode("utf-16"),
    ],
    ids=range(14),
)
def test_a_hierarchy_is_read_whatever_its_separator_and_line_ends(tmp_path, hierarchy):
    first = "Arnhem" if "in the east" not in str(hierarchy) else "Arnhem, in the east"
    rows = [(first, "a"), (first, "b"), ("Zwolle" + first[6:], "c"), ("Zwolle" + first[6:], "d")]
    table = text("\n", rows)
    assert published(tmp_path, table, hierarchy=hierarchy) == rows
    report = json.loads((tmp_path / "out" / "report.json").read_text())
    assert report["gcp"] == 0


def test_a_level_of_a_hierarchy_with_an_odd_label_is_published_as_it_is(tmp_path):
    rows = [("Arnhem", "a"), ("Nijmegen", "b"), ("Zwolle", "c"), ("Zwolle", "d")]
    found = published(tmp_path, text("\n", rows), hierarchy=PLACES.replace("Gelderland", '"Gelder\nland\u2028"'))
    assert {place for place, _ in found} == {"Gelder\nland\u2028", "Zwolle"}


# ---- Parquet and suffixes


@pytest.mark.parametrize("name", ["t.PARQUET", "t.Parquet", "t.parquet", "t.pq", "t"])
def test_parquet_is_known_by_its_suffix_in_any_case_or_by_its_first_bytes(tmp_path, name):
    pq.write_table(pa.table({"place": [row[0] for row in ROWS], "note": [row[1] for row in ROWS]}), tmp_path / name)
    assert published(tmp_path, (tmp_path / name).read_bytes(), name=name) == ROWS


@pytest.mark.parametrize("name", ["t.CSV.GZ", "t.csv.Gz", "t.csv"])
def test_gzip_is_known_by_its_suffix_in_any_case_or_by_its_first_bytes(tmp_path, name):
    assert published(tmp_path, gzip.compress(text("\n").encode()), name=name) == ROWS


def test_a_name_that_says_parquet_or_gzip_is_held_to_it(tmp_path):
    for name, kind in (("t.PARQUET", "Parquet"), ("t.csv.GZ", "gzip")):
        with pytest.raises(InputRefused, match=f"not a whole {kind} file"):
            published(tmp_path, text("\n"), name=name)


@pytest.mark.parametrize(
    ("true", "false"),
    [("True", "False"), ("TRUE", "FALSE"), ("yes", "no"), ("1", "0"), ("Ja", "Nee"), ("t", "f"), ("WAAR", "ONWAAR")],
)
def test_booleans_match_by_any_common_spelling(tmp_path, true, false):
    hierarchy = f"{true};*\n{false};*\n"
    expected = [(false,)] * 2 + [(true,)] * 3
    pq.write_table(pa.table({"place": [True, False, True, False, True]}), tmp_path / "b.parquet")
    content = (tmp_path / "b.parquet").read_bytes()
    found = published(tmp_path, content, hierarchy=hierarchy, spec=ONLY, name="b.parquet")
    assert sorted(found) == sorted(expected)
    for spelled, other in (("yes", "NO"), ("TRUE", "False"), ("1", "0"), ("ja", "n")):
        table = "place\n" + f"{spelled}\n{other}\n" * 2 + f"{spelled}\n"
        assert sorted(published(tmp_path, table, hierarchy=hierarchy, spec=ONLY)) == sorted(expected)


@pytest.mark.parametrize("hierarchy", ["t;*\nn;*\n", "yes;*\nno;*\nmaybe;*\n", "1;*\ntrue;*\n", "A;*\nB;*\n"])
def test_a_boolean_is_not_guessed_where_the_leaves_are_no_pair(tmp_path, hierarchy):
    with pytest.raises(InputRefused, match="2 distinct values outside"):
        published(tmp_path, "place\nTRUE\nFALSE\n", hierarchy=hierarchy, spec=ONLY)


def test_booleans_with_a_leaf_for_missing(tmp_path):
    pq.write_table(pa.table({"place": [True, True, False, False, None, None]}), tmp_path / "b.parquet")
    content = (tmp_path / "b.parquet").read_bytes()
    found = published(
        tmp_path, content, hierarchy="yes;*\nno;*\n", spec=ONLY, more='missing = "unknown"', name="b.parquet"
    )
    assert sorted(found) == [("no",)] * 2 + [("unknown",)] * 2 + [("yes",)] * 2


# ---- missing values


@pytest.mark.parametrize("missing", ["unknown", "NA", "(missing)"])
@pytest.mark.parametrize("hierarchy", [PLACES, PLACES.replace(";*", ""), "Arnhem\nZwolle\n", PLACES + "{};elsewhere;*"])
def test_a_missing_value_is_a_leaf_on_request(tmp_path, missing, hierarchy):
    rows = [("", "a"), ("", "b"), *ROWS[2:]]
    with pytest.raises(InputRefused, match=r"'place' is empty in 2 rows \(lines 2 and 3\).*`missing`"):
        published(tmp_path, text("\n", rows), hierarchy=hierarchy.replace("{}", missing))
    found = published(
        tmp_path, text("\n", rows), hierarchy=hierarchy.replace("{}", missing), more=f'missing = "{missing}"'
    )
    assert sorted(found) == sorted([(missing, "a"), (missing, "b"), *ROWS[2:]])
    labels = (tmp_path / "out" / "labels.csv").read_text()
    assert f"place,{missing},{missing}" in labels


def test_a_text_that_says_missing_may_be_the_leaf_for_it(tmp_path):
    found = published(tmp_path, "place\nNA\n\nArnhem\nArnhem\n", spec=ONLY, more='missing = "NA"')
    assert sorted(found) == [("Arnhem",), ("Arnhem",), ("NA",), ("NA",)]


# ---- labels


@pytest.mark.clause("table-labels")
def test_year_months_are_published_by_their_ends_and_never_as_another_month(tmp_path):
    months = [f"{2019 + n // 12}-{n % 12 + 1:02}" for n in range(9, 24)]
    hierarchy = "".join(f"{month};*\n" for month in months)
    spec = ONLY.replace("categorical", "ordinal")
    table = "place\n2019-11\n2020-02\n2020-10\n2020-10\n"
    found = published(tmp_path, table, hierarchy=hierarchy, spec=spec)
    assert sorted(found) == [("2019-11 to 2020-02",)] * 2 + [("2020-10",)] * 2
    with (tmp_path / "out" / "labels.csv").open(newline="") as file:
        covered = {row["leaf"] for row in csv.DictReader(file) if row["label"] == "2019-11 to 2020-02"}
    assert covered == {"2019-11", "2019-12", "2020-01", "2020-02"}


# ---- refusals


@pytest.mark.clause("table-refusal")
def test_all_mistakes_in_the_values_are_told_at_once_by_column_and_line(tmp_path):
    spec = SPEC.format(more="") + '\n[[quasi_identifier]]\nname = "age"\nkind = "ordinal"\nhierarchy = "age.csv"\n'
    spec = spec.replace("k = 2", 'k = 2\nsensitive = "what"\nmeasure = "note"\ndominance_p = 5')
    (tmp_path / "age.csv").write_text("20;*\n21;*\n")
    table = (
        "place;age;note;what\n"
        'Arnhem;20;"1\n";x\n'  # lines 2 and 3
        "Arnhem ;20;2;x\n"
        "\n"
        " ZWOLLE;;;\n"  # line 6
        "secret-place;99;4;x\n"
    )
    with pytest.raises(InputRefused) as refusal:
        published(tmp_path, table, spec=spec.replace("{", "{{"))
    told = str(refusal.value)
    for part in (
        "column 'place' has 3 distinct values outside its hierarchy (lines 4, 6 and 7)",
        "the 2 that differ from a leaf by spaces or case alone",
        "column 'age' is empty in 1 rows (line 6)",
        "column 'age' has 1 distinct values outside its hierarchy (line 7)",
        "column 'what' is empty in 1 rows (line 6)",
        "column 'note' is empty in 1 rows (line 6)",
    ):
        assert part in told
    assert "\n" not in told
    assert not any(value in told for value in ("secret", "ZWOLLE", "99"))
    table = table.replace(" ZWOLLE;;;", "Zwolle;21;-3;x").replace("secret-place;99", "Zwolle;21")
    with pytest.raises(InputRefused, match=r"^t.csv: column 'note' is the `measure`.*\(line 6\)"):
        published(tmp_path, table.replace("Arnhem ;", "Arnhem;"), spec=spec.replace("{", "{{"))


@pytest.mark.clause("table-refusal")
def test_all_mistakes_of_spec_and_hierarchies_are_told_at_once(tmp_path):
    with pytest.raises(UsageError) as refusal:
        published(tmp_path, text("\n"), spec=SPEC.replace("k = 2", "k = 1\nspeed = 3\nt = 7"))
    assert all(f"'privacy.{name}'" in str(refusal.value) for name in ("k", "speed", "t"))
    spec = SPEC.replace("note", "shoe") + '[[quasi_identifier]]\nname = "hat"\nkind = "ordinal"\nhierarchy = "no.csv"\n'
    hierarchy = "Arnhem;Gelderland;*\nArnhem;Overijssel;*\nZwolle;*\n"
    with pytest.raises(UsageError) as refusal:
        published(tmp_path, text("\n"), spec=spec, hierarchy=hierarchy)
    told = str(refusal.value)
    for part in ("'hat', 'shoe'", "'note' is neither", "no.csv: cannot be read", "'Arnhem' in lines 1 and 2", "line 3"):
        assert part in told


@pytest.mark.parametrize(
    ("table", "said"),
    [
        (text("\n") + "Arnhem;secret;2\nZwolle\nZwolle;x\n", "than the header's 2 in lines 6 and 7"),
        ("sep=;\n" + text("\r\n") + "Arnhem;secret;2\r\n", "in line 7"),
        (text("\n") + 'Arnhem;"secret\nZwolle;x\n', "from line 6 on"),
        (text("\r") + 'Arnhem;"secret\rZwolle;"x"\rZwolle;y\r', "from line 6 on"),
        (text("\n") + 'Arnhem;x\nArnhem;"secret"s\n', "from line 7 on"),
        (text("\n") + f"Arnhem;x\nArnhem;{'s' * 200_000}\nsecret", "line 8"),
        (text("\n").encode() + b"Arnhem;\xe9\xe9\nx;\xff\n", "not UTF-8 text in lines 6 and 7"),
        (text("\n") + "Arnhem;\0\n", "NUL"),
        (text("\n").encode("utf-16")[:-1], "not UTF-16 text in line 5"),
        (text("\n").encode("utf-16-le"), "utf-16-le"),
    ],
)
def test_what_does_not_parse_is_told_by_its_lines_without_a_value(tmp_path, table, said):
    with pytest.raises(InputRefused, match=said) as refusal:
        published(tmp_path, table)
    assert "secret" not in str(refusal.value)


@pytest.mark.parametrize(
    ("hierarchy", "said"),
    [
        ("Arnhem;A;*\nZwolle;B;*\nArnhem;B;*\n", "'Arnhem' in lines 1 and 3"),
        ("Arnhem;A;*\n\n\nZwolle\n", "line 4 has 1"),
        ('Arnhem;"A\nB";*\nZwolle;;*\n', "level 1 in line 3"),
        ('Arnhem;A;*\nZwolle;"B;*\n', "quote.*from line 2 on"),
        (b"Arnhem;A;*\nZwolle;\xe9;*\n", "not UTF-8 text in line 2"),
        ("", "is empty"),
        ("\n\n", "is empty"),
    ],
)
def test_a_hierarchy_is_refused_by_its_lines(tmp_path, hierarchy, said):
    with pytest.raises(UsageError, match=said):
        published(tmp_path, text("\n"), hierarchy=hierarchy)


def test_rows_of_parquet_are_told_by_their_number(tmp_path):
    pq.write_table(pa.table({"place": ["Arnhem", "x", None], "note": ["a", "b", "c"]}), tmp_path / "t.parquet")
    content = (tmp_path / "t.parquet").read_bytes()
    with pytest.raises(InputRefused, match=r"empty in 1 rows \(row 3\).*outside its hierarchy \(row 2\)"):
        published(tmp_path, content, name="t.parquet")


# ---- values are for the terminal alone

SECRETS = [(f"secret-{n}\x1b[2J", "a") for n in range(5)]


@pytest.mark.clause("table-refusal")
def test_without_a_terminal_no_value_is_shown_though_it_was_asked_for(tmp_path, capsys):
    with pytest.raises(InputRefused):
        published(tmp_path, text("\n", SECRETS), show_values=True)
    printed = capsys.readouterr()
    assert "no terminal" in printed.err
    assert "secret" not in printed.err + printed.out
    assert not (tmp_path / "out").exists()


@pytest.mark.clause("table-refusal")
@pytest.mark.parametrize("asked", [True, False])
def test_three_values_are_shown_on_a_terminal_where_they_are_asked_for(tmp_path, asked):
    with pytest.raises(InputRefused):
        published(tmp_path, text("\n", SECRETS))
    words = [sys.executable, "-m", "command.main", "anonymise", *(["--show-values"] if asked else [])]
    words += ["--table", "t.csv", "--spec", "spec.toml", "--out", "out"]
    ours, theirs = os.openpty()
    done = subprocess.run(words, cwd=tmp_path, stdout=subprocess.PIPE, stderr=theirs, check=False)
    os.close(theirs)
    told = os.read(ours, 100_000).decode()
    os.close(ours)
    assert done.returncode == 3
    assert told.count("secret-") == (3 if asked else 0)
    assert "\x1b" not in told
    assert b"secret" not in done.stdout
    assert not (tmp_path / "out").exists()
