"""Geolocation by network against a plain look-up of every address."""

import ipaddress
import random
from pathlib import Path

import maxminddb
import pytest

from ingestion.places import geolocation
from ingestion.places.leaf_regions import located
from policy.region_table import REGIONS_FILE
from refusals.errors import InputRefused, UsageError
from tests.worlds.city_databases import NETWORKS, locate, write_database


def plain_look_up(database: Path, addresses: list[str]) -> dict[str, str]:
    """Every address by itself, in plain Python, from the same file."""
    leaves = {line.split(",")[0] for line in REGIONS_FILE.read_text(encoding="utf-8").splitlines()}
    found = {}
    with maxminddb.open_database(database) as reader:
        for text in addresses:
            address = ipaddress.ip_address(text)
            address = getattr(address, "ipv4_mapped", None) or address
            if address.version > reader.metadata().ip_version:
                continue
            record = reader.get(str(address))
            country = record and record.get("country", {}).get("iso_code")
            if not isinstance(country, str) or country not in leaves:
                continue
            parts = record.get("subdivisions")
            leaf = f"{country}-{parts[0]['iso_code']}" if isinstance(parts, list) and parts else ""
            found[text] = leaf if leaf in leaves else f"{country}-?"
    return found


def random_addresses(count: int) -> list[str]:
    """Around every network's edges, inside, and anywhere."""
    draw = random.Random(20261101)  # noqa: S311
    addresses = set()
    for network, _ in NETWORKS:
        net = ipaddress.ip_network(network)
        first, last = int(net.network_address), int(net.broadcast_address)
        kind = type(net.network_address)
        inside = [draw.randint(first, last) for _ in range(count)]
        addresses |= {str(kind(n)) for n in (first - 1, first, first + 1, last - 1, last, last + 1, *inside)}
    addresses |= {str(ipaddress.IPv4Address(draw.getrandbits(32))) for _ in range(count)}
    addresses |= {str(ipaddress.IPv6Address(draw.getrandbits(128))) for _ in range(count)}
    addresses |= {f"::ffff:{address}" for address in sorted(addresses)[::5] if ":" not in address}
    addresses |= {ipaddress.ip_address(address).exploded.upper() for address in sorted(addresses)[::7]}
    return sorted(addresses)


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_database(tmp_path_factory.mktemp("geo") / "city.mmdb")


@pytest.mark.parametrize("at_a_time", [500_000, 97])
def test_it_agrees_with_a_plain_look_up(database: Path, monkeypatch: pytest.MonkeyPatch, at_a_time: int) -> None:
    monkeypatch.setattr(geolocation, "ADDRESSES_AT_A_TIME", at_a_time)
    addresses = random_addresses(60)
    expected = plain_look_up(database, addresses)
    assert len(set(expected.values())) == 11
    assert locate(database, [*addresses, *addresses[:50], None]) == expected


def test_it_agrees_in_a_database_of_ipv4_alone(tmp_path: Path) -> None:
    only_ipv4 = write_database(tmp_path / "city4.mmdb", version=4)
    addresses = random_addresses(10)
    expected = plain_look_up(only_ipv4, addresses)
    assert expected and all(":" not in text or text.lower().startswith(("::ffff", "0000:")) for text in expected)
    assert locate(only_ipv4, addresses) == expected


@pytest.mark.clause("region-leaf")
def test_codes_are_those_of_the_contract(database: Path) -> None:
    assert locate(
        database,
        ["10.1.2.3", "10.1.2.4", "10.9.9.9", "20.1.1.1", "30.1.1.1", "31.1.1.1", "32.1.1.1", "33.1.1.1", "34.1.1.1",
         "::ffff:10.1.2.4", "192.168.0.1", "2001:db8:1:2::5", "2001:db8:1::", "not an address", ""],
    ) == {
        "10.1.2.3": "BE-VLG", "10.1.2.4": "NL-UT", "10.9.9.9": "NL-?", "20.1.1.1": "GB-ENG", "31.1.1.1": "NL-?",
        "33.1.1.1": "DE-BY", "::ffff:10.1.2.4": "NL-UT", "2001:db8:1:2::5": "ES-MD", "2001:db8:1::": "FR-?",
    }  # fmt: skip


def test_each_network_is_looked_up_once() -> None:
    asked = []

    def region_of_network(address: str) -> tuple[str | None, str]:
        asked.append(address)
        return address[0], address[0] + "f" * 31

    addresses = sorted(f"{first}{number:031x}" for first in "19a" for number in range(0, 5000, 7))
    codes, counts = located(addresses, region_of_network)
    assert (codes, counts, len(asked)) == (["1", "9", "a"], [715, 715, 715], 3)


def test_no_addresses_no_rows(database: Path) -> None:
    assert locate(database, [None]) == {}


def refusal_of(path: Path | None, kind: type[Exception]) -> str:
    with pytest.raises(kind) as refused:
        locate(path, ["10.1.2.3", "33.7.7.7"])
    message = str(refused.value)
    assert "geo.mmdb" in message and "10.1.2.3" not in message and "33.7.7.7" not in message
    return message


def test_a_missing_database_or_setting_is_wrong_usage(tmp_path: Path) -> None:
    refusal_of(tmp_path / "none.mmdb", UsageError)
    refusal_of(None, UsageError)
    refusal_of(tmp_path, UsageError)


@pytest.mark.parametrize("content", [b"", b"<html>sorry</html>", b"\0" * 100_000])
def test_a_file_of_another_kind_is_refused(tmp_path: Path, content: bytes) -> None:
    broken = tmp_path / "city.mmdb"
    broken.write_bytes(content)
    refusal_of(broken, InputRefused)


def test_a_truncated_or_damaged_database_is_refused(tmp_path: Path, database: Path) -> None:
    whole = database.read_bytes()
    broken = tmp_path / "city.mmdb"
    broken.write_bytes(whole[: len(whole) // 2])
    refusal_of(broken, InputRefused)
    # the records overwritten, tree and metadata whole
    start = whole.index(b"Somewhere") - 60
    broken.write_bytes(whole[:start] + b"\xff" * 400 + whole[start + 400 :])
    refusal_of(broken, InputRefused)


@pytest.mark.parametrize(
    ("kind", "record", "lacks"),
    [
        ("Owners-ASN", {"autonomous_system_number": 64496}, "countries"),
        ("Places-Country", {"country": {"iso_code": "NL"}}, "subdivisions"),
        ("Places-City", {"subdivisions": [{"iso_code": "NH"}]}, "countries"),
    ],
)
def test_a_database_of_another_type_is_refused(tmp_path: Path, kind: str, record: dict, lacks: str) -> None:
    other = write_database(tmp_path / "other.mmdb", [("10.0.0.0/8", record)], kind=kind)
    assert f"no {lacks}" in refusal_of(other, InputRefused)
