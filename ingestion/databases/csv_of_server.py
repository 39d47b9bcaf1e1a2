"""CSV that a database server wrote, as batches of text. It needs none of the care that delivered CSV does."""

from collections.abc import Iterable, Iterator, Sequence

import pyarrow as pa
import pyarrow.csv

from refusals.errors import InputRefused


def batches_of(where: str, blocks: Iterable[bytes], columns: Sequence[str]) -> Iterator[pa.RecordBatch]:
    """The blocks, each of whole records without a header, as batches of text columns; nothing between commas is null.

    Raises:
        InputRefused: a value holds a NUL byte.
    """
    for block in blocks:
        if b"\0" in block:
            raise InputRefused(f"{where}: holds NUL bytes, so it is no text: mend the value, or give a view of it")
        table = pyarrow.csv.read_csv(
            pa.py_buffer(block),
            read_options=pyarrow.csv.ReadOptions(
                column_names=list(columns), block_size=len(block) + 1, use_threads=False
            ),
            parse_options=pyarrow.csv.ParseOptions(newlines_in_values=True, ignore_empty_lines=False),
            convert_options=pyarrow.csv.ConvertOptions(
                column_types=dict.fromkeys(columns, pa.string()),
                null_values=[""],
                strings_can_be_null=True,
                quoted_strings_can_be_null=False,
            ),
        )
        yield from table.to_batches()
