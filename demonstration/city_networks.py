"""A city database in MaxMind's format, and addresses that it knows, knows in part, or does not know."""

from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
from mmdb_writer import MMDBWriter, TreeWriter
from netaddr import IPSet

from demonstration.places import PLACES, Place

#: What the file says of itself. The moment it was built at is fixed, so that its bytes are always the same.
META: dict[str, Any] = {
    "ip_version": 6,
    "database_type": "Demonstration-City",
    "languages": ["en"],
    "binary_format_major_version": 2,
    "binary_format_minor_version": 0,
    "description": {"en": "Invented networks"},
    "build_epoch": 1_789_000_000,
}
#: Networks: IPv4 `<FIRST_OCTET>.<place>.0.0/16`, IPv6 `2a10:<place>::/32`; one past the last place is unknown.
FIRST_OCTET = 77


def write_city_database(file: Path) -> None:
    """Writes the database: an IPv4 and an IPv6 network a place, and a smaller network inside another's."""
    writer = MMDBWriter(ip_version=6, ipv4_compatible=True)
    for number, place in enumerate(PLACES):
        networks = IPSet([f"{FIRST_OCTET}.{number}.0.0/16", f"2a10:{number:x}::/32"])
        writer.insert_network(networks, _record(place))
    # A provider's customers of one province inside a network that is mostly of another.
    writer.insert_network(IPSet([f"{FIRST_OCTET}.0.240.0/20"]), _record(PLACES[1]))
    file.parent.mkdir(parents=True, exist_ok=True)
    TreeWriter(writer.tree, META, writer.int_type, writer.float_type).write(str(file))


def _record(place: Place) -> dict[str, Any]:
    record: dict[str, Any] = {}
    if place.city:
        record["city"] = {"names": {"en": place.city}}
    if place.country:
        record["country"] = {"iso_code": place.country, "names": {"en": place.ga4_country}}
    registered = place.registered or place.country
    if registered:
        record["registered_country"] = {"iso_code": registered}
    subdivisions = [code for code in (place.subdivision, place.second_subdivision) if code]
    if subdivisions:
        record["subdivisions"] = [{"iso_code": code} for code in subdivisions]
    return record


def draw_addresses(random: np.random.Generator, places: np.ndarray) -> pa.Array:
    """One address as text for each place index, about a quarter of them IPv6, a few written in capitals."""
    table = pa.table(
        {
            "position": np.arange(len(places)),
            "place": places,
            "is_ipv6": random.random(len(places)) < 0.25,
            "is_capital": random.random(len(places)) < 0.05,
            "a": random.integers(0, 256, len(places)),
            "b": random.integers(1, 255, len(places)),
            "c": random.integers(1, 1 << 16, len(places)),
        }
    )
    with duckdb.connect() as con:
        con.register("drawn", table)
        return con.execute(
            f"""
            select case
                when is_ipv6 and is_capital then printf('2A10:%X:%X::%X', place, a, c)
                when is_ipv6 then printf('2a10:%x:%x::%x', place, a, c)
                else printf('{FIRST_OCTET}.%d.%d.%d', place, a, b)
            end as ip_address
            from drawn order by position
            """
        ).to_arrow_table()["ip_address"].combine_chunks()  # fmt: skip
