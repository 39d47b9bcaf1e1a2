"""The policy's reference partition, as recoding and the marts take it."""

import pyarrow as pa

from anonymisation.cells.reference_partition import ReferencePartition
from anonymisation.hierarchies.hierarchy import Hierarchy, ordered_bands, region_hierarchy
from anonymisation.hierarchies.leaf_box import LeafSets
from policy.policy import Policy

SCHEMA = pa.schema(
    [
        ("reference_version", pa.string()),
        ("region_members", pa.list_(pa.string())),
        ("age_from", pa.int32()),
        ("age_to", pa.int32()),
    ]
)


def app_hierarchies(policy: Policy) -> tuple[Hierarchy, Hierarchy]:
    """What the app's core cube is recoded by: regions and ages."""
    return region_hierarchy(), ordered_bands(policy.ages.labels(), policy.ages.bands)


def app_reference(policy: Policy) -> ReferencePartition | None:
    """The reference that weeks of the app keep; None where the policy has none."""
    cells = _leaf_sets(policy)
    return ReferencePartition(cells, app_hierarchies(policy)) if cells else None


def reference_rows(policy: Policy) -> pa.Table:
    """The reference's cells as cubes describe theirs: all leaf regions in the hierarchy's order, and ages."""
    regions = region_hierarchy()
    reference = policy.reference_partition
    rows = [
        {
            "reference_version": reference.version,
            "region_members": list(regions.in_order(cell.leaf_regions())),
            "age_from": cell.age_from,
            "age_to": cell.age_to,
        }
        for cell in reference.cell
    ]
    return pa.Table.from_pylist(rows, schema=SCHEMA)


def _leaf_sets(policy: Policy) -> list[LeafSets]:
    labelled = list(zip(policy.ages.labels(), policy.ages.bands, strict=True))
    return [
        (cell.leaf_regions(), tuple(label for label, first_year in labelled if cell.is_of_ages(first_year)))
        for cell in policy.reference_partition.cell
    ]
