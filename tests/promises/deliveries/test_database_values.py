"""What a database holds reaches the judge as it is: no driver's conversion, no session's setting comes between."""

from pathlib import Path

import pytest

from refusals.errors import InputRefused
from tests.services.mariadb import MariaDb, mariadb  # noqa: F401
from tests.services.postgres import postgres_database, run_sql  # noqa: F401
from tests.worlds.app_deliveries import read_all, rows_of
from tests.worlds.app_on_servers import MARIADB, POSTGRES, run

CONSENT = "'analytics', {granted}, '2024-02-19', '2025-01-01 00:00:00+00'"
#: Texts that a format between server and judge could mangle.
HARD_TEXTS = ('a"b', "a,b", "a\nb", "a\r\nb", "a\\b", "\\N", "\\.", "it's", " padded ", "Ünïcödé 😀", "NULL", '""', "#")


def quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def bad(database: str, home: Path) -> list[tuple[object, ...]]:
    con = read_all(home, f'database = "{database}"')
    return rows_of(con, "select source, reason, count(*)::integer from bad_records group by all order by all")


@pytest.mark.clause("database-values")
@pytest.mark.parametrize(
    ("kind", "good", "wrong"),
    [
        ("smallint", "1", "2"), ("bigint", "1", "-1"), ("numeric(3,0)", "1", "'NaN'"), ("bit(1)", "'1'", None),
        ("text", "'yes'", "'2'"), ("a_word", "'true'", "'maybe'"), ("a_number", "1", "7"),
        ("varchar(5)", "'T'", "'on'"), ("boolean", "true", None),
    ],
)  # fmt: skip
def test_postgresql_grants_nothing_but_a_yes(
    tmp_path: Path, postgres_database: str, kind: str, good: str, wrong: str | None  # noqa: F811
) -> None:  # fmt: skip
    wrong_row = f", ('bad', {CONSENT.format(granted=wrong)})" if wrong else ""
    run_sql(
        postgres_database,
        f"""
        create type a_word as enum ('true', 'false', 'maybe');
        create domain a_digit as int; create domain a_number as a_digit check (value < 10);
        {POSTGRES}
        alter table consents drop column granted; alter table consents add granted {kind};
        insert into consents (user_id, purpose, granted, policy_version, recorded_at)
            values ('good', {CONSENT.format(granted=good)}){wrong_row};
        """,
    )
    con = read_all(tmp_path, f'database = "{postgres_database}"')
    expected = [("good", True)] + ([("bad", False)] if wrong else [])
    assert sorted(rows_of(con, "select user_id, granted from app_consents")) == sorted(expected)
    reasons = rows_of(con, "select source, reason from bad_records")
    assert reasons == ([("app_consents", "bad_value")] if wrong else [])


def test_postgresql_instants_beyond_time(tmp_path: Path, postgres_database: str) -> None:  # noqa: F811
    run_sql(
        postgres_database,
        POSTGRES
        + """
        insert into users values
            ('open', 'NL', '1990-05-17', '2020-01-01 00:00+00', 'infinity'),
            ('open too', 'NL', 'infinity', '2020-01-01 00:00+00', null),
            ('never', 'NL', '1990-05-17', '2020-01-01 00:00+00', '-infinity'),
            ('far', 'NL', '1990-05-17', '2020-01-01 00:00+00', '10000-01-01 00:00+00'),
            ('caesar', 'NL', '0044-03-15 BC', '2020-01-01 00:00+00', null),
            ('unregistered', 'NL', '1990-05-17', 'infinity', null);
        insert into sessions values
            ('s1', 'open', '2026-10-20 10:00+02', 'infinity', null, null),
            ('s2', 'open', '-infinity', null, null, null),
            ('s3', 'open', '2026-10-20 10:00:00.123456+02', '2026-10-20 10:00:00.123457+02', null, null);
        """,
    )
    con = read_all(tmp_path, f'database = "{postgres_database}"')
    assert rows_of(con, "select user_id, birth_date::varchar, closed_at from app_users order by 1") == [
        ("caesar", None, None), ("open", "1990-05-17", None), ("open too", None, None),
    ]  # fmt: skip
    assert rows_of(con, "select session_id, epoch_us(ended_at) - epoch_us(started_at) from app_sessions") == [("s3", 1)]
    assert rows_of(con, "select source, reason, count(*) from bad_records group by all order by all") == [
        ("app", "bad_timestamp", 2), ("app_users", "bad_timestamp", 3),
    ]  # fmt: skip


@pytest.mark.clause("delivery-identifiers")
@pytest.mark.parametrize(
    ("kind", "value", "text"),
    [
        ("numeric(38,0)", "12345678901234567890123456789012345678", "12345678901234567890123456789012345678"),
        ("bigint", "9007199254740993", "9007199254740993"), ("char(12)", "'u1'", "u1"), ("citext_like", "'U1'", "U1"),
        ("uuid", "'6F1C0A52-3F6E-4A39-9D4B-0C7D1A2B3C4D'", "6f1c0a52-3f6e-4a39-9d4b-0c7d1a2b3c4d"),
        ("name", "'u1'", "u1"), ('"char"', "'u'", "u"), ("text", "'00123'", "00123"),
        ("text", "'2697787.2422183099'", "2697787.2422183099"),
    ],
)  # fmt: skip
def test_postgresql_identifiers_keep_every_digit(
    tmp_path: Path, postgres_database: str, kind: str, value: str, text: str  # noqa: F811
) -> None:  # fmt: skip
    run_sql(
        postgres_database,
        f"""
        create domain citext_like as varchar(20);
        {POSTGRES} alter table users alter user_id type {kind} using null;
        insert into users values ({value}, 'NL', '1990-05-17', null, null);
        """,
    )
    con = read_all(tmp_path, f'database = "{postgres_database}"')
    assert rows_of(con, "select user_id from app_users") == [(text,)]


def test_postgresql_texts_arrive_as_they_are(tmp_path: Path, postgres_database: str) -> None:  # noqa: F811
    values = ", ".join(
        f"({number}, {quoted(text)}, '2026-10-20 10:00+02')" for number, text in enumerate((*HARD_TEXTS, ""))
    )
    run_sql(
        postgres_database,
        f"{POSTGRES} insert into sessions (session_id, user_id, started_at) values {values};",
    )
    con = read_all(tmp_path, f'database = "{postgres_database}"')
    found = rows_of(con, "select session_id::integer, user_id from app_sessions order by 1")
    assert found == list(enumerate(HARD_TEXTS))
    assert rows_of(con, "select reason from bad_records") == [("missing_field",)]


def test_no_setting_of_the_postgresql_database_changes_a_value(tmp_path: Path, postgres_database: str) -> None:  # noqa: F811
    name = postgres_database.split("/")[3].split("?", maxsplit=1)[0]
    run_sql(
        postgres_database,
        f"""
        {POSTGRES}
        insert into users values ('u1', 'NL', '1990-05-17', '2020-07-01 12:00+00', null);
        alter database {name} set datestyle = 'German, DMY'; alter database {name} set timezone = 'Asia/Karachi';
        alter database {name} set intervalstyle = 'iso_8601'; alter database {name} set client_encoding = 'LATIN1';
        """,
    )
    con = read_all(tmp_path, f'database = "{postgres_database}"')
    assert rows_of(con, "select birth_date::varchar, registered_at::varchar from app_users") == [
        ("1990-05-17", "2020-07-01 12:00:00+00")
    ]


@pytest.mark.parametrize(
    ("column", "kind"),
    [
        ("user_id", "double precision"), ("user_id", "real"), ("user_id", "numeric"), ("user_id", "numeric(12,2)"),
        ("user_id", "money"), ("user_id", "bytea"), ("user_id", "text[]"), ("user_id", "jsonb"), ("user_id", "boolean"),
        ("user_id", "interval"), ("user_id", "a_pair"), ("started_at", "timestamp"), ("started_at", "date"),
        ("started_at", "bigint"), ("ended_at", "time"), ("ended_at", "interval"), ("session_id", "timestamptz"),
        ("platform", "bit(3)"), ("session_id", "a_double"),
    ],
)  # fmt: skip
def test_postgresql_types_that_cannot_hold_it(
    tmp_path: Path, postgres_database: str, column: str, kind: str  # noqa: F811
) -> None:  # fmt: skip
    run_sql(
        postgres_database,
        f"""
        create type a_pair as (a int, b int); create domain a_double as double precision;
        {POSTGRES} alter table sessions drop column {column}; alter table sessions add {column} {kind};
        """,
    )
    with pytest.raises(InputRefused, match=f"table sessions: column {column} is .*: give the table, or a view of it"):
        read_all(tmp_path, f'database = "{postgres_database}"')


@pytest.mark.clause("database-values")
@pytest.mark.parametrize(
    ("kind", "good", "wrong"),
    [
        ("tinyint(1)", "1", "2"), ("tinyint(1)", "1", "-1"), ("tinyint(1) unsigned", "1", "255"),
        ("bit(1)", "b'1'", None), ("smallint", "1", "2"), ("decimal(2,0)", "1", "10"),
        ("enum('true','false','maybe')", "'true'", "'maybe'"), ("varchar(5)", "'Yes'", "'2'"),
    ],
)  # fmt: skip
def test_mariadb_grants_nothing_but_a_yes(
    tmp_path: Path, maria: MariaDb, kind: str, good: str, wrong: str | None
) -> None:
    rows = [("good", good)] + ([("bad", wrong)] if wrong else [])
    values = ", ".join(f"('{user}', 'analytics', {granted}, '2024-02-19', '2025-01-01')" for user, granted in rows)
    run(maria, f"{MARIADB} alter table consents modify granted {kind}; insert into consents values {values};")
    con = read_all(tmp_path, f'database = "{maria.url}"')
    expected = [("good", True)] + ([("bad", False)] if wrong else [])
    assert sorted(rows_of(con, "select user_id, granted from app_consents")) == sorted(expected)
    reasons = rows_of(con, "select source, reason from bad_records")
    assert reasons == ([("app_consents", "bad_value")] if wrong else [])


@pytest.mark.clause("database-values")
def test_mariadb_dates_that_are_none(tmp_path: Path, maria: MariaDb) -> None:
    run(
        maria,
        f"""{MARIADB} set sql_mode = '';
        insert into users values
            ('zero', 'NL', '0000-00-00', '2020-01-01', null), ('no month', 'NL', '1990-00-17', '2020-01-01', null),
            ('no day', 'NL', '1990-05-00', '2020-01-01', null), ('whole', 'NL', '1990-05-17', '2020-01-01', null),
            ('zero end', 'NL', '1990-05-17', '2020-01-01', '0000-00-00 00:00:00');
        insert into sessions values ('s1', 'whole', '0000-00-00 00:00:00', null, null, null),
                                    ('s2', 'whole', '2026-10-20 08:00:00.000001', null, null, null);
        """,
    )
    con = read_all(tmp_path, f'database = "{maria.url}"')
    assert rows_of(con, "select user_id, birth_date::varchar from app_users order by 1") == [
        ("no day", None), ("no month", None), ("whole", "1990-05-17"), ("zero", None),
    ]  # fmt: skip
    assert rows_of(con, "select session_id, started_at::varchar from app_sessions") == [
        ("s2", "2026-10-20 08:00:00.000001+00")
    ]
    assert rows_of(con, "select source, reason from bad_records order by all") == [
        ("app", "bad_timestamp"), ("app_users", "bad_timestamp"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "value", "text"),
    [
        ("bigint unsigned", "18446744073709551615", "18446744073709551615"),
        ("decimal(38,0)", "12345678901234567890123456789012345678", "12345678901234567890123456789012345678"),
        ("char(12)", "'u1'", "u1"), ("varchar(12) character set latin1", "'é'", "é"),
        ("int(5) zerofill", "42", "00042"), ("enum('1','u1')", "'u1'", "u1"), ("longtext", "'00123'", "00123"),
        ("int", "-7", "-7"),
        ("uuid", "'6f1c0a52-3f6e-4a39-9d4b-0c7d1a2b3c4d'", "6f1c0a52-3f6e-4a39-9d4b-0c7d1a2b3c4d"),
    ],
)  # fmt: skip
def test_mariadb_identifiers_keep_every_digit(tmp_path: Path, maria: MariaDb, kind: str, value: str, text: str) -> None:
    run(
        maria,
        f"""{MARIADB} set global sql_mode = 'PAD_CHAR_TO_FULL_LENGTH,ANSI_QUOTES';
        alter table users modify user_id {kind}; insert into users values ({value}, 'NL', '1990-05-17', null, null);
        """,
    )
    con = read_all(tmp_path, f'database = "{maria.url}"')
    run(maria, "set global sql_mode = default")
    assert rows_of(con, "select user_id from app_users") == [(text,)]


def test_mariadb_texts_arrive_as_they_are(tmp_path: Path, maria: MariaDb) -> None:
    values = ", ".join(
        # As bytes: the client that the test uses would make one of two kinds of line end.
        f"({number}, convert(x'{text.encode().hex()}' using utf8mb4), '2026-10-20 08:00:00')"
        for number, text in enumerate((*HARD_TEXTS, ""))
    )
    run(
        maria,
        f"""{MARIADB}
        alter table sessions modify user_id varchar(40) character set utf8mb4 collate utf8mb4_bin;
        insert into sessions (session_id, user_id, started_at) values {values};""",
    )
    con = read_all(tmp_path, f'database = "{maria.url}"')
    found = rows_of(con, "select session_id::integer, user_id from app_sessions order by 1")
    assert found == list(enumerate(HARD_TEXTS))
    assert rows_of(con, "select reason from bad_records") == [("missing_field",)]


def test_a_nul_byte_in_a_database_is_refused_as_in_a_file(tmp_path: Path, maria: MariaDb) -> None:
    run(maria, f"{MARIADB} insert into users values (concat('u', char(0), '1'), 'NL', '1990-05-17', null, null);")
    with pytest.raises(InputRefused, match="table users: holds NUL bytes"):
        read_all(tmp_path, f'database = "{maria.url}"')


@pytest.mark.parametrize(
    ("column", "kind"),
    [
        ("user_id", "double"), ("user_id", "float"), ("user_id", "decimal(12,2)"), ("user_id", "varbinary(16)"),
        ("user_id", "blob"), ("user_id", "bit(1)"), ("user_id", "bit(8)"), ("session_id", "time"),
        ("started_at", "datetime(6)"), ("started_at", "date"), ("started_at", "bigint"), ("ended_at", "time"),
        ("ended_at", "year"), ("session_id", "timestamp"), ("platform", "point"),
    ],
)  # fmt: skip
def test_mariadb_types_that_cannot_hold_it(tmp_path: Path, maria: MariaDb, column: str, kind: str) -> None:
    run(maria, f"{MARIADB} alter table sessions drop column {column}; alter table sessions add {column} {kind} null;")
    with pytest.raises(InputRefused, match=f"table sessions: column {column} is .*: give the table, or a view of it"):
        read_all(tmp_path, f'database = "{maria.url}"')


def test_mariadb_refuses_bits_that_are_no_boolean(tmp_path: Path, maria: MariaDb) -> None:
    run(maria, f"{MARIADB} alter table consents modify granted bit(2);")
    with pytest.raises(InputRefused, match=r"column granted is bit\(2\), not a boolean"):
        read_all(tmp_path, f'database = "{maria.url}"')
