"""How a week of the GA4 export freezes: core cells by region and device, and engaged sessions over unions of them."""

from collections.abc import Sequence

import pyarrow as pa

from anonymisation.cells.engaged_unions import engaged_unions
from anonymisation.cells.engagement import together
from anonymisation.cells.leaf_cell import Cell, LeafCell
from anonymisation.cells.recoding import members_of
from anonymisation.hierarchies.hierarchy import Hierarchy, Tree, region_hierarchy
from catalogue.devices import device_nodes
from freezing.cell_rows import engaged_rows, engagement_rows
from freezing.leaf_tables import engagements
from freezing.source_week import CountedWeek, SourceWeek
from policy.policy import Policy


def _hierarchies(leaves: Sequence[LeafCell], _: Policy) -> list[Hierarchy]:
    return [region_hierarchy(), Tree(device_nodes(leaf.codes[1] for leaf in leaves))]


def ga4_cubes(counted: CountedWeek, cells: list[Cell]) -> dict[str, pa.Table]:
    """The core cube, and engaged sessions over unions of its cells: no cube where they cannot be told of the week."""
    of_leaves = engagements(counted.con, counted.week)
    members = members_of(
        [tuple(group.leaves for group in cell.groups) for cell in cells], [one.codes for one in counted.leaves]
    )
    of_cells = [together(of_leaves[number] for number in inside) for inside in members]
    unions = engaged_unions(cells, of_cells, region_hierarchy(), counted.rules)
    cubes = {"ga4_engagement_week": engagement_rows(counted.week, cells, counted.step)}
    engaged = {"ga4_engaged_sessions_week": engaged_rows(counted.week, unions, counted.step)} if unions else {}
    return cubes | engaged


GA4 = SourceWeek(
    "ga4_export",
    """
    select region_code, device_category, persons, duration_us, largest_us, second_us,
        [sessions, views],
        [(largest_sessions, second_sessions), (largest_views, second_views)]
    from int_ga4__leaf_cells_counted where week_start = ? order by region_code, device_category
    """,
    ("sessions", "views"),
    is_above_users=False,
    is_aligned=False,
    hierarchies=_hierarchies,
    reference=lambda _: None,
    cubes=ga4_cubes,
)
