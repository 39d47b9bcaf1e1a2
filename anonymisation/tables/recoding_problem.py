"""What every step of local recoding works on: the combinations, how wide unions of them spread, and what that loses."""

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from anonymisation.hierarchies.value_hierarchy import ValueHierarchy
from anonymisation.tables.classes.class_facts import ClassFacts
from anonymisation.tables.classes.class_rules import ClassRules
from anonymisation.tables.classes.histogram import Histogram
from anonymisation.tables.spread.objective import Losses, Objective, ObjectiveName
from anonymisation.tables.spread.span import Span, SpreadState
from anonymisation.tables.spread.wide_span import span_of
from refusals.errors import UsageError

Numbers = NDArray[np.int64]
Spread = list[SpreadState]  # one state a quasi-identifier


class RecodingProblem:
    """The combinations of a table with their spans. A class is an array of combination numbers."""

    def __init__(
        self, histogram: Histogram, hierarchies: Sequence[ValueHierarchy], objective: ObjectiveName = "gcp"
    ) -> None:
        self.leaves = histogram.leaves
        self.facts: ClassFacts = histogram.facts
        self.records = histogram.records
        self.hierarchies = tuple(hierarchies)
        occurring = [
            histogram.records_by_leaf(dimension, len(hierarchy.leaves))
            for dimension, hierarchy in enumerate(hierarchies)
        ]
        self.objectives = [
            Objective.of(objective, hierarchy, held) for hierarchy, held in zip(hierarchies, occurring, strict=True)
        ]
        self.spans: list[Span] = [
            span_of(hierarchy, loss, np.flatnonzero(held))
            for hierarchy, loss, held in zip(hierarchies, self.objectives, occurring, strict=True)
        ]
        self.spread: Spread = [span.of_leaves(self.leaves[:, d]) for d, span in enumerate(self.spans)]
        self.worst = math.fsum(loss.worst for loss in self.objectives)

    def spread_of_classes(self, classes: Sequence[Numbers]) -> Spread:
        """The spread of every class, none of them empty."""
        members = np.concatenate(classes)
        starts = np.cumsum([0, *(len(part) for part in classes[:-1])])
        return [
            span.joined(tuple(part[members] for part in state), starts)
            for span, state in zip(self.spans, self.spread, strict=True)
        ]

    def facts_of_classes(self, classes: Sequence[Numbers]) -> ClassFacts:
        """What the rules need to know of every class."""
        class_of = np.repeat(np.arange(len(classes)), [len(part) for part in classes])
        return self.facts.unions(np.concatenate(classes), class_of, len(classes))

    @property
    def has_persons(self) -> bool:
        """Whether `k` counts distinct persons, who may have records in several combinations; else it counts records."""
        return self.facts.contributions is not None

    @property
    def units(self) -> int:
        """What classes divide among them: records, or persons once for each combination that they are in."""
        held = self.facts.contributions
        return int(self.records.sum()) if held is None else len(held.items)

    def persons_left(self, combinations: Numbers, class_of: Numbers, classes: int) -> Numbers:
        """For each combination, the distinct persons that its class would have without it."""
        if self.facts.contributions is None:
            raise UsageError("persons are not told apart here: name the `person` column")
        place, person, _ = self.facts.contributions.of_classes(combinations)
        width = int(person.max(initial=0)) + 1
        pairs, which, times = np.unique(class_of[place] * width + person, return_inverse=True, return_counts=True)
        only_here = np.bincount(place, times[which.reshape(-1)] == 1, len(combinations)).astype(np.int64)
        return np.asarray(np.bincount(pairs // width, minlength=classes)[class_of] - only_here, dtype=np.int64)

    def both_keep(self, one: Numbers, other: Numbers, rules: ClassRules) -> bool:
        """Whether two classes keep the rules."""
        return bool(rules.keeps(self.facts_of_classes([one, other])).all())

    def loss_by_class(self, spread: Spread) -> Losses:
        """The summed loss of each record of a class, for every entry."""
        losses = [span.loss(state) for span, state in zip(self.spans, spread, strict=True)]
        return np.asarray(np.sum(losses, axis=0, dtype=np.float32))

    def loss_of_unions(self, few: Spread, spread: Spread) -> Losses:
        """The summed loss of each record of the union of a few classes with every class: few by all."""
        losses = [
            span.loss(span.join(tuple(part[:, None] for part in one), tuple(part[None, :] for part in state)))
            for span, one, state in zip(self.spans, few, spread, strict=True)
        ]
        return np.asarray(np.sum(losses, axis=0, dtype=np.float32))

    def loss_of_joining(self, combinations: Numbers, spread: Spread) -> Losses:
        """The summed loss of each record of a class that takes in a combination: combinations by classes.

        Computed once a leaf, since many combinations share it.
        """
        total = np.zeros((len(combinations), len(spread[0][0])), dtype=np.float32)
        for dimension, (span, state) in enumerate(zip(self.spans, spread, strict=True)):
            leaves, which = np.unique(self.leaves[combinations, dimension], return_inverse=True)
            single = tuple(part[:, None] for part in span.of_leaves(leaves))
            total += span.loss(span.join(single, tuple(part[None, :] for part in state)))[which]
        return total


def chosen(spread: Spread, entries: slice) -> Spread:
    """The states of some entries."""
    return [tuple(part[entries] for part in state) for state in spread]
