"""The demonstration's drop folder: app tables, GA4 export and city database, the same bytes for the same arguments."""

import gzip
from datetime import date
from pathlib import Path

import duckdb
import pyarrow as pa

from demonstration.app_sessions import DeliveredRows, Sessions, make_deliveries, make_sessions
from demonstration.city_networks import write_city_database
from demonstration.consent_stories import make_consents
from demonstration.dirt import (
    SESSION_COLUMNS,
    DirtyRow,
    as_csv_lines,
    as_json_lines,
    consent_dirt,
    make_session_dirt,
    user_dirt,
)
from demonstration.ga4_events import write_ga4_export
from demonstration.population import Population, make_population
from demonstration.week_span import FIRST_DAY, WEEKS, ZONE, WeekSpan
from policy.policy import load_policy

PERSONS = 20_000
SEED = 20240219
#: How each delivery is written, in turn.
FORMATS = ("parquet", "csv.gz", "jsonl", "csv", "jsonl.gz", "text.parquet", "parquet.gz")
#: So many good sessions stand among the few dozen odd ones of a file.
SESSIONS_AGAIN = 400
USER_COLUMNS = (
    "user_id", "first_name", "last_name", "email", "country", "birth_date", "registered_at", "closed_at",
)  # fmt: skip

#: An instant as ISO 8601: in UTC, or by the local clock with its offset; some to the nanosecond.
UTC_TEXT = "strftime({0} at time zone 'UTC', '%Y-%m-%dT%H:%M:%S.%f') || 'Z'"
LOCAL_TEXT = (
    f"strftime({{0}} at time zone '{ZONE.key}', '%Y-%m-%dT%H:%M:%S.%f') || case when "
    f"date_diff('hour', {{0}} at time zone 'UTC', {{0}} at time zone '{ZONE.key}') = 2 then '+02:00' else '+01:00' end"
)
NANOSECOND_TEXT = "strftime({0} at time zone 'UTC', '%Y-%m-%dT%H:%M:%S.%f') || '987+00:00'"

APPROVALS = "# Written for the demonstration: these persons are made up, so their figures may leave.\n"
APPROVAL = f"""
[[approval]]
dataset = "{{dataset}}"
reviewer = "nobody: the demonstration approves its own"
approved_on = {FIRST_DAY}
reference = "made-up persons, see demonstration/"
"""

REPORTS = """
[ga4.reports]                     # of an emulator that `cmn demo` starts, and that ends with it
property = "481234567"
consent_basis = "observed"
confirmed_by = "nobody: the demonstration's visitors are made up"
confirmed_on = {day}
endpoint = "{endpoint}"
"""

NEVER_OVERDUE = """# Written for the demonstration: its weeks end for good, so none of those after them is overdue.
overdue_after_days = 36500
"""


def make_sources(
    folder: Path,
    persons: int = PERSONS,
    weeks: int = WEEKS,
    first_day: date = FIRST_DAY,
    *,
    seed: int = SEED,
    fit_for_a_database: bool = False,
) -> WeekSpan:
    """Writes `app/`, `ga4/` and `geo/city.mmdb` into `folder`, and returns the weeks they cover.

    `fit_for_a_database` leaves out what no typed table can hold (lines that do not parse, times that are none), so
    that the same rows can be put into a database and must give the same marts.

    Raises:
        ValueError: `first_day` is no Monday, or fewer than 100 persons or no week are asked for.
    """
    if persons < 100:
        raise ValueError("fewer than 100 persons hold too few of the stories")
    span = WeekSpan(first_day, weeks)
    population = make_population(persons, span, seed)
    sessions = make_sessions(population, span, seed)
    ledger = make_consents(population, sessions, span, seed)
    app = folder / "app"
    (app / "sessions").mkdir(parents=True, exist_ok=True)
    with duckdb.connect(config={"threads": 2}) as con:
        con.execute("set timezone = 'UTC'; set preserve_insertion_order = true")
        _write_users(con, app, population, fit_for_a_database)
        _write_consents(con, app, population, ledger, span=span, fit=fit_for_a_database)
        _write_deliveries(con, app / "sessions", population, sessions, make_deliveries(sessions, span, seed))
        _write_session_dirt(con, app / "sessions", population, span, fit_for_a_database)
    write_ga4_export(folder / "ga4", population, span, seed, fit_for_a_database)
    write_city_database(folder / "geo" / "city.mmdb")
    return span


def write_config(home: Path, database: str | None = None, reports_endpoint: str | None = None) -> Path:
    """Writes `home/cmn.toml` for sources in `home/landing` (or the app's in `database`), and returns its path.

    `reports_endpoint`: of an emulator of the Data API (`demonstration/reports_service.py`); without it, no reports.

    Its policy directory approves every dataset for release, since the persons are made up.
    """
    app = f'database = "{database}"' if database else 'files = "landing/app"'
    text = f"""# Written for the demonstration; paths are relative to this file.
home = "."

[app]
{app}

[ga4.export]
files = "landing/ga4"
consent_basis = "consent_mode"
{REPORTS.format(endpoint=reports_endpoint, day=FIRST_DAY) if reports_endpoint else ""}
[geo]
mmdb = "landing/geo/city.mmdb"

[policy]
directory = "policy"
"""
    (home / "policy").mkdir(parents=True, exist_ok=True)
    approvals = (APPROVAL.format(dataset=one.name) for one in load_policy().releases.dataset)
    (home / "policy" / "releases.toml").write_text(APPROVALS + "".join(approvals), encoding="utf-8")
    (home / "policy" / "anonymity.toml").write_text(NEVER_OVERDUE, encoding="utf-8")
    file = home / "cmn.toml"
    file.write_text(text, encoding="utf-8")
    return file


def _write_users(con: duckdb.DuckDBPyConnection, app: Path, people: Population, fit_for_a_database: bool) -> None:
    columns = {
        "user_id": people.user_id, "first_name": people.first_name, "last_name": people.last_name,
        "email": people.email, "country": people.country, "birth_date": people.birth_date,
        "registered_us": people.registered_us, "closed_us": people.closed_us,
    }  # fmt: skip
    con.register("people", pa.table(columns))
    file = app / "users.csv"
    con.execute(
        f"""
        copy (
            select user_id, first_name, last_name, email, country, birth_date,
                {UTC_TEXT.format("make_timestamptz(registered_us)")} as registered_at,
                case when closed_us > 0 then {LOCAL_TEXT.format("make_timestamptz(closed_us)")} end as closed_at
            from people
        ) to '{_quoted(file)}' (format csv, header)
        """
    )
    rows, texts, lines = user_dirt(people)
    with file.open("a", encoding="utf-8", newline="") as users:
        users.write(as_csv_lines(rows, USER_COLUMNS))
        if not fit_for_a_database:
            users.write(as_csv_lines(texts, USER_COLUMNS) + "".join(line + "\n" for line in lines))


def _write_consents(
    con: duckdb.DuckDBPyConnection, app: Path, people: Population, ledger: pa.Table, *, span: WeekSpan, fit: bool
) -> None:
    """JSON lines with all the dirt, or Parquet with typed columns and the dirt that fits."""
    rows, texts = consent_dirt(people, span)
    con.register("ledger", ledger)
    con.register("ids", pa.table({"user_id": people.user_id, "person": pa.array(range(len(people)))}))
    entries = "from ledger join ids using (person) order by recorded_us, user_id, purpose, granted, policy_version"
    if not fit:
        file = app / "consents.jsonl"
        con.execute(
            f"""
            copy (
                select user_id, purpose, granted, policy_version,
                    {UTC_TEXT.format("make_timestamptz(recorded_us)")} as recorded_at
                {entries}
            ) to '{_quoted(file)}' (format json)
            """
        )
        with file.open("a", encoding="utf-8", newline="") as consents:
            consents.write(as_json_lines(rows + texts))
        return
    con.register("odd", pa.Table.from_pylist(rows))
    con.execute(
        f"""
        copy (
            select * from (
                select user_id, purpose, granted, policy_version, make_timestamptz(recorded_us) as recorded_at {entries}
            )
            union all
            select user_id, purpose, granted::boolean, policy_version, recorded_at::timestamptz from odd
        ) to '{_quoted(app / "consents.parquet")}' (format parquet)
        """
    )


def _write_deliveries(
    con: duckdb.DuckDBPyConnection, folder: Path, people: Population, sessions: Sessions, rows: DeliveredRows
) -> None:
    sizes = {
        "position": pa.array(range(len(rows.session))), "session": rows.session, "delivery": rows.delivery,
        "user_id": people.user_id.take(pa.array(sessions.person[rows.session])),
        "start_us": rows.start_us, "end_us": rows.end_us,
        "ip_address": sessions.ip_address.take(pa.array(rows.address_of)),
        "platform": sessions.platform.take(pa.array(rows.platform_of)),
    }  # fmt: skip
    con.register("drawn", pa.table(sizes))
    con.execute(
        """
        create or replace temp table delivered as
        select position, delivery,
            case when session % 5 = 0 then printf('00%09d', (session * 48271 + 912345671) % 999999937)
                else printf('s-%08x-%06x', (session * 2654435761 + 12345) % 4294967296, session) end as session_id,
            user_id, make_timestamptz(start_us) as started_at,
            case when end_us > 0 then make_timestamptz(end_us) end as ended_at, ip_address, platform
        from drawn
        """
    )
    for delivery in range(int(rows.delivery.max()) + 1):
        _write_delivery(con, folder, delivery)


def _write_delivery(con: duckdb.DuckDBPyConnection, folder: Path, delivery: int) -> None:
    form = FORMATS[delivery % len(FORMATS)]
    text = LOCAL_TEXT if "csv" in form else UTC_TEXT
    started = f"case when position % 50 = 0 then {NANOSECOND_TEXT} else {text} end".replace("{0}", "started_at")
    ended = f"case when position % 70 = 0 then {NANOSECOND_TEXT} else {text} end".replace("{0}", "ended_at")
    times = "started_at, ended_at" if form.startswith("parquet") else f"{started} as started_at, {ended} as ended_at"
    file = folder / f"delivery-{delivery:02d}.{form.removesuffix('.gz')}"
    options = {"csv": "csv, header", "jsonl": "json"}.get(form.removesuffix(".gz"), "parquet")
    con.execute(
        f"""
        copy (
            select session_id, user_id, {times}, ip_address, platform
            from delivered where delivery = {delivery} order by position
        ) to '{_quoted(file)}' (format {options})
        """
    )
    if form.endswith(".gz"):
        file.with_name(file.name + ".gz").write_bytes(gzip.compress(file.read_bytes(), compresslevel=3, mtime=0))
        file.unlink()


def _write_session_dirt(
    con: duckdb.DuckDBPyConnection, folder: Path, people: Population, span: WeekSpan, fit_for_a_database: bool
) -> None:
    """The same bad records in two formats, and one file of them delivered twice.

    They stand among sessions that are delivered elsewhere too, since a file that is bad as a whole is refused.
    """
    dirt = make_session_dirt(people, span)
    rows = [*_sessions_again(con), *dirt.rows, *([] if fit_for_a_database else dirt.texts)]
    lines = "" if fit_for_a_database else "".join(line + "\n" for line in dirt.csv_lines)
    header = ",".join(SESSION_COLUMNS) + "\n"
    for name in ("odd-records.csv", "odd-records-again.csv"):
        text = header + as_csv_lines(rows, SESSION_COLUMNS) + lines
        (folder / name).write_text(text, encoding="utf-8", newline="")
    lines = "" if fit_for_a_database else "".join(line + "\n" for line in dirt.json_lines)
    (folder / "odd-records.jsonl").write_text(as_json_lines(rows) + lines, encoding="utf-8", newline="")


def _sessions_again(con: duckdb.DuckDBPyConnection) -> list[DirtyRow]:
    """Rows that the first deliveries hold, as they hold them."""
    found = con.execute(
        f"""
        select session_id, user_id, {UTC_TEXT.format("started_at")}, {UTC_TEXT.format("ended_at")}, ip_address, platform
        from delivered
        order by delivery, position
        limit {SESSIONS_AGAIN}
        """
    ).fetchall()
    return [dict(zip(SESSION_COLUMNS, row, strict=True)) for row in found]


def _quoted(file: Path) -> str:
    return str(file).replace("'", "''")
