"""What a cell covers, short enough for a cell of a spreadsheet: the fewest codes instead of thousands of leaves."""

from functools import lru_cache

import pyarrow as pa

from anonymisation.hierarchies.hierarchy import region_hierarchy
from refusals.errors import PublicationRefused
from releases.ledger.release import ReleasedColumn

MEMBERS = "region_members"
COVERS = "region_covers"

COVERS_COLUMN = ReleasedColumn(
    COVERS,
    pa.string(),
    "What the cell covers, as region_members in the Parquet file, in the fewest codes: each stands for all leaf codes "
    "below it in the region hierarchy (world, UN M49 sub-region, country, subdivision), observed or not. "
    "Unit, codes separated by one space.",
    "codes separated by one space",
)  # fmt: skip

MEMBERS_NOTE = "The CSV file has the same set in fewer codes, as region_covers."


@lru_cache(maxsize=4096)
def region_covers(members: tuple[str, ...]) -> str:
    """The fewest codes of the region table whose leaves are exactly `members`, sorted, joined by one space.

    Raises:
        PublicationRefused: a member is no leaf of the region table, or there is none.
    """
    tree = region_hierarchy()
    known = set(tree.leaves)
    if not members or not known.issuperset(members):
        raise PublicationRefused(f"column {MEMBERS}: a member is no leaf of the region table; add it there")
    return " ".join(sorted(tree.fewest_nodes(frozenset(members))))


def with_covers(table: pa.Table) -> pa.Table:
    """The table with `region_covers` in the place of `region_members`, if it has them.

    Raises:
        PublicationRefused: see `region_covers`.
    """
    place = table.schema.get_field_index(MEMBERS)
    if place < 0:
        return table
    covers = [region_covers(tuple(members)) for members in table.column(MEMBERS).to_pylist()]
    return table.set_column(place, pa.field(COVERS, pa.string()), pa.array(covers, pa.string()))


def columns_with_covers(columns: tuple[ReleasedColumn, ...]) -> tuple[ReleasedColumn, ...]:
    """The columns as the CSV file has them."""
    return tuple(COVERS_COLUMN if column.name == MEMBERS else column for column in columns)


def columns_with_note(columns: tuple[ReleasedColumn, ...]) -> tuple[ReleasedColumn, ...]:
    """The columns as the Parquet file has them: `region_members` says what the CSV file has in its place."""
    return tuple(
        ReleasedColumn(column.name, column.type, f"{MEMBERS_NOTE} {column.description}", column.unit)
        if column.name == MEMBERS
        else column
        for column in columns
    )
