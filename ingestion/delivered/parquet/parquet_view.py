"""The one way in which a delivered Parquet or Avro file is looked at, here and in the process that vets it."""

from importlib.resources import files
from typing import Final

import duckdb

from home.sql import literal

VIEW: Final = "delivered_parquet"
NUL: Final = "a NUL byte in a text"
"""What the engine's error says where a text holds one."""


def make_view(con: duckdb.DuckDBPyConnection, descriptor: int, form: str = "parquet") -> None:
    """Makes the view `delivered_parquet` of the file behind `descriptor`: its columns and `file_row_number`.

    Bytes that are not said to be text are read as such: where they are no UTF-8, reading fails.
    """
    if form == "avro":
        # DuckDB's own extension, which it takes only with its makers' signature; PyPI's package holds nothing else.
        extension = files("duckdb_extension_avro") / "extensions" / f"v{duckdb.__version__}" / "avro.duckdb_extension"
        con.execute(f"load {literal(str(extension))}")
        con.execute(f"""
            create or replace temp view {VIEW} as
            select *, row_number() over () - 1 as file_row_number from read_avro('/dev/fd/{int(descriptor)}')
        """)
        return
    con.execute(f"""
        create or replace temp view {VIEW} as
        select * from read_parquet(
            '/dev/fd/{int(descriptor)}', file_row_number = true, hive_partitioning = false, binary_as_string = true
        )
    """)
