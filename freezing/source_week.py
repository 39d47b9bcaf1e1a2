"""How a source's weeks freeze: a value a source, so that freezing itself knows none by name."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date

import duckdb
import pyarrow as pa

from anonymisation.audit.count_step import CountStep
from anonymisation.cells.disclosure import Rules
from anonymisation.cells.leaf_cell import Cell, LeafCell
from anonymisation.cells.reference_partition import ReferencePartition
from anonymisation.hierarchies.hierarchy import Hierarchy
from policy.policy import Policy


@dataclass(frozen=True)
class CountedWeek:
    """A week in the warehouse (`con`), its leaf cells, and what it freezes under."""

    con: duckdb.DuckDBPyConnection
    week: date
    leaves: Sequence[LeafCell]
    policy: Policy

    @property
    def rules(self) -> Rules:
        """The policy's, of which the week's commit keeps the numbers."""
        return Rules(self.policy.anonymity.k, self.policy.anonymity.dominance_p)

    @property
    def step(self) -> CountStep:
        """In which the week tells its counts."""
        return CountStep(self.policy.anonymity.count_step)


@dataclass(frozen=True)
class SourceWeek:
    """`leaf_cells`: the query for a week's. `counts`: what theirs are, in order; `is_above_users`: told above users.

    `is_aligned`: cells keep to a grid, for side marts. `cubes`: by name, all but coverage.
    """

    source: str
    leaf_cells: str
    counts: tuple[str, ...]
    is_above_users: bool
    is_aligned: bool
    hierarchies: Callable[[Sequence[LeafCell], Policy], list[Hierarchy]]
    reference: Callable[[Policy], ReferencePartition | None]
    cubes: Callable[[CountedWeek, list[Cell]], dict[str, pa.Table]]
