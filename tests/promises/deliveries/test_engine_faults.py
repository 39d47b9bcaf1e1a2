"""A fault of the disk, the memory or the engine is never told as the deliverer's; damage of a delivery still is."""

import errno
import os
import resource
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from command.anonymise.table_file import TableFile
from command.main import main
from expectations.doors import door_in
from home.duck import open_duckdb
from ingestion.app.judge import judged_select
from ingestion.app.source import read_app_people, read_app_sessions
from ingestion.delivered.parquet.parquet_damage import check_bytes_can_be_read
from policy.policy import load_policy
from refusals.errors import EngineFailed, InputRefused, SourceUnavailable
from tests.worlds.app_deliveries import AS_OF, FORMATS, SESSION, Row, deliver, read_all, settings_for

MANY: list[Row] = [{**SESSION, "session_id": f"s{number}", "user_id": f"u{number % 97}"} for number in range(3000)]


def read_with(home: Path, *settings: str) -> None:
    """Reads the delivery by a connection with these settings of DuckDB, such as a planted bound."""
    ours = settings_for(home)
    con = open_duckdb(ours.home)
    read_app_people(con, ours)
    for setting in settings:
        con.execute(setting)
    read_app_sessions(con, ours, AS_OF)


@pytest.mark.parametrize("form", FORMATS[:3])
def test_no_memory_is_not_the_deliverers(tmp_path: Path, form: str) -> None:
    deliver(tmp_path, MANY * 30, form=form)
    with pytest.raises(duckdb.OutOfMemoryException):
        read_with(tmp_path, "set memory_limit = '4MB'", "set temp_directory = ''")


@pytest.mark.parametrize("form", FORMATS)
def test_an_error_that_no_delivery_explains_is_not_the_deliverers(
    tmp_path: Path, form: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """DuckDB raises the class of error that it raises of damaged files too; here our own statement is at fault."""
    deliver(tmp_path, MANY, form=form)
    monkeypatch.setattr(
        "ingestion.app.source.judged_select",
        lambda *given: f"select * replace (error('planted') as reason) from ({judged_select(*given)})",
    )
    with pytest.raises(duckdb.InvalidInputException, match="planted"):
        read_with(tmp_path)


@pytest.mark.clause("source-unavailable")
@pytest.mark.parametrize("number", [errno.EIO, errno.ESTALE, errno.ENOMEM])
@pytest.mark.parametrize("form", FORMATS)
def test_a_disk_that_cannot_be_read_is_not_the_deliverers(
    tmp_path: Path, form: str, number: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No device here fails at will: the descriptor's reads do, as they would."""
    deliver(tmp_path, MANY, form=form)
    if form.startswith("parquet"):
        # DuckDB opens the descriptor anew and reads by itself: what is left is what looks for damage afterwards.
        (tmp_path / "landing/app/sessions/day.parquet").write_bytes(b"PAR1 nothing PAR1")

    def fails(*_: object) -> bytes:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr("ingestion.delivered.parquet.parquet_damage.os.pread", fails)
    monkeypatch.setattr("ingestion.delivered.file_check._next_bytes", fails)
    with pytest.raises(SourceUnavailable, match="the disk or the machine is at fault") as refused:
        read_all(tmp_path)
    assert refused.value.exit_code == 1
    assert refused.value.may_pass


@pytest.fixture
def few_open_files() -> Iterator[None]:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_too_many_open_files_are_not_the_deliverers(tmp_path: Path, few_open_files: None) -> None:
    deliver(tmp_path, MANY, form="parquet")
    path = tmp_path / "landing/app/sessions/day.parquet"
    descriptor = os.open(path, os.O_RDONLY)
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (descriptor + 1, hard))
    with pytest.raises(SourceUnavailable, match="Too many open files"):
        check_bytes_can_be_read("sessions/day.parquet", descriptor)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    os.close(descriptor)


def damaged(path: Path, how: str) -> None:
    content = path.read_bytes()
    if how == "cut":
        path.write_bytes(content[: len(content) // 2])
    elif how == "footer":
        path.write_bytes(content[:-40] + b"\xff" * 30 + content[-10:])
    elif how == "page":
        path.write_bytes(content[:60] + bytes(byte ^ 0xFF for byte in content[60:4000]) + content[4000:])
    elif how == "not one":
        path.write_bytes(b"session_id,user_id\n" * 30)
    else:
        path.write_bytes(b"PAR1")


@pytest.mark.parametrize("codec", ["snappy", "zstd", "gzip", "none"])
@pytest.mark.parametrize("how", ["cut", "footer", "page", "not one", "four bytes"])
def test_damage_of_parquet_is_the_deliverers(tmp_path: Path, how: str, codec: str) -> None:
    deliver(tmp_path, MANY, form="parquet")
    path = tmp_path / "landing/app/sessions/day.parquet"
    pq.write_table(pq.read_table(path), path, compression=codec)
    damaged(path, how)
    with pytest.raises(InputRefused, match=r"sessions/day\.parquet: is .*: deliver it again"):
        read_all(tmp_path)


def test_a_nul_byte_in_parquet_is_named(tmp_path: Path) -> None:
    deliver(tmp_path, [{**SESSION, "platform": "i\0s"}], form="parquet")
    with pytest.raises(InputRefused, match="holds NUL bytes"):
        read_all(tmp_path)


def test_what_we_wrote_and_cannot_read_back_is_no_sources_fault(tmp_path: Path) -> None:
    path = tmp_path / "2026-W40.parquet"
    path.write_bytes(b"PAR1 nothing PAR1")
    with pytest.raises(EngineFailed, match="no source is at fault") as refused:
        door_in.check_app_records_arriving([path], tmp_path / "reports", load_policy(None), "run-1")
    assert refused.value.exit_code == 1
    assert refused.value.may_pass


def test_no_memory_for_a_table_to_anonymise_is_not_the_tables_fault(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Arrow's own error, as its allocator raises it."""
    (tmp_path / "t.csv").write_text("age\n1\n")
    pq.write_table(pa.table({"age": ["1"]}), tmp_path / "t.parquet")

    def fails(*_: object, **__: object) -> None:
        raise pa.ArrowMemoryError("malloc of size 64 failed")

    table = TableFile(tmp_path / "t.csv", ["age"])
    monkeypatch.setattr("command.anonymise.table_file.pa_csv.read_csv", fails)
    with pytest.raises(MemoryError):
        table.read(["age"])
    monkeypatch.setattr("command.anonymise.table_file.pq.ParquetFile", fails)
    with pytest.raises(MemoryError):
        TableFile(tmp_path / "t.parquet", ["age"])


@pytest.mark.clause("errors-in-words")
def test_the_command_tells_an_engines_error_by_type_and_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = settings_for(tmp_path)

    def fails(*_: object) -> int:
        with duckdb.connect() as con:
            con.execute("select 'Canary-Person'::integer")
        return 0

    monkeypatch.setattr("command.status.status_command", fails)
    assert main(["status", "--config", str(settings.file)]) == 1
    told = capsys.readouterr().err
    assert "ConversionException at " in told
    assert "tests/promises/deliveries/test_engine_faults.py:" in told
    assert "Canary" not in told
    assert told.count("\n") == 1
