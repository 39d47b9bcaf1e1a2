"""From addresses to leaf regions: one look-up per distinct network, whatever the number of addresses."""

from typing import Final

import duckdb
import numpy as np
import pyarrow as pa

from home.settings.settings import Settings
from home.sql import Sql
from ingestion.places.city_database import CityDatabase, open_city_database
from ingestion.places.ip_address import MAPPED_PREFIX, address_hex
from refusals.errors import UsageError

ADDRESSES_AT_A_TIME: Final = 500_000


def region_of_addresses(con: duckdb.DuckDBPyConnection, settings: Settings) -> None:
    """Makes `address_regions` (`ip_address VARCHAR`, `region_code VARCHAR`) from the addresses of `app_sessions`.

    One row a distinct text of `ip_address` that geolocation knows; the code is a leaf, `<CC>-?` included
    (contract section 5). An address in a network without a listed country has no row.

    Addresses are looked at in their order, IPv4 and IPv6 apart; after each look-up all that lie in the same network
    are passed over, so the cost is one look-up a network met, and memory is bounded by a batch of addresses.

    Raises:
        UsageError: `geo.mmdb` is missing.
        InputRefused: `geo.mmdb` is damaged, or no city database.
    """
    if settings.geo is None:
        raise UsageError(f"config {settings.file}: setting 'geo.mmdb' is missing: [app] needs a city database")
    con.execute("create or replace temp table address_regions (ip_address varchar, region_code varchar)")
    con.execute(f"""
        create or replace temp table addresses_to_locate as
        select ip_address, {address_hex(Sql("ip_address"))} as address
        from (select distinct ip_address from app_sessions where ip_address is not null)
    """)
    with open_city_database(settings.geo.mmdb, settings.policy.limits) as database:
        for is_ipv4 in (True, False):
            _locate_family(con, database, is_ipv4)
    con.execute("drop table addresses_to_locate")


def _locate_family(con: duckdb.DuckDBPyConnection, database: CityDatabase, is_ipv4: bool) -> None:
    """Adds the regions of one family's addresses. The batches are cut by rank, so no open result is kept in between."""
    con.execute(
        f"""
        create or replace temp table addresses_in_order as
        select ip_address, address, (row_number() over (order by address) - 1) // {ADDRESSES_AT_A_TIME} as batch
        from addresses_to_locate
        where address is not null and starts_with(address, '{MAPPED_PREFIX}') = $is_ipv4
        """,
        {"is_ipv4": is_ipv4},
    )
    batches = con.execute("select coalesce(max(batch) + 1, 0) from addresses_in_order").fetchone()
    for batch in range(batches[0] if batches else 0):
        ordered = con.execute(
            "select ip_address, address from addresses_in_order where batch = $batch order by address",
            {"batch": batch},
        ).to_arrow_table()
        located = _located(ordered, database)
        con.register("located_batch", located)
        con.execute("insert into address_regions select * from located_batch where region_code is not null")
        con.unregister("located_batch")
    con.execute("drop table addresses_in_order")


def _located(ordered: pa.Table, database: CityDatabase) -> pa.Table:
    """`ip_address` and `region_code` of addresses given in ascending order."""
    codes, counts = database.regions_of(ordered["address"].to_pylist())
    of_network = pa.array(np.repeat(np.arange(len(counts)), counts))
    return pa.table(
        {
            "ip_address": ordered["ip_address"],
            "region_code": pa.array(codes, pa.string()).take(of_network),
        }
    )
