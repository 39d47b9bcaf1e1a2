"""What a delivered file may ask of the machine: a file that would grow past the policy's limits is refused by name."""

import gzip
import io
from hashlib import sha256
from pathlib import Path

import pytest

from policy.limits_policy import shipped_limits
from policy.policy import load_policy
from refusals.errors import InputRefused, UsageError
from tests.worlds.app_deliveries import (
    CONSENT,
    FORMATS,
    SESSION,
    SESSION_COLUMNS,
    USER,
    USER_COLUMNS,
    content,
    deliver,
    limited,
    read_all,
    rows_of,
)
from tests.worlds.ga4_delivery import as_bigquery_json, event, events_read, write_lines

MEBIBYTE = 1024 * 1024
HEADER = ",".join(SESSION_COLUMNS).encode() + b"\n"
LINE = b"s1,u1,2026-10-20T10:00:00Z,2026-10-20T10:30:00Z,192.0.2.7,ios\n"


def zeros_compressed(mebibytes: int, of: bytes = b" ") -> bytes:
    """A `.gz` that is some thousandth of what it stands for, written without holding it."""
    buffer = io.BytesIO()
    with gzip.GzipFile(fileobj=buffer, mode="wb", mtime=0) as file:
        for _ in range(mebibytes):
            file.write(of * (MEBIBYTE // len(of)))
    return buffer.getvalue()


@pytest.mark.clause("refuse-limits")
@pytest.mark.parametrize("of", [b"\n", b" \n", LINE.rstrip() + b"\n"])
@pytest.mark.parametrize("form", ["csv.gz", "jsonl.gz", "parquet.gz"])
def test_gzip_that_bursts_is_refused_by_ratio(tmp_path: Path, of: bytes, form: str) -> None:
    folder = deliver(tmp_path, [SESSION])
    start = gzip.compress(HEADER if form.startswith("csv") else b"")
    burst = start + zeros_compressed(4, of)
    assert len(burst) < 4 * MEBIBYTE / shipped_limits().decompression_ratio
    (folder / "sessions" / f"burst.{form}").write_bytes(burst)
    with pytest.raises(InputRefused, match=rf"sessions/burst\.{form}: becomes larger.*decompression_ratio"):
        read_all(tmp_path, limited(tmp_path, ratio_from_mebibytes=2))


@pytest.mark.parametrize("form", ["csv.gz", "jsonl.gz", "parquet.gz"])
def test_gzip_over_the_size_is_refused_however_little_it_shrank(tmp_path: Path, form: str) -> None:
    folder = deliver(tmp_path, [SESSION])
    many = [{**SESSION, "session_id": sha256(b"%d" % number).hexdigest()} for number in range(20_000)]
    (folder / "sessions" / f"large.{form}").write_bytes(content(form, many, SESSION_COLUMNS))
    with pytest.raises(InputRefused, match=rf"sessions/large\.{form}: becomes larger.*decompressed_mebibytes"):
        read_all(tmp_path, limited(tmp_path, decompressed_mebibytes=1))


def test_gzip_of_an_ordinary_delivery_is_far_from_the_limits(tmp_path: Path) -> None:
    folder = deliver(tmp_path)
    many = [{**SESSION, "session_id": f"s{number}"} for number in range(2000)]
    (folder / "sessions" / "day.csv").write_bytes(content("csv", many, SESSION_COLUMNS))
    (folder / "sessions" / "more.csv.gz").write_bytes(content("csv.gz", many, SESSION_COLUMNS))
    con = read_all(tmp_path, limited(tmp_path, decompression_ratio=100, ratio_from_mebibytes=1))
    assert rows_of(con, "select count(*) from app_sessions") == [(2000,)]


@pytest.mark.clause("refuse-limits")
@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("column", ["session_id", "user_id", "platform"])
def test_a_value_over_the_limit_is_refused_in_every_format(tmp_path: Path, form: str, column: str) -> None:
    deliver(tmp_path, [SESSION, {**SESSION, "session_id": "s2"} | {column: "x" * (64 * 1024 + 1)}], form=form)
    with pytest.raises(InputRefused, match=rf"sessions/day\.{form}: column {column} has a value over 64 KiB") as told:
        read_all(tmp_path)
    assert "xx" not in str(told.value)


@pytest.mark.parametrize("form", FORMATS)
def test_a_value_of_just_the_limit_is_read(tmp_path: Path, form: str) -> None:
    deliver(tmp_path, [{**SESSION, "session_id": "x" * 64 * 1024}], form=form)
    assert rows_of(read_all(tmp_path), "select strlen(session_id) from app_sessions") == [(64 * 1024,)]


def test_people_and_their_consents_have_the_same_limit(tmp_path: Path) -> None:
    deliver(tmp_path, users=[{**USER, "user_id": "u" * 70_000}])
    with pytest.raises(InputRefused, match=r"users\.csv: column user_id"):
        read_all(tmp_path)
    deliver(tmp_path, consents=[{**CONSENT, "policy_version": "v" * 70_000}])
    with pytest.raises(InputRefused, match=r"consents\.csv: column policy_version"):
        read_all(tmp_path)
    # What is never read into anything has none.
    folder = deliver(tmp_path)
    columns = [*USER_COLUMNS, "email"]
    (folder / "users.csv").write_bytes(content("csv", [{**USER, "email": "e" * 70_000}], columns))
    assert rows_of(read_all(tmp_path), "select count(*) from app_users") == [(1,)]


@pytest.mark.parametrize("change", [{"user_pseudo_id": "p" * 70_000}, {"stream_id": "s" * 70_000}])
def test_a_value_over_the_limit_in_a_day_file(tmp_path: Path, change: dict[str, str]) -> None:
    write_lines(tmp_path / "events_20261007.json", [as_bigquery_json(event()), as_bigquery_json(event(**change))])
    with pytest.raises(InputRefused, match=rf"events_20261007\.json: column {next(iter(change))} has a value over 64"):
        events_read(tmp_path)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("value_kibibytes = 0", "value_kibibytes"),
        ("decompression_ratio = 1", "decompression_ratio"),
        ("parser_memory_mebibytes = 10", "parser_memory_mebibytes"),
        ("parquet_codecs = []", "parquet_codecs"),
        ("value_bytes = 5", "value_bytes"),
        ('parser_seconds = "900"', "parser_seconds"),
    ],
)
def test_limits_that_cannot_be_are_wrong_usage(tmp_path: Path, text: str, says: str) -> None:
    (tmp_path / "limits.toml").write_text(text)
    with pytest.raises(UsageError, match=says):
        load_policy(tmp_path)
