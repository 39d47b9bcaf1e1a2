"""Users and consents: who counts as known, and what a bad record does."""

from datetime import UTC, date, datetime
from pathlib import Path

import duckdb
import pytest

from ingestion.app.source import check_not_shrunk
from ingestion.store.quarantine import quarantine_counts
from refusals.errors import InputRefused
from tests.worlds.app_deliveries import CONSENT, FORMATS, USER, Row, deliver, read_all, rows_of

BORN = date(1990, 5, 17)
TIME = datetime(2025, 1, 1, tzinfo=UTC)

# What is delivered, the rows, and country and birth date; or the reasons
USERS: list[tuple[str, list[Row], tuple[object, ...] | dict[str, int]]] = [
    ("a user", [USER], ("NL", BORN)),
    ("the same twice", [USER, USER], ("NL", BORN)),
    ("no birth date", [{**USER, "birth_date": None}], ("NL", None)),
    ("an impossible birth date", [{**USER, "birth_date": "1990-02-30"}], ("NL", None)),
    ("another order of the date", [{**USER, "birth_date": "17-05-1990"}], ("NL", None)),
    ("a time for a birth date", [{**USER, "birth_date": "1990-05-17T00:00:00Z"}], ("NL", None)),
    ("no country", [{**USER, "country": None}], (None, BORN)),
    ("no such country", [{**USER, "country": "XX"}], (None, BORN)),
    ("a country's name", [{**USER, "country": "Nederland"}], (None, BORN)),
    ("two countries that both do not exist", [{**USER, "country": "XX"}, {**USER, "country": "YY"}], (None, BORN)),
    ("no user id", [{**USER, "user_id": None}], {"missing_field": 1}),
    ("a registration without offset", [{**USER, "registered_at": "2025-01-01T00:00:00"}], {"bad_timestamp": 1}),
    ("a closing that is no time", [{**USER, "closed_at": "yes"}], {"bad_timestamp": 1}),
    ("a closing that never comes", [{**USER, "closed_at": "infinity"}], ("NL", BORN)),
    ("a closing that never comes, written large", [{**USER, "closed_at": "Infinity"}], ("NL", BORN)),
    ("open in two ways of saying so", [USER, {**USER, "closed_at": "infinity"}], ("NL", BORN)),
    ("a closing before all time", [{**USER, "closed_at": "-infinity"}], {"bad_timestamp": 1}),
    ("a registration that never comes", [{**USER, "registered_at": "infinity"}], {"bad_timestamp": 1}),
    ("rows that differ", [USER, {**USER, "birth_date": "1991-05-17"}], {"duplicate_user": 2}),
    ("a good and a bad row", [USER, {**USER, "closed_at": "yes"}], {"bad_timestamp": 1, "duplicate_user": 1}),
]  # fmt: skip


@pytest.mark.clause("delivery-users", "delivery-timestamps")
@pytest.mark.parametrize("form", FORMATS[:3])
@pytest.mark.parametrize(("rows", "expected"), [case[1:] for case in USERS], ids=[case[0] for case in USERS])
def test_users(tmp_path: Path, form: str, rows: list[Row], expected: tuple[object, ...] | dict[str, int]) -> None:
    deliver(tmp_path, users=[*rows, {**USER, "user_id": "u2"}], form=form)
    con = read_all(tmp_path)
    found = rows_of(con, "select country, birth_date from app_users where user_id = 'u1'")
    if isinstance(expected, dict):
        assert found == []
        assert quarantine_counts(con) == {"app_users": expected}
    else:
        assert found == [expected]
        assert quarantine_counts(con) == {}
    assert rows_of(con, "select count(*) from app_users where user_id = 'u2'") == [(1,)]


DENIED = ("u1", "analytics", False)

# What is delivered, the columns that differ, the row in the ledger, and the reason
CONSENTS: list[tuple[str, Row, tuple[object, ...], str | None]] = [
    ("a grant", {}, ("u1", "analytics", True, TIME), None),
    ("a denial", {"granted": "false"}, (*DENIED, TIME), None),
    ("granted as t", {"granted": "T"}, ("u1", "analytics", True, TIME), None),
    ("granted as 1", {"granted": "1"}, ("u1", "analytics", True, TIME), None),
    ("granted as yes", {"granted": "Yes"}, ("u1", "analytics", True, TIME), None),
    ("denied as no", {"granted": "no"}, (*DENIED, TIME), None),
    ("no policy version", {"policy_version": None}, ("u1", "analytics", True, TIME), None),
    ("another purpose", {"purpose": "parental"}, ("u1", "parental", True, TIME), None),
    ("no purpose", {"purpose": None}, (*DENIED, TIME), "missing_field"),
    ("an unknown purpose", {"purpose": "Analytics"}, (*DENIED, TIME), "bad_value"),
    ("granted left out", {"granted": None}, (*DENIED, TIME), "missing_field"),
    ("granted as ja", {"granted": "ja"}, (*DENIED, TIME), "bad_value"),
    ("no time", {"recorded_at": None}, (*DENIED, None), "missing_field"),
    ("a time without offset", {"recorded_at": "2025-01-01T00:00:00"}, (*DENIED, None), "bad_timestamp"),
    ("nothing but the user", {"purpose": None, "granted": None, "recorded_at": "?"}, (*DENIED, None), "missing_field"),
]  # fmt: skip


@pytest.mark.clause("consent-bad-record")
@pytest.mark.parametrize("form", FORMATS[:3])
@pytest.mark.parametrize(("change", "row", "reason"), [c[1:] for c in CONSENTS], ids=[c[0] for c in CONSENTS])
def test_a_bad_consent_record_denies(
    tmp_path: Path, form: str, change: Row, row: tuple[object, ...], reason: str | None
) -> None:
    deliver(tmp_path, consents=[{**CONSENT, **change}, {**CONSENT, "user_id": "u2"}], form=form)
    con = read_all(tmp_path)
    columns = "user_id, purpose, granted, recorded_at"
    assert rows_of(con, f"select {columns} from app_consents where user_id = 'u1'") == [row]
    assert quarantine_counts(con) == ({"app_consents": {reason: 1}} if reason else {})


@pytest.mark.clause("consent-bad-record")
@pytest.mark.parametrize("form", FORMATS[:3])
def test_a_consent_record_of_nobody_is_refused(tmp_path: Path, form: str) -> None:
    deliver(tmp_path, consents=[CONSENT, {**CONSENT, "user_id": None}], form=form)
    with pytest.raises(InputRefused, match=rf"consents\.{form}: record 2 "):
        read_all(tmp_path)


@pytest.mark.parametrize("line", ['{"user_id": "u1", "purpose"', '{"user_id": "u1", "user_id": "u2"}', "[]"])
def test_a_consent_line_that_does_not_parse_is_refused(tmp_path: Path, line: str) -> None:
    folder = deliver(tmp_path, form="jsonl")
    with (folder / "consents.jsonl").open("a") as file:
        file.write(line + "\n")
    with pytest.raises(InputRefused, match=r"consents\.jsonl: record 2 "):
        read_all(tmp_path)


@pytest.mark.clause("delivery-users")
def test_nothing_but_the_needed_columns_of_users_is_read(tmp_path: Path) -> None:
    folder = deliver(tmp_path)
    names = "email,user_id,country,first_name,birth_date,registered_at,closed_at"
    (folder / "users.csv").write_text(f'{names}\nj@example.org,u1,NL,"J ""Jo"", x",1990-05-17,2025-01-01T00:00:00Z,\n')
    con = read_all(tmp_path)
    assert rows_of(con, "select * from app_users") == [("u1", "NL", BORN, TIME, None)]
    tables = rows_of(con, "select table_name from duckdb_tables()")
    for (table,) in tables:
        assert rows_of(con, f"select count(*) from {table} t where t::varchar like '%example.org%'") == [(0,)]
    assert rows_of(con, "from drift_notes") == []


@pytest.mark.clause("refuse-shrunken-snapshot")
@pytest.mark.parametrize(("rows", "is_refused"), [(94, True), (95, False), (100, False), (200, False), (0, True)])
def test_a_snapshot_that_shrank_by_over_5_percent_is_refused(rows: int, is_refused: bool) -> None:
    check_not_shrunk("users", rows, None, percent=5)
    if is_refused:
        with pytest.raises(InputRefused, match="users: "):
            check_not_shrunk("users", rows, 100, percent=5)
    else:
        check_not_shrunk("users", rows, 100, percent=5)


def test_a_closing_that_never_comes_as_a_typed_time(tmp_path: Path) -> None:
    folder = deliver(tmp_path)
    (folder / "users.csv").unlink()
    duckdb.sql(f"""
        copy (select 'u1' as user_id, 'NL' as country, date '1990-05-17' as birth_date,
                     timestamptz '2020-01-01 00:00:00+00' as registered_at, timestamptz 'infinity' as closed_at)
        to '{folder}/users.parquet'
    """)
    con = read_all(tmp_path)
    assert rows_of(con, "select user_id, closed_at from app_users") == [("u1", None)]
