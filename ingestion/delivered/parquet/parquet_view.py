"""The one way in which a delivered Parquet file is looked at, here and in the process that vets it."""

from typing import Final

import duckdb

VIEW: Final = "delivered_parquet"
NUL: Final = "a NUL byte in a text"
"""What the engine's error says where a text holds one."""


def make_view(con: duckdb.DuckDBPyConnection, descriptor: int) -> None:
    """Makes the view `delivered_parquet` of the file behind `descriptor`: its columns and `file_row_number`.

    Bytes that are not said to be text are read as such: where they are no UTF-8, reading fails.
    """
    con.execute(f"""
        create or replace temp view {VIEW} as
        select * from read_parquet(
            '/dev/fd/{int(descriptor)}', file_row_number = true, hive_partitioning = false, binary_as_string = true
        )
    """)
