"""Child process: a MaxMind-format database, opened, checked, and asked for the regions of addresses."""

import socket
from itertools import islice
from typing import Any, Final

import maxminddb

from ingestion.confined.confined_child import serve
from ingestion.places.leaf_regions import country_code, leaf_region, located, subdivision_code

RECORDS_LOOKED_AT: Final = 100_000
MAPPED_BITS: Final = 96
LAST_ADDRESS: Final = "f" * 32

_readers: list[maxminddb.Reader] = []


def answer(request: dict[str, Any], descriptor: int | None) -> dict[str, Any]:
    """Opens the database that comes with the first request; then codes and counts of the addresses in a request."""
    try:
        if descriptor is not None:
            while _readers:
                _readers.pop().close()
            _readers.append(maxminddb.open_database(f"/dev/fd/{descriptor}"))
            return {"lacks": what_it_lacks(_readers[-1])}
        codes, counts = located(request["addresses"], _region_of_network)
    except MemoryError:
        raise
    except Exception:  # noqa: BLE001 - whatever a damaged file leads the library to raise, it is damage
        return {"failed": "damage"}
    return {"codes": codes, "counts": counts}


def what_it_lacks(reader: maxminddb.Reader) -> str | None:
    """What makes every region unknown: a database of networks' owners, of countries alone, or of unknown words.

    Looks at the first records until one has a subdivision that is known.
    """
    has_country = has_subdivision = False
    for _, record in islice(reader, RECORDS_LOOKED_AT):
        country = country_code(record)
        if country is None:
            continue
        has_country = True
        if subdivision_code(country, record) is not None:
            return None
        has_subdivision = has_subdivision or bool(record.get("subdivisions"))
    if not has_country:
        return "countries"
    return "subdivisions that ISO or the region table knows" if has_subdivision else "subdivisions"


def _region_of_network(address: str) -> tuple[str | None, str]:
    """The leaf code of the network that holds an address, and the network's last address, in hexadecimal digits."""
    reader = _readers[-1]
    packed = bytes.fromhex(address)
    is_ipv4 = packed[:12] == b"\0" * 10 + b"\xff\xff"
    if not is_ipv4 and reader.metadata().ip_version != 6:
        return None, LAST_ADDRESS
    text = socket.inet_ntop(socket.AF_INET, packed[12:]) if is_ipv4 else socket.inet_ntop(socket.AF_INET6, packed)
    record, prefix = reader.get_with_prefix_len(text)
    host_bits = 128 - prefix - (MAPPED_BITS if is_ipv4 else 0)
    return leaf_region(record), f"{int(address, 16) | ((1 << host_bits) - 1):032x}"


if __name__ == "__main__":
    serve(answer)
