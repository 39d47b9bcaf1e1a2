"""What the values of each released column can be: checked before a file is made, and told in datapackage.json."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import pyarrow as pa

from refusals.errors import PublicationRefused
from releases.ledger.release import Column, Release, Resource

_REGION = r"(\?\?|[A-Z]{2}|[A-Z]{2}-(\?|[A-Z0-9]{1,3})|[0-9]{3})"


@dataclass(frozen=True, slots=True)
class ColumnRule:
    """Limits include their ends; `pattern` matches the whole text; `least_is_k`: no value is below the release's k."""

    required: bool = True
    minimum: int | None = None
    maximum: int | None = None
    pattern: str | None = None
    values: tuple[str | int, ...] | None = None
    least_is_k: bool = False


_COUNT = ColumnRule(minimum=0)
_PERSONS = ColumnRule(least_is_k=True)
_HOUR = ColumnRule(minimum=0, maximum=23)

#: By column; a column that is not here is refused: what it may hold has not been thought about.
RULES: Mapping[str, ColumnRule] = MappingProxyType(
    {
        "week_start": ColumnRule(),
        "quarter": ColumnRule(pattern=r"([0-9]{4}-Q[1-4])"),
        "region_code": ColumnRule(pattern=rf"({_REGION}(\+{_REGION})*|rest of {_REGION})"),
        "region_name": ColumnRule(pattern=r"(.+)"),
        "region_level": ColumnRule(values=("subdivision", "country", "subregion", "world", "group")),
        "region_members": ColumnRule(),
        "region_covers": ColumnRule(pattern=rf"({_REGION}( {_REGION})*)"),
        "age_group": ColumnRule(pattern=r"(all|[0-9]+-[0-9]+|[0-9]+\+)"),
        "age_from": ColumnRule(minimum=0, maximum=120),
        "age_to": ColumnRule(required=False, minimum=0, maximum=120),
        "day_type": ColumnRule(values=("weekday", "weekend", "all")),
        "hour_from": _HOUR,
        "hour_to": _HOUR,
        "minutes_from": ColumnRule(values=(0, 1, 5, 15, 30, 60)),
        "minutes_to": ColumnRule(required=False, values=(0, 4, 14, 29, 59)),
        "device_category": ColumnRule(pattern=r"(.+)"),
        "weeks": ColumnRule(minimum=1),
        "cells": ColumnRule(minimum=1),
        "users": _PERSONS,
        "person_weeks": _PERSONS,
        "sessions": _COUNT,
        "engaged_sessions": _COUNT,
        "views": _COUNT,
        "minutes": _COUNT,
    }
)


def constraints_of(release: Release, name: str) -> dict[str, Any]:
    """A column's rule in the words of Table Schema; of a week or a quarter, also which it can be in this release.

    Raises:
        PublicationRefused: nothing is known about the column.
    """
    rule = _rule_of(name)
    told: dict[str, Any] = {"required": True} if rule.required else {}
    minimum = release.evidence.k if rule.least_is_k else rule.minimum
    given = {"minimum": minimum, "maximum": rule.maximum, "pattern": rule.pattern}
    told |= {word: value for word, value in given.items() if value is not None}
    if rule.values is not None:
        told["enum"] = list(rule.values)
    if name == "week_start":
        told["enum"] = [week.isoformat() for week in release.weeks]
    if name == "quarter":
        told["enum"] = [release.id.period.label]
    return told


def check_resource(release: Release, resource: Resource) -> None:
    """A table is what its columns say: names, types, limits, one row a key.

    Raises:
        PublicationRefused: it is not; the table and the column are named.
    """
    told = [(column.name, column.type) for column in resource.columns]
    if told != [(field.name, field.type) for field in resource.table.schema]:
        raise PublicationRefused(
            f"table {resource.name}: its columns differ from those described; describe them as read"
        )
    for column in resource.columns:
        _check_values(release, resource, column)
    keys = list(zip(*(resource.table.column(name).to_pylist() for name in resource.key), strict=True))
    if len(set(keys)) != len(keys):
        raise PublicationRefused(f"table {resource.name}: two rows have one key ({', '.join(resource.key)})")


def _check_values(release: Release, resource: Resource, column: Column) -> None:
    values = resource.table.column(column.name)
    told = constraints_of(release, column.name)
    where = f"table {resource.name}, column {column.name}"
    if values.null_count and told.get("required"):
        raise PublicationRefused(f"{where}: a value is missing; every row of a release has one")
    if pa.types.is_list(column.type):
        return  # held to the region table where it is written as text
    for value in set(values.drop_null().to_pylist()):
        if not _holds(value, told):
            raise PublicationRefused(
                f"{where}: a value is outside what the column may hold (releases/files/column_fields.py)"
            )


def _holds(value: Any, told: Mapping[str, Any]) -> bool:
    shown: Any = value if isinstance(value, str | int) else value.isoformat()
    return (
        ("minimum" not in told or shown >= told["minimum"])
        and ("maximum" not in told or shown <= told["maximum"])
        and ("pattern" not in told or re.fullmatch(told["pattern"], shown) is not None)
        and ("enum" not in told or shown in told["enum"])
    )


def _rule_of(name: str) -> ColumnRule:
    if name not in RULES:
        raise PublicationRefused(f"column {name} is new: say what it may hold in releases/files/column_fields.py")
    return RULES[name]
