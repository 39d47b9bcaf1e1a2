"""A MaxMind-format city database, parsed in a confined process: opened, checked, and asked for leaf region codes."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ingestion.confined.confined_process import ConfinedProcess
from policy.limits_policy import LimitsPolicy
from refusals.errors import InputRefused, UsageError

MODULE = "ingestion.places.city_database_in_child"


class CityDatabase:
    """Look-ups by network. Every failure names the setting, never an address."""

    def __init__(self, process: ConfinedProcess, name: str) -> None:
        self._process = process
        self._name = name

    def regions_of(self, addresses: list[str]) -> tuple[list[str | None], list[int]]:
        """Leaf codes of runs of addresses that share a network, and how many addresses each run has.

        `addresses` are IPv6 numbers in 32 hexadecimal digits, ascending, an IPv4 address as IPv4-mapped. A code is null
        where the database knows no country that ISO lists.

        Raises:
            InputRefused: the database is damaged.
        """
        answer = self._process.ask(self._name, {"addresses": addresses})
        if "codes" not in answer or sum(answer["counts"]) != len(addresses):
            raise _damage(self._name)
        return answer["codes"], answer["counts"]


@contextmanager
def open_city_database(path: Path, limits: LimitsPolicy) -> Iterator[CityDatabase]:
    """The database at `path`, memory mapped by a process of its own, which ends with the context.

    Raises:
        UsageError: there is no such file.
        InputRefused: the file is no MaxMind-format database, is damaged, or holds no countries and subdivisions that
            are known by code or by name.
    """
    try:
        file = path.open("rb")
    except FileNotFoundError:
        raise UsageError(
            f"setting 'geo.mmdb': {path} does not exist: give the path of a MaxMind-format city database"
        ) from None
    except OSError as error:
        raise UsageError(
            f"setting 'geo.mmdb': {path} cannot be read ({error.strerror}): mend path or permissions"
        ) from None
    name = f"setting 'geo.mmdb': {path}"
    with file, ConfinedProcess(MODULE, limits, extra_bytes=os.fstat(file.fileno()).st_size) as process:
        _check(name, process.ask(name, {}, file.fileno()))
        yield CityDatabase(process, name)


def _check(name: str, answer: dict[str, Any]) -> None:
    if "lacks" not in answer:
        raise _damage(name)
    if answer["lacks"] is not None:
        raise InputRefused(
            f"{name} is no city database (no {answer['lacks']} in it): give a MaxMind-format database of cities, with"
            " ISO codes or English names of subdivisions"
        )


def _damage(name: str) -> InputRefused:
    return InputRefused(f"{name} is damaged or no MaxMind-format database: fetch the file again")
