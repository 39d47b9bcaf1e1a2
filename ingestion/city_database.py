"""A MaxMind-format city database: opened, checked, and asked for leaf region codes."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Any, Final

import maxminddb

from policy.errors import InputRefused, UsageError
from policy.region_table import regions

CITY_KINDS: Final = ("city", "enterprise")
RECORDS_LOOKED_AT: Final = 100_000
MAPPED_BITS: Final = 96


class CityDatabase:
    """Look-ups by network. Every failure names the setting, never an address."""

    def __init__(self, reader: maxminddb.Reader, path: Path) -> None:
        self._reader = reader
        self._path = path
        self._knows_ipv6 = reader.metadata().ip_version == 6

    def region_of_network(self, address: int) -> tuple[str | None, int]:
        """The leaf code of the network that holds `address`, and the network's last address.

        `address` is an IPv6 number, an IPv4 address as IPv4-mapped. All addresses up to the last one given share the
        code; it is null where the database knows no country that ISO lists.

        Raises:
            InputRefused: the database is damaged.
        """
        packed = address.to_bytes(16, "big")
        is_ipv4 = packed[:12] == b"\0" * 10 + b"\xff\xff"
        if not is_ipv4 and not self._knows_ipv6:
            return None, (1 << 128) - 1
        text = socket.inet_ntop(socket.AF_INET, packed[12:]) if is_ipv4 else socket.inet_ntop(socket.AF_INET6, packed)
        with _damage_as_refusal(self._path):
            record, prefix = self._reader.get_with_prefix_len(text)
        host_bits = 128 - prefix - (MAPPED_BITS if is_ipv4 else 0)
        return leaf_region(record), address | ((1 << host_bits) - 1)


def leaf_region(record: Any) -> str | None:
    """The leaf code of a city record: country and first subdivision, as far as ISO lists them.

    The `country` record says where the address is; `registered_country` only where the network's owner is.
    """
    country = _iso_code(record.get("country")) if isinstance(record, dict) else None
    listed = regions()
    if country is None or country not in listed or listed[country].level != "country":
        return None
    subdivisions = record.get("subdivisions")
    first = _iso_code(subdivisions[0]) if isinstance(subdivisions, list) and subdivisions else None
    leaf = f"{country}-{first}"
    return leaf if first is not None and leaf in listed else f"{country}-?"


@contextmanager
def open_city_database(path: Path) -> Iterator[CityDatabase]:
    """The database at `path`, memory mapped, closed at the end.

    Raises:
        UsageError: there is no such file.
        InputRefused: the file is no MaxMind-format database, is damaged, or holds no countries and subdivisions.
    """
    try:
        path.open("rb").close()
    except FileNotFoundError:
        raise UsageError(
            f"setting 'geo.mmdb': {path} does not exist: give the path of a MaxMind-format city database"
        ) from None
    except OSError as error:
        raise UsageError(
            f"setting 'geo.mmdb': {path} cannot be read ({error.strerror}): mend path or permissions"
        ) from None
    with _damage_as_refusal(path):
        reader = maxminddb.open_database(path)
    with reader:
        _check_holds_cities(reader, path)
        yield CityDatabase(reader, path)


def _check_holds_cities(reader: maxminddb.Reader, path: Path) -> None:
    """A database of networks' owners, or of countries alone, would make every region unknown without a word."""
    is_named_so = any(kind in reader.metadata().database_type.lower() for kind in CITY_KINDS)
    has_country = False
    with _damage_as_refusal(path):
        for _, record in islice(reader, RECORDS_LOOKED_AT):
            if not isinstance(record, dict):
                continue
            has_country = has_country or _iso_code(record.get("country")) is not None
            if has_country and (is_named_so or "subdivisions" in record):
                return
    raise InputRefused(
        f"setting 'geo.mmdb': {path} is no city database (no {'subdivisions' if has_country else 'countries'} in it): "
        "give a MaxMind-format database of cities"
    )


@contextmanager
def _damage_as_refusal(path: Path) -> Iterator[None]:
    try:
        yield
    except (maxminddb.InvalidDatabaseError, OSError, ValueError) as error:
        raise InputRefused(
            f"setting 'geo.mmdb': {path} is damaged or no MaxMind-format database: fetch the file again"
        ) from error


def _iso_code(part: Any) -> str | None:
    code = part.get("iso_code") if isinstance(part, dict) else None
    return code if isinstance(code, str) and code else None
