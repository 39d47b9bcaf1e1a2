"""City databases for tests, written network by network, and addresses looked up in them by the product."""

from pathlib import Path
from types import SimpleNamespace

import duckdb
from mmdb_writer import MMDBWriter
from netaddr import IPSet

from ingestion.places import geolocation
from policy.policy import load_policy


def city(country: str | None, *subdivisions: str, registered: str | None = None) -> dict:
    record: dict = {"city": {"names": {"en": "Somewhere"}}}
    if country:
        record["country"] = {"iso_code": country}
    if registered:
        record["registered_country"] = {"iso_code": registered}
    if subdivisions:
        record["subdivisions"] = [{"iso_code": code} for code in subdivisions]
    return record


NETWORKS = [
    # networks within networks, down to one address
    ("10.0.0.0/8", city("NL")),
    ("10.1.0.0/16", city("NL", "NH")),
    ("10.1.2.0/24", city("NL", "UT")),
    ("10.1.2.3/32", city("BE", "VLG", "VAN")),
    ("20.0.0.0/7", city("GB", "ENG", "LND")),
    ("30.0.0.0/8", city("XK")),  # ISO does not list Kosovo
    ("31.0.0.0/8", city("NL", "ZZ")),  # no such subdivision
    ("32.0.0.0/8", city(None, registered="NL")),
    ("33.0.0.0/8", city("DE", "BY", registered="US")),
    ("34.0.0.0/8", {"country": {"iso_code": 31}, "subdivisions": {"iso_code": "NH"}}),
    ("2001:db8::/32", city("FR", "IDF")),
    ("2001:db8:1::/48", city("FR")),
    ("2001:db8:1:2::/64", city("FR", "BRE")),
    ("2001:db8:1:2::5/128", city("ES", "MD")),
    ("2600::/12", city("US", "CA")),
]


def write_database(path: Path, networks=NETWORKS, version: int = 6, kind: str = "Places-City") -> Path:
    writer = MMDBWriter(version, kind, languages=["en"], description="made for a test", ipv4_compatible=version == 6)
    for network, record in networks:
        if version == 6 or ":" not in network:
            writer.insert_network(IPSet([network]), record)
    writer.to_db_file(str(path))
    return path


def locate(database: Path | None, addresses: list[str | None]) -> dict[str, str]:
    with duckdb.connect() as con:
        con.execute("create temp table app_sessions (ip_address varchar)")
        con.executemany("insert into app_sessions values (?)", [[address] for address in addresses])
        geo = SimpleNamespace(mmdb=database) if database else None
        geolocation.region_of_addresses(con, SimpleNamespace(geo=geo, file=Path("cmn.toml"), policy=load_policy()))
        rows = con.execute("select ip_address, region_code from address_regions").fetchall()
    found = dict(rows)
    assert len(found) == len(rows), "one row an address"
    return found
