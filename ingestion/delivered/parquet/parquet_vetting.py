"""A Parquet or Avro file is read in a confined process before it counts: codecs, sizes, and every value wanted."""

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Final, Self

from home.sql import Sql, identifier, joined
from ingestion.confined.confined_process import ConfinedProcess
from ingestion.delivered.avro_blocks import check_blocks
from ingestion.delivered.delivered_file import DeliveredFile, not_read
from ingestion.delivered.file_check import content_too_large
from ingestion.delivered.parquet.parquet_damage import check_bytes_can_be_read
from ingestion.delivered.value_lengths import value_too_long
from policy.limits_policy import LimitsPolicy
from refusals.errors import EngineFailed, InputRefused

MAGIC: Final = b"PAR1"
ENCRYPTED: Final = b"PARE"
BYTES_OF_A_VALUE: Final = 8
"""Counted for each value beside its text, so that a column of nulls is not free."""

_FAULTS: Final = {
    "damage": "is no whole {format} file, as its name says, but truncated or damaged: deliver it again",
    "encoding": "holds text that is not UTF-8: deliver it in that encoding",
    "nul": "holds NUL bytes, so it is no text: deliver it without",
}

_FOOTER: Final = tuple(
    map(
        Sql,
        (
            "select column_name, column_type from (describe select * exclude (file_row_number) from {view})",
            "select name, num_children, logical_type from parquet_schema({source})",
            "select distinct compression from parquet_metadata({source}) where compression is not null",
            "select path_in_schema from parquet_metadata({source}) group by path_in_schema"
            " having bool_and(coalesce(stats_null_count = num_values, false))",
            "select num_rows from parquet_file_metadata({source})",
        ),
    )
)
_ROWS: Final = _FOOTER[-1]
#: Whether the footer's row groups have together as many rows as it says of the whole.
_ROW_GROUPS: Final = Sql("""
    select
        coalesce(bool_and(rows >= 0), true)
        and coalesce(sum(rows), 0) = (select num_rows from parquet_file_metadata({source}))
    from (
        select row_group_id, any_value(row_group_num_rows) as rows
        from parquet_metadata({source}) group by row_group_id
    )
""")
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f]")


@dataclass(frozen=True, slots=True)
class ParquetLayout:
    """What the footer says: columns and their DuckDB types, the schema's nodes depth first, columns of nulls alone."""

    types: dict[str, str]
    schema: list[tuple[str, int | None, str | None]]
    only_nulls: frozenset[str]


class ParquetVetting:
    """Looks at one file after another; the confined process starts with the first."""

    def __init__(self, limits: LimitsPolicy) -> None:
        self._limits = limits
        self._avro_records = 0
        self._process = ConfinedProcess("ingestion.delivered.parquet.parquet_in_child", limits)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._process.close()

    def layout(self, file: DeliveredFile, descriptor: int, columns_read: int) -> ParquetLayout:
        """The file's layout, once its codecs are known to be allowed and its rows not too many to be read.

        Raises:
            InputRefused: it is no whole Parquet file, or asks for what the policy's limits do not give.
        """
        if file.format == "avro":
            return self._avro_layout(file, descriptor, columns_read)
        _check_frame(file, descriptor)
        described, schema, codecs, only_nulls, [(rows,)], [(adds_up,)] = self._rows(
            file, descriptor, footer=(*_FOOTER, _ROW_GROUPS)
        )
        if not adds_up or any(_CONTROL.search(name) for name, _, _ in schema):
            raise InputRefused(f"{file.shown}: {_fault(file, 'damage')}")
        refused = sorted({str(codec) for (codec,) in codecs} - set(self._limits.parquet_codecs))
        if refused:
            raise InputRefused(
                f"{file.shown}: is compressed with {refused[0].lower()}, and the policy's limits.toml allows"
                f" {', '.join(self._limits.parquet_codecs).lower()}: deliver it with one of them"
            )
        if rows * columns_read * BYTES_OF_A_VALUE > self._content_bytes(descriptor):
            raise InputRefused(content_too_large(file))
        return ParquetLayout(
            dict(described),
            [(name, children, logical) for name, children, logical in schema],
            frozenset(name for (name,) in only_nulls),
        )

    def _avro_layout(self, file: DeliveredFile, descriptor: int, columns_read: int) -> ParquetLayout:
        """What its schema says, once its blocks are known to be whole and not too large; of nulls it knows nothing."""
        self._avro_records = check_blocks(file, descriptor)
        if self._avro_records * columns_read * BYTES_OF_A_VALUE > self._content_bytes(descriptor):
            raise InputRefused(content_too_large(file))
        [described] = self._rows(file, descriptor, footer=_FOOTER[:1])
        if any(_CONTROL.search(name) for name, _ in described):
            raise InputRefused(f"{file.shown}: {_fault(file, 'damage')}")
        return ParquetLayout(dict(described), [], frozenset())

    def measure(
        self, file: DeliveredFile, descriptor: int, select: Sql, texts: Sequence[str], others: Sequence[str] = ()
    ) -> None:
        """Runs `select`, which reads the view `delivered_parquet`, to its end, and looks how much it gives.

        `texts` and `others` are together all its columns of values: each value of them is read, since a damaged page
        shows only then (and the engine answers a count or a maximum from the footer).

        Raises:
            InputRefused: the file is damaged, one of its `texts` is too long, or all together are.
        """
        lengths = joined(
            (
                Sql(f", coalesce(max(strlen({column})), 0), coalesce(sum(strlen({column})), 0)")
                for column in map(identifier, texts)
            ),
            "",
        )
        hashes = joined((Sql(f", max(hash({identifier(name)})) is null") for name in others), "")
        [[(promised,)], [counted]] = self._rows(
            file,
            descriptor,
            footer=[Sql(f"select {int(self._avro_records)}") if file.format == "avro" else _ROWS],
            content=[Sql(f"select count(*){lengths}{hashes} from ({select})")],
        )
        rows, measured = counted[0], counted[1 : 1 + 2 * len(texts)]
        if rows != promised:
            raise InputRefused(f"{file.shown}: {_fault(file, 'damage')}")
        longest, sums = measured[::2], measured[1::2]
        for name, length in zip(texts, longest, strict=True):
            if length > self._limits.value_bytes:
                raise InputRefused(value_too_long(file.shown, name, self._limits))
        if sum(sums) + rows * len(texts) * BYTES_OF_A_VALUE > self._content_bytes(descriptor):
            raise InputRefused(content_too_large(file))

    def _content_bytes(self, descriptor: int) -> int:
        return self._limits.content_bytes(os.fstat(descriptor).st_size)

    def _rows(
        self, file: DeliveredFile, descriptor: int, footer: Sequence[Sql] = (), content: Sequence[Sql] = ()
    ) -> list[list[Any]]:
        request = {
            "memory_mebibytes": self._limits.parser_memory_mebibytes // 2,
            "footer": list(footer),
            "content": list(content),
            "format": file.format,
        }
        answer = self._process.ask(file.shown, request, descriptor)
        failed = answer.get("failed")
        if failed is None:
            return list(answer["rows"])
        if failed == "engine":
            raise EngineFailed(
                f"{file.shown}: the engine failed on our own statement ({answer.get('kind')}): report it"
            )
        check_bytes_can_be_read(file.shown, descriptor)
        raise InputRefused(f"{file.shown}: {_fault(file, failed)}")


def _fault(file: DeliveredFile, what: str) -> str:
    return _FAULTS.get(what, _FAULTS["damage"]).format(format=file.format.capitalize())


def _check_frame(file: DeliveredFile, descriptor: int) -> None:
    """Magic bytes at both ends, and a footer that lies within the file."""
    try:
        size = os.fstat(descriptor).st_size
        start, end = os.pread(descriptor, 4, 0), os.pread(descriptor, 8, max(size - 8, 0))
    except OSError as error:
        raise not_read(file.shown, "read", error) from None
    if ENCRYPTED in (start, end[4:]):
        raise InputRefused(f"{file.shown}: is encrypted Parquet: deliver it without encryption of its own")
    if start != MAGIC or end[4:] != MAGIC or int.from_bytes(end[:4], "little") > size - 12:
        raise InputRefused(f"{file.shown}: is no whole Parquet file, as its name says: deliver it again")
