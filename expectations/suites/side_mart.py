"""Suites: side marts, each by its entry in the catalogue: what it divides, along which axis, and what it tells."""

from catalogue.axis import Axis
from catalogue.catalogue import DIVIDED
from catalogue.mart import Mart
from expectations.rules.axis_rules import part_rules
from expectations.rules.column_rules import not_negative, unique
from expectations.rules.mart_rules import (
    age_rules,
    cell_size,
    columns_of,
    described_columns,
    region_rules,
    same_members_one_code,
    sessions_carry_users,
    week_rules,
)
from expectations.rules.rule import Rule, Suite
from expectations.rules.side_rules import (
    ages_are_unions_of_core_cells,
    most_sessions,
    parts_told_in_steps,
    regions_are_unions_of_core_cells,
    side_sums_are_the_cores,
    units_hold_the_sessions_of_their_cells,
    users_are_those_of_the_cells,
    visits_are_what_the_cells_allow,
)


def side_mart(mart: Mart, k: int) -> Suite:
    """The rules of a side mart; k is the policy's, for weeks whose own is unknown."""
    axis = mart.axis
    if axis is None:
        raise ValueError(f"{mart.name} divides nothing along an axis")
    counts = [name for name in ("sessions", "minutes") if name in columns_of(mart.name)]
    return Suite(
        mart.name,
        mart.name,
        f"app usage by {axis.by.en}, within unions of core {axis.divides}s",
        (
            *described_columns(mart.name, columns_of(mart.name)),
            *week_rules(mart.name, f"'{mart.source}'"),
            unique(mart.name, mart.key, f"One row a week, {axis.divides} and part."),
            *_unit_rules(mart.name, axis),
            *part_rules(mart.name, axis),
            cell_size(mart.name, mart.source, k),
            *not_negative(mart.name, counts, "Counts and times are not negative."),
            *(_session_rules(mart.name, axis) if axis.tells_sessions else ()),
            *side_sums_are_the_cores(mart.name, counts),
            *(() if axis.overlaps else users_are_those_of_the_cells(mart.name, axis.divides)),
            *(visits_are_what_the_cells_allow(mart.name, axis) if axis.visits != "nothing" else ()),
        ),
    )


def _unit_rules(table: str, axis: Axis) -> list[Rule]:
    if axis.divides == "age":
        return [*age_rules(table), *ages_are_unions_of_core_cells(table)]
    return [
        *region_rules(table),
        same_members_one_code(table, ("region_code", "region_members")),
        *regions_are_unions_of_core_cells(table, DIVIDED.name),
    ]


def _session_rules(table: str, axis: Axis) -> list[Rule]:
    unit = ("region_code",) if axis.divides == "region" else ("age_from", "age_to")
    return [
        *sessions_carry_users(table, most_sessions(table)),
        parts_told_in_steps(table, unit),
        *units_hold_the_sessions_of_their_cells(table, axis.divides),
    ]
