"""Recoding of any table: what `cmn anonymise` asks for, from counted combinations to published values."""

from collections.abc import Sequence
from typing import Literal

import numpy as np

from anonymisation.hierarchies.value_hierarchy import ValueHierarchy
from anonymisation.tables.classes.class_rules import ClassRules
from anonymisation.tables.classes.histogram import Histogram
from anonymisation.tables.full_domain import recode_full_domain
from anonymisation.tables.local_recoding import recode_locally
from anonymisation.tables.measures import class_facts
from anonymisation.tables.recoded_table import RecodedTable
from anonymisation.tables.recoding_problem import RecodingProblem
from anonymisation.tables.spread.objective import ObjectiveName
from refusals.errors import InputRefused, PublicationRefused, UsageError

RecodingName = Literal["local", "full_domain"]


def recode_table(
    histogram: Histogram,
    hierarchies: Sequence[ValueHierarchy],
    rules: ClassRules,
    *,
    recoding: RecodingName = "local",
    objective: ObjectiveName = "gcp",
    may_drop: int = 0,
) -> RecodedTable:
    """The table's published values, all classes of which keep the rules; at most `may_drop` records are dropped.

    A function of the counts alone: the same records in any order give the same values.

    Raises:
        UsageError: k is below 2 or above the table.
        InputRefused: even the whole table as one class breaks a rule.
    """
    check_k(rules, histogram.persons, "records" if histogram.facts.contributions is None else "persons")
    problem = RecodingProblem(histogram, hierarchies, objective)
    if recoding == "full_domain":
        found = recode_full_domain(histogram, hierarchies, problem.objectives, rules, may_drop)
        if found is None:
            raise _cannot_be_kept(problem, rules)
        table = RecodedTable.at_levels(found.levels, found.is_kept, histogram.leaves, hierarchies)
    else:
        classes = recode_locally(problem, rules, may_drop)
        if classes is None:
            raise _cannot_be_kept(problem, rules)
        table = RecodedTable.of_classes(classes, histogram.leaves, hierarchies)
    check_published_classes(table, histogram, rules, may_drop)
    return table


def check_k(rules: ClassRules, count: int, of: str = "records") -> None:
    """Refuses a k that protects nobody, or that this table cannot have.

    Raises:
        UsageError: k is below 2, or above the number of records or persons.
    """
    if rules.k < 2:
        raise UsageError(f"`k` = {rules.k} protects nobody: it must be at least 2")
    if rules.k > count:
        raise UsageError(f"`k` = {rules.k} is above the table's {count} {of}: choose a smaller k or a larger table")


def check_published_classes(table: RecodedTable, histogram: Histogram, rules: ClassRules, may_drop: int) -> None:
    """The last check before anything leaves, on the published values themselves, however they were found.

    Raises:
        PublicationRefused: a class breaks a rule, or more records are dropped than allowed.
    """
    for rule, broken in rules.broken_by(class_facts(table, histogram)).items():
        if broken.any():
            raise PublicationRefused(f"{int(broken.sum())} published classes break `{rule}`: nothing is written")
    if int(histogram.records[table.class_of < 0].sum()) > may_drop:
        raise PublicationRefused("more records would be dropped than `suppression_limit` allows: nothing is written")


def _cannot_be_kept(problem: RecodingProblem, rules: ClassRules) -> InputRefused:
    whole = problem.facts.union(np.arange(len(problem.records)))
    broken = [f"`{rule}`" for rule, classes in rules.broken_by(whole).items() if classes.any()]
    return InputRefused(
        f"the table as one class already breaks {' and '.join(broken)}: no recoding can keep it;"
        " ask for less, or bring a larger table"
    )
