"""Which texts are IP addresses: exactly those that Python's `ipaddress.ip_address` accepts.

A pattern knows the usual ones; Python is asked only for the distinct texts that remain.
"""

import ipaddress

import duckdb
import pyarrow as pa

from home.sql import Sql
from policy.identities import GROUP, IPV4

_SHORTENED = [rf"(?:{GROUP}:){{1,{before}}}(?::{GROUP}){{1,{7 - before}}}" for before in range(1, 7)]
_IPV6 = "|".join(
    [
        rf"(?:{GROUP}:){{7}}{GROUP}",
        *_SHORTENED,
        rf"(?:{GROUP}:){{1,7}}:",
        rf":(?:(?::{GROUP}){{1,7}}|:)",
        rf"::(?:f{{4}}:)?{IPV4}",
        rf"(?:{GROUP}:){{6}}{IPV4}",
    ]
)

PLAIN_ADDRESS = rf"{IPV4}|(?i:{_IPV6})"
"""Every text that matches is an address; few addresses (with a zone, say) do not match."""


def is_address(text: str) -> bool:
    """Whether Python reads the text as an address."""
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def make_unusual_addresses(con: duckdb.DuckDBPyConnection, texts: Sql) -> None:
    """Makes `unusual_addresses(ip_address)`: those of the query's texts that are addresses, each once."""
    reader = con.execute(f"select distinct ip_address from ({texts})").to_arrow_reader(100_000)
    accepted = [text for batch in reader for text in batch.column(0).to_pylist() if is_address(text)]
    con.register("accepted_addresses", pa.table({"ip_address": pa.array(accepted, pa.string())}))
    con.execute("create or replace temp table unusual_addresses as from accepted_addresses")
    con.unregister("accepted_addresses")
