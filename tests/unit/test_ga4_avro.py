"""Avro day files that are none: refused by name, before the process that reads them is harmed or after it died."""

import io
import json
import zlib
from collections.abc import Callable
from pathlib import Path

import fastavro
import pytest

from ingestion.delivered.delivered_records import file_records
from ingestion.delivered.drop_folder import folder_files
from refusals.errors import InputRefused
from tests.worlds.ga4_delivery import AVRO_SCHEMA, CANARY, event, events_read, rows_of, write_avro

MEBIBYTE = 2**20
SYNC = b"0123456789abcdef"


def number(value: int) -> bytes:
    """Zig-zag, seven bits a byte."""
    value = (value << 1) ^ (value >> 63)
    parts = []
    while value >= 0x80:
        parts.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*parts, value])


def text(content: bytes) -> bytes:
    return number(len(content)) + content


def container(codec: bytes, *blocks: tuple[int, bytes], schema: bytes = b"") -> bytes:
    """By hand after the specification: magic, metadata, mark; of each block count, length, content, mark."""
    schema = schema or json.dumps(AVRO_SCHEMA).encode()
    head = (
        b"Obj\x01"
        + number(2)
        + text(b"avro.schema")
        + text(schema)
        + text(b"avro.codec")
        + text(codec)
        + number(0)
        + SYNC
    )
    return head + b"".join(number(count) + text(content) + SYNC for count, content in blocks)


def deflated(content: bytes) -> bytes:
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    return packer.compress(content) + packer.flush()


def good(codec: str = "deflate") -> bytes:
    folder = io.BytesIO()
    rows = [{name["name"]: event().get(name["name"]) for name in AVRO_SCHEMA["fields"]} for _ in range(200)]
    fastavro.writer(folder, AVRO_SCHEMA, rows, codec=codec, sync_interval=4_000)
    return folder.getvalue()


def damaged(content: bytes) -> bytes:
    """Every block's content overwritten; lengths and marks stay."""
    start = content.index(b"\x00", content.index(b"avro.codec")) + 17
    return content[: start + 40] + b"\xff" * 60 + content[start + 100 :]


BROKEN: dict[str, Callable[[], bytes]] = {
    "truncated": lambda: good()[: len(good()) // 2],
    "without its last byte": lambda: good()[:-1],
    "something after its end": lambda: good() + b"x",
    "overwritten": lambda: damaged(good()),
    "overwritten, not compressed": lambda: damaged(good("null")),
    "JSON": lambda: b'{"event_timestamp": "1"}\n' * 50,
    "magic alone": lambda: b"Obj\x01",
    "a header without end": lambda: b"Obj\x01" + number(2**40) + b"x" * 100,
    "a length past the end": lambda: container(b"null", (1, b"")) + number(1) + number(2**50),
    "a negative length": lambda: container(b"null") + number(1) + number(-5) + SYNC,
    "a negative count": lambda: container(b"null", (-1, b"\0")),
    "a number without end": lambda: container(b"null") + b"\xff" * 30,
    "another mark": lambda: container(b"null", (1, b"\0" * 12))[:-1] + b"!",
    "a codec that is not read": lambda: container(b"zstandard", (1, b"x")),
    "records that are not there": lambda: container(b"null", (2**40, b"")),
    "fewer records than said": lambda: container(b"null", (3, b"\0" * 16)),
    "a bomb of zeros": lambda: container(b"deflate", (5_000_000, deflated(b"\0" * (100 * MEBIBYTE)))),
    "a bomb in snappy": lambda: container(b"snappy", (1, b"\xff\xff\xff\xff\x0f" + b"\0" * 20)),
    "a schema that is none": lambda: container(b"null", (1, b"\0"), schema=b'{"type": "rec'),
    "a schema of itself": lambda: container(
        b"null", (1, b"\0"), schema=b'{"type":"record","name":"a","fields":[{"name":"event_timestamp","type":"a"}]}'
    ),
    "an array without bytes": lambda: container(
        b"null", (1, number(2**40) + number(0)),
        schema=b'{"type":"record","name":"a","fields":[{"name":"event_params","type":{"type":"array","items":"null"}}]}',
    ),
}  # fmt: skip


@pytest.mark.clause("refuse-file", "refuse-limits")
@pytest.mark.parametrize("kind", BROKEN)
def test_what_is_no_whole_avro_file_is_refused_by_name(tmp_path: Path, kind: str) -> None:
    folder = tmp_path / "ga4"
    folder.mkdir()
    (folder / "events_20261007.avro").write_bytes(BROKEN[kind]())
    with pytest.raises(InputRefused, match=r"events_20261007\.avro") as refused:
        events_read(folder)
    assert CANARY not in str(refused.value) and "\n" not in str(refused.value)


def test_positions_count_the_records_over_all_blocks(tmp_path: Path) -> None:
    write_avro(
        tmp_path / "events_20261007.avro",
        [event(None if n == 150 else "2026-10-07T10:00:00+00:00") for n in range(200)],
    )
    assert [row[1:4] for row in rows_of(tmp_path, "bad_records")] == [("missing_field", "events_20261007.avro", 151)]
    assert len(events_read(tmp_path)) == 199


def test_avro_named_json_is_told(tmp_path: Path) -> None:
    (tmp_path / "events_20261007.json").write_bytes(good())
    with pytest.raises(InputRefused, match="Avro"):
        events_read(tmp_path)


def test_a_retyped_column_is_refused_by_name(tmp_path: Path) -> None:
    schema = {"type": "record", "name": "Root", "fields": [
        {"name": "event_timestamp", "type": "string"}, {"name": "user_pseudo_id", "type": "string"}]}  # fmt: skip
    content = io.BytesIO()
    fastavro.writer(content, schema, [{"event_timestamp": "1", "user_pseudo_id": "1.1"}])
    (tmp_path / "events_20261007.avro").write_bytes(content.getvalue())
    with pytest.raises(InputRefused, match="column event_timestamp is not a whole number"):
        events_read(tmp_path)


def test_the_app_delivers_no_avro(tmp_path: Path) -> None:
    write_avro(tmp_path / "sessions.avro", [event()])
    [file] = folder_files(tmp_path, "", ()).files
    with pytest.raises(InputRefused, match="GA4 export alone"), file_records(None, file, None, tmp_path, None):  # type: ignore[arg-type]
        pass
