"""One input given to its reader, and what must hold of what comes of it."""

import os
import re
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from home.file_cache import NO_STALE_BYTES
from home.settings.settings import load_settings
from ingestion.app.judge import judged_select
from ingestion.app.tables import SESSIONS, sessions_judgement
from ingestion.confined.confined_process import ConfinedProcess
from ingestion.delivered.delivered_file import DeliveredFile, opened
from ingestion.delivered.delivered_records import file_records
from ingestion.delivered.parquet.parquet_reader import unpacked as unpacked_parquet
from ingestion.delivered.parquet.parquet_vetting import ParquetVetting
from ingestion.delivered.raw_relation import RawRelation
from ingestion.ga4.fields import event_columns
from ingestion.ga4.json_files import json_events
from ingestion.ga4.parquet_files import parquet_events
from ingestion.places.addresses import PLAIN_ADDRESS
from ingestion.places.city_database import MODULE, CityDatabase
from policy.limits_policy import shipped_limits
from policy.region_table import regions
from refusals.errors import InputRefused, UsageError
from tests.fuzz import oracles
from tests.readers.plain_csv import expected as expected_csv
from tests.readers.plain_csv import fields_from

AS_OF = datetime(2026, 11, 1, tzinfo=UTC)
REFUSED = "refused"
READ = "read"
LONGEST_RECORD = 4 * 1024 * 1024
ADDRESSES = sorted(f"{0xFFFF << 32 | number << 22:032x}" for number in range(1024)) + [
    f"{number:032x}" for number in (0x20010DB8 << 96, (0x20010DB8 << 96) + 1, 1 << 125, (1 << 128) - 1)
]


class Finding(AssertionError):
    """What must not happen; it names the promise that was broken."""


class Trial:
    """Runs inputs one by one in a folder of its own; the engine and the confined processes are kept between them."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._con = duckdb.connect(config={"threads": 1, "memory_limit": "512MB", **NO_STALE_BYTES})
        self._con.execute("set timezone = 'UTC'")
        self._vetting = ParquetVetting(shipped_limits())
        self._cities = ConfinedProcess(MODULE, shipped_limits(), extra_bytes=1 << 20)

    def close(self) -> None:
        self._con.close()
        self._vetting.__exit__(None, None, None)
        self._cities.close()

    def run(self, reader: str, content: bytes) -> str:
        """`read` or `refused`; else a Finding or whatever else the reader raised."""
        match reader:
            case "config":
                return self._config(content)
            case "city database":
                return self._city_database(content)
            case _:
                return self._delivery(reader, content)

    def _delivery(self, reader: str, content: bytes) -> str:
        form = reader.removeprefix("ga4 ").removesuffix(".gz")
        suffix = {"csv": "csv", "json lines": "jsonl", "json": "jsonl", "parquet": "parquet"}[form]
        is_compressed = reader.endswith(".gz")
        name = f"day.{suffix}" + (".gz" if is_compressed else "")
        file = DeliveredFile(self._folder, name, {"json": "json lines"}.get(form, form), is_compressed)
        file.path.write_bytes(content)
        plain = oracles.unpacked(content) if is_compressed else content
        try:
            rows, unreadable = self._event_rows(file) if reader.startswith("ga4") else self._session_rows(file)
        except InputRefused as refusal:
            _check_refusal(refusal, name)
            return REFUSED
        if plain is None:
            raise Finding("a gzip file that is damaged was read")
        if suffix == "parquet":
            _check_parquet(plain, rows, unreadable)
        else:
            _check_text(suffix, plain, rows, unreadable)
        return READ

    def _session_rows(self, file: DeliveredFile) -> tuple[int, int]:
        with file_records(self._con, file, SESSIONS, self._folder, self._vetting) as raw:
            judged = judged_select(raw, SESSIONS, sessions_judgement(AS_OF, PLAIN_ADDRESS), 1)
            return self._counted(raw, judged, "reason = 'unreadable'", "(reason is null) = (identity is null)")

    def _event_rows(self, file: DeliveredFile) -> tuple[int, int]:
        with ExitStack() as stack:
            descriptor = stack.enter_context(opened(file))
            if file.format == "parquet":
                if file.is_compressed:
                    descriptor = unpacked_parquet(file, descriptor, self._folder)
                    stack.callback(os.close, descriptor)
                raw = parquet_events(self._con, file, descriptor, self._vetting)
            else:
                raw = json_events(self._con, file, descriptor)
            events = f"select position, unreadable, retyped_fields, {event_columns()} from ({raw.select})"
            return self._counted(raw, events, "unreadable is not null", "retyped_fields >= 0")

    def _counted(self, raw: RawRelation, relation: str, unreadable: str, holds: str) -> tuple[int, int]:
        """Records, and unreadable ones; each record has one number, from 1 on without a gap."""
        try:
            # Every column of every record is looked at, so that none is left unread.
            [(rows, distinct, first, last, bad, all_hold, _)] = self._con.execute(f"""
                select count(*), count(distinct position), min(position), max(position),
                       count(*) filter ({unreadable}), coalesce(bool_and({holds}), true), max(hash(whole::varchar))
                from ({relation}) as whole
            """).fetchall()
        except duckdb.Error as error:
            raise raw.told(error) from None
        if rows and not (rows == distinct == last and first == 1):
            raise Finding("records are not numbered one by one")
        if not all_hold:
            raise Finding("a record is neither good nor told")
        return rows, bad

    def _city_database(self, content: bytes) -> str:
        path = self._folder / "city.mmdb"
        path.write_bytes(content)
        name = f"setting 'geo.mmdb': {path}"
        try:
            with path.open("rb") as file:
                answer = self._cities.ask(name, {}, file.fileno())
            if answer.get("lacks", "damage") is not None:
                return REFUSED
            codes, counts = CityDatabase(self._cities, name).regions_of(ADDRESSES)
        except InputRefused as refusal:
            _check_refusal(refusal, "city.mmdb")
            return REFUSED
        known = regions()
        if sum(counts) != len(ADDRESSES) or any(
            code is not None and code not in known and not re.fullmatch("[A-Z]{2}-[?]", code) for code in codes
        ):
            raise Finding("a region that is none")
        return READ

    def _config(self, content: bytes) -> str:
        path = self._folder / "cmn.toml"
        path.write_bytes(content)
        (self._folder / "policy").mkdir(exist_ok=True)
        try:
            load_settings(path)
        except UsageError as refusal:
            _check_refusal(refusal, "cmn.toml")
            return REFUSED
        return READ


def _check_refusal(refusal: Exception, name: str) -> None:
    message = str(refusal)
    if name not in message and "policy" not in message:
        raise Finding("a refusal that does not name the file")
    if message.count("\n") > 1 or len(message) > 1000:
        raise Finding("a refusal of more than two lines")


def _check_text(suffix: str, plain: bytes, rows: int, unreadable: int) -> None:
    if not oracles.is_text(plain):
        raise Finding("what is no text was read")
    if suffix == "jsonl":
        lines = oracles.lines_of(plain)
        wanted = (len(lines), sum(not oracles.is_readable(line) for line in lines))
    else:
        text = plain.removeprefix(b"\xef\xbb\xbf").decode()
        text += "" if text.endswith("\n") else "\n"
        records = expected_csv(text, 0, LONGEST_RECORD)
        header = len(records) and len(_fields(text))
        records = expected_csv(text, header, LONGEST_RECORD)[1:]
        wanted = (len(records), sum(digest is not None for digest, _ in records))
    if (rows, unreadable) != wanted:
        raise Finding(f"{rows} records, {unreadable} unreadable, where plain Python finds {wanted[0]} and {wanted[1]}")


def _fields(text: str) -> list[str]:
    record = fields_from(text, 0)
    return record[0] if record else []


def _check_parquet(plain: bytes, rows: int, unreadable: int) -> None:
    if unreadable:
        raise Finding("a row of Parquet cannot be unreadable")
    try:
        wanted = pq.ParquetFile(pa.BufferReader(plain)).metadata.num_rows
    except (pa.ArrowException, OSError, ValueError):
        return  # another library reads less; the engine's own count stands
    if rows != wanted:
        raise Finding(f"{rows} rows, where another library finds {wanted}")
