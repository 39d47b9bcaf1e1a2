"""The grid that the cells of a week are aligned to: region groups x age intervals, every block of it safe or empty.

No interval of the grid is empty in all regions together: the week is not divided into a part without persons.

Why a grid first: the least-loss partition cuts each age differently, so that the finest unions by region (which hours
are told for) and by age (which session lengths are told for) would grow to whole countries and to all ages. No cell
crosses a block of the grid, so the unions are at least as fine as the grid.

The trade-off between regions and ages is judged by height in the hierarchy (Sweeney 2002, "Precision"), not by leaves
covered: of 5,000 leaf regions a province merged to its country loses 0.3 %, one merged pair of eight age bands 14 %,
and by that measure every province would go before two small bands were merged. By height, a subdivision told as a
country loses a third, and a pair of bands a seventh, of what can be lost. Heights weigh persons of published blocks
alone, so that the choice depends on leaf detail only through what is safe.
"""

from collections.abc import Iterable, Sequence
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from anonymisation.cells.block_optimum import Block, BlockFigures, BlockOptimum, distinct_columns, sum_of, top_two_over
from anonymisation.cells.disclosure import Integers

SCALE = 1_000_000  # losses are millionths, in exact integers: no rounding decides a tie
IMPOSSIBLE = 1 << 52
MOST_CUTS_TRIED = 9  # up to here every way of cutting is tried; beyond, cuts are added one by one


class AnchorGrid:
    """Chooses the grid for one side dimension of ordered bands. Arrays are over candidate ways of cutting it."""

    def __init__(self, optimum: BlockOptimum) -> None:
        self._optimum = optimum
        self._tree, self._sides, self._rules = optimum.tree, optimum.sides, optimum.rules
        (bands,) = optimum.sides.hierarchies
        self._side_loss: Integers = SCALE * (self._sides.leaves_covered(0) - 1) // max(1, len(bands.leaves) - 1)
        self._height = dict.fromkeys(self._tree.leaves, 0)
        for node in reversed(self._tree.nodes.values()):
            if node.children:
                self._height[node.code] = 1 + max(self._height[child] for child in node.children)
        self._unit = SCALE // max(1, self._height[self._tree.root])

    def blocks(self) -> list[tuple[Block, int]]:
        """The non-empty blocks (region group, interval) of the best grid; the week as a whole must be safe.

        Least loss by height; ties: more intervals, then the first cut leftmost.
        """
        cuts = self._best_cuts()
        chosen: dict[str, tuple[str, ...] | None] = {}
        self._loss(self._optimum.root, self._matrix([cuts]), chosen)
        groups = list(self._groups(self._tree.root, chosen))
        return [(group, side) for group in groups for side in cuts if group.figures.persons[side]]

    def _best_cuts(self) -> tuple[int, ...]:
        """The side blocks between the best cuts."""
        places = range(1, self._sides.bands())
        if len(places) <= MOST_CUTS_TRIED:
            every = [cuts for count in range(len(places) + 1) for cuts in combinations(places, count)]
            return self._sides.intervals(self._least(every)[1])
        loss, best = self._least([()])
        while len(best) < len(places):
            further = [tuple(sorted({*best, place})) for place in places if place not in best]
            further_loss, cuts = self._least(further)
            if further_loss > loss:
                break
            loss, best = further_loss, cuts
        return self._sides.intervals(best)

    def _least(self, every: Sequence[tuple[int, ...]]) -> tuple[int, tuple[int, ...]]:
        """The least loss, and the cuts that have it; ties: more cuts, then further left."""
        ordered = sorted(every, key=lambda cuts: (-len(cuts), cuts))
        losses = self._losses([self._sides.intervals(cuts) for cuts in ordered])
        best = int(losses.argmin())
        return int(losses[best]), ordered[best]

    def _matrix(self, candidates: Sequence[tuple[int, ...]]) -> Integers:
        """matrix[side, candidate]: 1 where the candidate has the side block."""
        matrix = np.zeros((self._sides.count, len(candidates)), dtype=np.int64)
        for number, candidate in enumerate(candidates):
            matrix[list(candidate), number] = 1
        return matrix

    def _losses(self, candidates: Sequence[tuple[int, ...]]) -> Integers:
        region_loss = self._loss(self._optimum.root, self._matrix(candidates), {})
        persons = self._optimum.root.figures.persons
        side_loss = [sum(int(persons[side] * self._side_loss[side]) for side in sides) for sides in candidates]
        has_empty = [any(not persons[side] for side in sides) for sides in candidates]
        total: Integers = np.where(has_empty, IMPOSSIBLE, region_loss + np.array(side_loss))
        return total

    def _feasible(self, figures: BlockFigures, matrix: Integers) -> NDArray[np.bool_]:
        unfit = ~(figures.safe(self._rules) | (figures.persons == 0))
        fits: NDArray[np.bool_] = unfit.astype(np.int64) @ matrix == 0
        return fits

    def _loss(self, block: Block, matrix: Integers, chosen: dict[str, tuple[str, ...] | None]) -> Integers:
        """Least loss of the region groups below a node, for each candidate.

        `chosen` is filled, for the last candidate, with the children that stand alone (None: the node stays whole).
        """
        code = block.codes[0]
        total = self._persons(block.figures)
        feasible = self._feasible(block.figures, matrix)
        whole: Integers = np.where(feasible, total * self._unit * self._height[code], IMPOSSIBLE)
        chosen[code] = None
        if not block.members:
            return whole
        below = np.stack([self._loss(member, matrix, chosen) for member in block.members])
        fits = np.stack([self._feasible(member.figures, matrix) for member in block.members])
        loss = whole
        patterns, pattern_of = distinct_columns(fits)
        for number, pattern in enumerate(patterns.T):
            pending = np.flatnonzero(pattern_of == number)
            alone = pattern.copy()
            while pending.size and alone.any():
                rest = self._rest_figures(block, alone)
                settled = np.ones(pending.size, dtype=np.bool_)
                split = below[np.ix_(alone, pending)].sum(axis=0)
                if rest is not None:
                    settled = self._feasible(rest, matrix[:, pending])
                    split = split + self._persons(rest) * self._height_of_rest(block, alone)
                better = settled & (split < loss[pending])
                loss[pending[better]] = split[better]
                if better[-1] and pending[-1] == matrix.shape[1] - 1:
                    chosen[code] = tuple(m.codes[0] for m, a in zip(block.members, alone, strict=True) if a)
                pending = pending[~settled]
                self._pull_smallest(block, alone)
        return loss

    def _persons(self, figures: BlockFigures) -> int:
        return int(figures.persons[self._sides.everything])

    def _pull_smallest(self, block: Block, alone: NDArray[np.bool_]) -> None:
        standing = list(np.flatnonzero(alone))
        alone[min(standing, key=lambda n: (self._persons(block.members[n].figures), block.members[n].codes))] = False

    def _rest_figures(self, block: Block, alone: NDArray[np.bool_]) -> BlockFigures | None:
        resting = [member.figures for member, stands in zip(block.members, alone, strict=True) if not stands]
        if not resting:
            return None
        largest, second = top_two_over(resting)
        return BlockFigures(
            sum_of(figures.persons for figures in resting),
            sum_of(figures.measure for figures in resting),
            largest,
            second,
        )

    def _height_of_rest(self, block: Block, alone: NDArray[np.bool_]) -> int:
        """Between the members' height (one member) and the node's own (all members), by the number of members."""
        code = block.codes[0]
        siblings = len(self._tree.nodes[code].children)
        resting = siblings - int(alone.sum())
        return self._unit * (self._height[code] - 1) + self._unit * (resting - 1) // max(1, siblings - 1)

    def _groups(self, code: str, chosen: dict[str, tuple[str, ...] | None]) -> Iterable[Block]:
        alone = chosen[code]
        if alone is None:
            yield self._optimum.node(code)
            return
        for child in alone:
            yield from self._groups(child, chosen)
        rest = tuple(child for child in self._tree.nodes[code].children if child not in alone)
        observed = [child for child in rest if self._optimum.has(child)]
        if observed:
            yield self._optimum.siblings(code, rest) if len(rest) > 1 else self._optimum.node(rest[0])
