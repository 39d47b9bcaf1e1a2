"""What the values of each released column can be: checked before a file is made, and told in datapackage.json."""

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import pyarrow as pa

from catalogue.catalogue import RELEASABLE, SIDES
from catalogue.column import Limits
from refusals.errors import PublicationRefused
from releases.ledger.release import Release, ReleasedColumn, Resource

_REGION = r"(\?\?|[A-Z]{2}|[A-Z]{2}-(\?|[A-Z0-9]{1,3})|[0-9]{3})"

#: By column: the catalogue's, and those that releases alone have. What is in neither is refused.
RULES: Mapping[str, Limits] = MappingProxyType(
    {
        **{column.name: column.limits for mart in RELEASABLE.values() for column in mart.columns if column.limits},
        "quarter": Limits(pattern=r"([0-9]{4}-Q[1-4])"),
        "weeks": Limits(minimum=1),
        "person_weeks": Limits(least_is_k=True),
        "region_covers": Limits(pattern=rf"({_REGION}( {_REGION})*)"),
    }
)
#: Columns of bands: their axis, and whether they hold the first number of a band or the last.
_BANDS = MappingProxyType(
    {
        column.name: (mart.axis.name, is_first)
        for mart in SIDES
        if mart.axis is not None and mart.axis.kind == "bands"
        for column, is_first in zip(mart.axis.columns, (True, False), strict=True)
    }
)


def constraints_of(release: Release, name: str) -> dict[str, Any]:
    """A column's rule in the words of Table Schema, with what it can be in this release: its weeks, its quarter, where
    the policy's bands begin and end.

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
    if rule.is_a_bound:
        axis, is_first = _BANDS[name]
        told["enum"] = release.axes[axis].begins if is_first else release.axes[axis].ends
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


def _check_values(release: Release, resource: Resource, column: ReleasedColumn) -> None:
    values = resource.table.column(column.name)
    told = constraints_of(release, column.name)
    where = f"table {resource.name}, column {column.name}"
    if values.null_count and told.get("required"):
        raise PublicationRefused(f"{where}: a value is missing; every row of a release has one")
    if pa.types.is_list(column.type):
        return  # held to the region table where it is written as text
    for value in set(values.drop_null().to_pylist()):
        if not _holds(value, told):
            raise PublicationRefused(f"{where}: a value is outside what the column may hold (catalogue)")


def _holds(value: Any, told: Mapping[str, Any]) -> bool:
    shown: Any = value if isinstance(value, str | int) else value.isoformat()
    return (
        ("minimum" not in told or shown >= told["minimum"])
        and ("maximum" not in told or shown <= told["maximum"])
        and ("pattern" not in told or re.fullmatch(told["pattern"], shown) is not None)
        and ("enum" not in told or shown in told["enum"])
    )


def _rule_of(name: str) -> Limits:
    if name not in RULES:
        raise PublicationRefused(f"column {name} is new: say what it may hold in the catalogue")
    return RULES[name]
