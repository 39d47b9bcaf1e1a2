"""What is read of GA4 events, against values worked out by hand; the same from every format."""

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pytest

from tests.worlds.ga4_delivery import (  # fmt: skip
    CANARY,
    as_bigquery_json,
    event,
    events_read,
    micros,
    parameter,
    reading,
    rows_of,
    write_avro,
    write_lines,
    write_parquet,
)

FORMS = [
    "bigquery.json",
    "numbers.json",
    "lines.jsonl.gz",
    "plain.parquet",
    "bigquery.parquet",
    "plain.parquet.gz",
    "snappy.avro",
    "deflate.avro",
    "null.avro.gz",
]


def write(folder: Path, form: str, events: list[dict[str, Any]], day: str = "20261007") -> Path:
    how, _, suffix = form.partition(".")
    path = folder / f"events_{day}.{suffix}"
    if "avro" in suffix:
        return write_avro(path, events, codec=how)
    if "parquet" in suffix:
        return write_parquet(path, events, nesting=how)
    records = [as_bigquery_json(record) for record in events] if how == "bigquery" else events
    return write_lines(path, records, newline="\r\n" if how == "lines" else "\n")


@pytest.mark.parametrize("form", FORMS)
def test_every_format_gives_the_same_events(tmp_path: Path, form: str) -> None:
    write(tmp_path, form, [
        event("2026-10-07T10:00:00.123456+00:00"),
        event("2026-10-07T11:00:00+00:00", user_id="00123", user_pseudo_id="1.10", event_name="scroll",
              geo={"country": "Atlantis", "region": "Utrecht"}, device=None, stream_id=None,
              event_params=[parameter("ga_session_id", "GS2.1.s1747075570$o5$g1$t1747075600$j60$l0$h0"),
                            parameter("session_engaged", whole=1), parameter("engagement_time_msec", "20")]),
        event("2026-10-07T12:00:00+00:00", user_pseudo_id=None, user_id="", event_name=None, event_params=[],
              privacy_info={"analytics_storage": "No"}, geo=None, device={"category": ""}),
    ])  # fmt: skip
    shared = {"file_date": date(2026, 10, 7), "event_day": date(2026, 10, 7)}
    assert events_read(tmp_path) == [
        shared | {
            "event_at": datetime(2026, 10, 7, 10, 0, 0, 123456, tzinfo=UTC), "user_pseudo_id": "2697787.2422183099",
            "user_id": None, "analytics_storage": "Yes",
            "ga4_session": "2697787.2422183099\x1f1234567890\x1f1759838400", "region_code": "NL-UT",
            "device_category": "mobile", "is_engaged": True, "is_view": True, "engagement_us": 1_500_000,
        },
        shared | {
            "event_at": datetime(2026, 10, 7, 11, tzinfo=UTC), "user_pseudo_id": "1.10", "user_id": "00123",
            "analytics_storage": "Yes", "ga4_session": "1.10\x1f\x1f1747075570", "region_code": "??",
            "device_category": "unknown", "is_engaged": True, "is_view": False, "engagement_us": 20_000,
        },
        shared | {
            "event_at": datetime(2026, 10, 7, 12, tzinfo=UTC), "user_pseudo_id": None, "user_id": None,
            "analytics_storage": "No", "ga4_session": None, "region_code": "??",
            "device_category": "unknown", "is_engaged": False, "is_view": False, "engagement_us": 0,
        },
    ]  # fmt: skip
    assert rows_of(tmp_path, "ga4_links") == [("1.10", "00123")]
    assert rows_of(tmp_path, "ga4_days") == [(date(2026, 10, 7), True)]
    assert rows_of(tmp_path, "bad_records") == []


def tables_holding(con: duckdb.DuckDBPyConnection, *texts: str) -> set[str]:
    tables = [name for (name,) in con.execute("select table_name from duckdb_tables()").fetchall()]
    return {
        table
        for table in tables
        for row in con.execute(f"select * from {table}").fetchall()
        if any(text in str(value) for value in row for text in texts)
    }


@pytest.mark.parametrize("form", FORMS)
def test_nothing_else_of_an_event_is_in_any_table(tmp_path: Path, form: str) -> None:
    write(tmp_path, form, [event(), event(at=None)])
    with reading(tmp_path, "2026-10-07", "2026-10-07") as con:
        made = {name for (name,) in con.execute("select table_name from duckdb_tables()").fetchall()}
        counts = {"delivery_counts", "unknown_users_of_weeks", "table_digests", "ga4_delivered"}
        assert made == {"ga4_events", "ga4_links", "ga4_days", "ga4_counts", "bad_records", "drift_notes"} | counts
        assert tables_holding(con, "canary", "example") == set()
        assert tables_holding(con, "2697787") == {"ga4_events"}
        con.execute("create temp table planted as select ? as page", [CANARY])
        assert tables_holding(con, "canary", "example") == {"planted"}


@pytest.mark.clause("delivery-identifiers")
def test_identifiers_survive_as_written(tmp_path: Path) -> None:
    """Numbers that a double cannot hold, zeros at the ends, an escaped name within a text."""
    decoy = r'{"event_date":"1","user_properties":"\"user_pseudo_id\": 9.9","device":{"user_pseudo_id":1.6},'
    lines = [
        f'{{"event_timestamp":{micros("2026-10-07T10:00:00+00:00")},"user_pseudo_id":2697787.2422183099,"user_id":00}}',
        f'{{"event_timestamp":{micros("2026-10-07T10:00:01+00:00")},"user_pseudo_id":2697787.2422183099,"user_id":7}}',
        f'{{"event_timestamp":{micros("2026-10-07T10:00:02+00:00")},"user_pseudo_id":"0001.10","user_id":"007"}}',
        f'{decoy}"event_timestamp":{micros("2026-10-07T10:00:03+00:00")},"user_pseudo_id" : 1.50, "user_id": "x"}}',
        f'{{"event_timestamp":{micros("2026-10-07T10:00:04+00:00")},"user_pseudo_id":12345678901234567890123,"user_id":1e5}}',
        f'{{"event_timestamp":{micros("2026-10-07T10:00:05+00:00")},"user_pseudo_id":1.5,"geo":{{"user_pseudo_id":1.50}}}}',
    ]
    write_lines(tmp_path / "events_20261007.json", lines)
    read = {(row["user_pseudo_id"], row["user_id"]) for row in events_read(tmp_path)}
    assert read == {
        ("2697787.2422183099", "7"), ("0001.10", "007"), ("1.50", "x"), ("12345678901234567890123", "1e5"),
        (None, None),
    }  # fmt: skip
    assert [row[1] for row in rows_of(tmp_path, "bad_records")] == ["unreadable"]  # 00 is no number


@pytest.mark.parametrize(
    ("delivered", "number"),
    [
        (parameter("ga_session_id", whole=1759838400), "1759838400"),
        (parameter("ga_session_id", "1759838400"), "1759838400"),
        (parameter("ga_session_id", "GS2.1.s1747075570$o5$g0"), "1747075570"),
        (parameter("ga_session_id", "GS2.1.s1747075570"), "1747075570"),
        (parameter("ga_session_id", "GS1.1.1747075570.5.1.1747075600.60.0.0"), "1747075570"),
        (parameter("ga_session_id", "GS1.1.1747075570"), "1747075570"),
        (parameter("ga_session_id", "s1747075570$o5$g1$t1747075600$j60$l0$h0"), "1747075570"),
        (parameter("ga_session_id", "s1747075570"), None),
        (parameter("ga_session_id", "GS2.1.1747075570.5"), None),
        (parameter("ga_session_id", "1747075570.5"), None),
        (parameter("ga_session_id", "s$o5"), None),
        (parameter("ga_session_id", "(not set)"), None),
        (parameter("ga_session_id", ""), None),
        (parameter("ga_session_id"), None),
        (parameter("session_id", whole=5), None),
        ({"key": "ga_session_id", "value": None}, None),
    ],
)
@pytest.mark.parametrize("form", ["bigquery.json", "numbers.json", "bigquery.parquet"])
def test_session_numbers(tmp_path: Path, form: str, delivered: dict[str, Any], number: str | None) -> None:
    write(tmp_path, form, [event(event_params=[delivered])])
    [row] = events_read(tmp_path)
    assert row["ga4_session"] == (number and f"2697787.2422183099\x1f1234567890\x1f{number}")


@pytest.mark.parametrize(
    ("milliseconds", "expected_us"),
    [
        (0, 0), (1, 1_000), (86_400_000, 86_400_000_000), (86_400_001, 0), (-5, 0), (2**63 - 1, 0),
    ],
)  # fmt: skip
def test_engagement_that_cannot_be_counts_as_none(tmp_path: Path, milliseconds: int, expected_us: int) -> None:
    write(tmp_path, "numbers.json", [event(event_params=[parameter("engagement_time_msec", whole=milliseconds)])])
    assert [row["engagement_us"] for row in events_read(tmp_path)] == [expected_us]


@pytest.mark.parametrize(
    ("value", "is_engaged"),
    [(parameter("", whole=1), True), (parameter("", "1"), True), (parameter("", whole=0), False),
     (parameter("", "0"), False), (parameter("", "true"), False), (parameter(""), False)],
)  # fmt: skip
def test_engaged(tmp_path: Path, value: dict[str, Any], is_engaged: bool) -> None:
    write(tmp_path, "bigquery.json", [event(event_params=[value | {"key": "session_engaged"}])])
    assert [row["is_engaged"] for row in events_read(tmp_path)] == [is_engaged]


@pytest.mark.clause("ga4-placed")
@pytest.mark.parametrize(
    ("country", "region", "code"),
    [
        ("Netherlands", "North Holland", "NL-NH"),
        ("NETHERLANDS", "north holland", "NL-NH"),
        ("Netherlands", "(not set)", "NL-?"),
        ("Netherlands", None, "NL-?"),
        ("Netherlands", "California", "NL-?"),
        ("United States", "California", "US-CA"),
        ("(not set)", "California", "??"),
        ("", "", "??"),
        (None, None, "??"),
        ("NL", "NH", "??"),
        ("Netherlands ", "Utrecht", "??"),
        ("Côte d\u2019Ivoire", None, "CI-?"),
        ("Cote d'Ivoire", "Zanzan", "CI-ZZ"),
        ("France", "Ile-de-France", "FR-IDF"),
        ("France", "Provence-Alpes-Cote d'Azur", "FR-PAC"),
        ("Ireland", "County Dublin", "IE-D"),
        ("Poland", "Masovian Voivodeship", "PL-14"),
        ("Poland", "Lodz Voivodeship", "PL-10"),
        ("Sweden", "Vastra Gotaland County", "SE-O"),
        ("Brazil", "State of Sao Paulo", "BR-SP"),
        ("Russia", "Moscow Oblast", "RU-MOS"),
        ("Ukraine", "Kyiv city", "UA-30"),
        ("Spain", "Madrid", "ES-MD"),  # the province lies in the community: true of both
        ("Argentina", "Buenos Aires", "AR-C"),  # Google writes "Buenos Aires Province" of the other
        ("Belarus", "Minsk", "BY-?"),  # the city, or the region around it
        ("Taiwan", "Taiwan Province", "TW-?"),
    ],
)  # fmt: skip
def test_regions(tmp_path: Path, country: str | None, region: str | None, code: str) -> None:
    write(tmp_path, "numbers.json", [event(geo={"country": country, "region": region})])
    assert [row["region_code"] for row in events_read(tmp_path)] == [code]


@pytest.mark.parametrize(
    ("delivered", "category"),
    [("mobile", "mobile"), ("Desktop", "desktop"), ("smart tv", "smart tv"), ("smart TV", "smart tv"),
     (None, "unknown"), ("", "unknown"), (CANARY, "unknown"), ("a@b", "unknown"),
     ("all", "unknown"), ("Other devices", "unknown"), ("mobile and other devices", "unknown")],
)  # fmt: skip
def test_device_categories_are_words(tmp_path: Path, delivered: str | None, category: str) -> None:
    write(tmp_path, "numbers.json", [event(device={"category": delivered})])
    assert [row["device_category"] for row in events_read(tmp_path)] == [category]


@pytest.mark.clause("ga4-days")
def test_days_are_local_and_neighbouring_files_are_read(tmp_path: Path) -> None:
    """Amsterdam leaves summer time on 25 October 2026; the property here keeps Los Angeles' dates, then Auckland's."""
    later = datetime(2026, 11, 1, tzinfo=UTC)
    write(tmp_path, "numbers.json", [event("2026-10-25T21:59:59.999999+00:00")], "20261024")
    write(tmp_path, "numbers.json", [event("2026-10-24T21:59:59.999999+00:00"),  # 23:59 of the 24th
                                     event("2026-10-24T22:00:00+00:00"), event("2026-10-25T22:59:59.999999+00:00"),
                                     event("2026-10-25T23:00:00+00:00")], "20261025")  # fmt: skip
    write(tmp_path, "numbers.json", [event("2026-10-25T12:00:00+00:00")], "20261026")
    write(tmp_path, "numbers.json", [event("2026-10-25T12:30:00+00:00")], "20261027")
    found = events_read(tmp_path, "2026-10-25", "2026-10-25", as_of=later)
    assert [row["event_at"].isoformat() for row in found] == [
        "2026-10-24T22:00:00+00:00", "2026-10-25T12:00:00+00:00", "2026-10-25T21:59:59.999999+00:00",
        "2026-10-25T22:59:59.999999+00:00",
    ]  # fmt: skip
    by_day = [events_read(tmp_path, day, day, as_of=later) for day in ("2026-10-24", "2026-10-25", "2026-10-26")]
    assert [row for rows in by_day for row in rows] == events_read(tmp_path, "2026-10-24", "2026-10-26", as_of=later)


def test_links_do_not_depend_on_the_interval(tmp_path: Path) -> None:
    for day, form, browser, user in [
        ("20260901", "bigquery.json", "1.1", "anna"), ("20261007", "numbers.json", "1.2", "anna"),
        ("20261101", "bigquery.parquet", "1.2", "bert"), ("20261102", "lines.jsonl.gz", 2697787.5, "carl"),
        ("20261103", "plain.parquet.gz", "1.4", ""),
    ]:  # fmt: skip
        at = f"{day[:4]}-{day[4:6]}-{day[6:]}T12:00:00+00:00"
        write(tmp_path, form, [event(at, user_id=user, user_pseudo_id=browser), event(at, user_id=None)], day)
    expected = [("1.1", "anna"), ("1.2", "anna"), ("1.2", "bert"), ("2697787.5", "carl")]
    for first, last in [("2026-10-07", "2026-10-07"), ("2026-09-01", "2026-09-30"), ("2026-08-01", "2026-12-31")]:
        assert rows_of(tmp_path, "ga4_links", first, last) == expected


@pytest.mark.parametrize("form", ["numbers.json", "plain.parquet"])
def test_older_files_lack_newer_fields(tmp_path: Path, form: str) -> None:
    old = {name: event()[name] for name in ("event_timestamp", "user_pseudo_id", "event_name", "geo")}
    write(tmp_path, form, [old])
    [row] = events_read(tmp_path)
    assert (row["analytics_storage"], row["ga4_session"], row["region_code"]) == (None, None, "NL-UT")
    [(source, file, note)] = rows_of(tmp_path, "drift_notes")
    assert (source, file) == ("ga4_export", f"events_20261007.{form.partition('.')[2]}")
    assert note == "fields missing, read as null: event_params, privacy_info, device, stream_id"


@pytest.mark.parametrize("form", ["numbers.json", "plain.parquet"])
def test_new_fields_are_told_by_name(tmp_path: Path, form: str) -> None:
    write(tmp_path, form, [event(brand_new=CANARY, other_new=1), event()])
    assert len(events_read(tmp_path)) == 2
    assert [note for *_, note in rows_of(tmp_path, "drift_notes")] == ["new fields passed over: brand_new, other_new"]


def test_an_empty_day_is_a_day(tmp_path: Path) -> None:
    write_lines(tmp_path / "events_20261006.json", [""])
    write_lines(tmp_path / "events_intraday_20261007.json.gz", ["", "  "])
    write_parquet(tmp_path / "events_20261008.parquet", [])
    assert events_read(tmp_path) == []
    assert rows_of(tmp_path, "ga4_days") == [
        (date(2026, 10, 6), True), (date(2026, 10, 7), False), (date(2026, 10, 8), True),
    ]  # fmt: skip


def test_columns_of_nothing_but_nulls_have_no_type(tmp_path: Path) -> None:
    nothing = {"event_params": [], "geo": None, "device": {"category": None}, "user_id": None, "stream_id": None}
    types: dict[str, pa.DataType] = {
        "event_params": pa.list_(pa.null()), "geo": pa.null(), "user_id": pa.null(), "stream_id": pa.null(),
        "device": pa.struct([("category", pa.null())]), "user_pseudo_id": pa.null(),
    }  # fmt: skip
    write_parquet(tmp_path / "events_20261007.parquet", [event(**nothing, user_pseudo_id=None)], **types)
    [row] = events_read(tmp_path)
    assert (row["user_pseudo_id"], row["ga4_session"], row["region_code"]) == (None, None, "??")


def test_a_flag_in_an_unknown_form_is_not_an_absent_flag(tmp_path: Path) -> None:
    forms = ["analytics_storage=No", ["No"], None, {}]
    write_lines(tmp_path / "events_20261007.json", [event(privacy_info=form) for form in forms])
    assert [row["analytics_storage"] for row in events_read(tmp_path)] == [None, None]
    assert [row[1:4] for row in rows_of(tmp_path, "bad_records")] == [
        ("bad_value", "events_20261007.json", 1), ("bad_value", "events_20261007.json", 2),
    ]  # fmt: skip
