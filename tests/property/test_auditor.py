"""The auditor beside every table there can be: what it finds is so in all of them, and nothing else is."""

import random
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from itertools import chain, combinations, product
from typing import Any

import pytest

from auditor.audit_of_tables import audit_tables
from auditor.blocks import blocks_fit
from auditor.form import Form, Promise, read_form
from auditor.read_tables import Table
from auditor.told import mondays_of_quarter

K = 3
PROMISE = Promise(k=K, dominance_p=10, step=10)
WEEK = date(2026, 9, 21)
Counts = tuple[int, ...]


def subsets(of: Sequence[Any]) -> Iterator[tuple[Any, ...]]:
    return chain.from_iterable(combinations(of, size) for size in range(1, len(of) + 1))


def is_confined(tables: Iterable[Counts], members: Sequence[int]) -> bool:
    """Whether some set that the members make up is of 1 to K - 1 persons in every table."""
    listed = list(tables)
    assert listed
    return any(all(1 <= sum(table[m] for m in chosen) < K for table in listed) for chosen in subsets(members))


def cell(regions: str, users: int) -> dict[str, Any]:
    """A row of GA4 by region."""
    return {
        "week_start": WEEK, "region_code": regions, "region_members": frozenset(regions), "device_category": "all",
        "users": users,
    }  # fmt: skip


def form_of_persons_alone() -> Form:
    """Tables that tell persons and no sums, and say nothing of who is in none of their rows."""
    tables = [one.model_copy(update={"everybody": False, "sums": ()}) for one in read_form().table]
    return read_form().model_copy(update={"table": tuple(tables)})


FORM = form_of_persons_alone()
FORMS = {one.name: one for one in FORM.table}


@pytest.mark.clause("audit-finds")
def test_sets_of_overlapping_rows_are_found_if_and_only_if_every_table_has_so_few() -> None:
    """Up to five rows over four regions of up to six persons each; every table that has their figures is tried."""
    chance, found = random.Random(14), 0  # noqa: S311 - made-up tables
    for _ in range(150):
        truth = [chance.choice((0, 1, 2, 3, 4, 6)) for _ in range(4)]
        covers = chance.sample(list(subsets("ABCD")), chance.randint(2, 5))
        rows = {"".join(one): sum(truth["ABCD".index(region)] for region in one) for one in covers}
        if any(0 < users < K for users in rows.values()):
            continue
        fitting = [
            counts
            for counts in product(range(max(rows.values()) + 1), repeat=4)
            if all(sum(counts["ABCD".index(r)] for r in regions) == users for regions, users in rows.items())
            if all(region in "".join(rows) or not counts[n] for n, region in enumerate("ABCD"))
        ]
        told = Table("file", FORMS["ga4_engagement_week"], [cell(regions, users) for regions, users in rows.items()])
        report = audit_tables([told], FORM, PROMISE)
        expected = is_confined(fitting, range(4))
        found += expected
        assert bool(report.findings) == expected or (expected and report.open), (rows, report)
        assert expected or not report.findings, (rows, report.findings)
    assert found >= 20


def parts(users: Sequence[int]) -> list[dict[str, Any]]:
    """Stretches of the day, of which people can be in several."""
    stretches = [*[(0, 7), (8, 15)][: len(users) - 1], (8 * (len(users) - 1), 23)]
    return [
        {"week_start": WEEK, "region_code": "A", "region_members": frozenset("A"), "day_type": "all",
         "hour_from": first, "hour_to": last, "users": one}
        for (first, last), one in zip(stretches, users, strict=True)
    ]  # fmt: skip


@pytest.mark.clause("audit-finds")
def test_sets_of_overlapping_parts_are_found_if_and_only_if_every_table_has_so_few() -> None:
    """Two or three parts of up to nine persons; every way of being in parts is counted in every table."""
    core, hours = FORMS["usage_by_region_age_week"], FORMS["usage_by_hour_week"]
    outcomes = {True: 0, False: 0}
    for number, total in product((2, 3), (6, 7, 8, 9)):
        patterns = list(subsets(range(number)))
        by_users: dict[Counts, list[Counts]] = {}
        for counts in compositions(total, len(patterns)):
            users = tuple(sum(c for c, p in zip(counts, patterns, strict=True) if part in p) for part in range(number))
            by_users.setdefault(users, []).append(counts)
        for users in sorted(by_users)[:: 1 if number == 2 else 11]:
            if min(users) < K:
                continue
            whole = {**parts([total])[0], "age_from": 0, "age_to": None}
            told = [Table("cells", core, [whole]), Table("hours", hours, parts(users))]
            report = audit_tables(told, FORM, PROMISE)
            expected = is_confined(by_users[users], range(len(patterns)))
            outcomes[expected] += 1
            assert expected or not report.findings, (total, users, report)
            assert not expected or report.findings or report.open, (total, users)
            if blocks_fit(users, total, K, is_whole=True):
                assert not expected
    assert min(outcomes.values()) >= 10


def compositions(total: int, size: int) -> Iterator[Counts]:
    """Every way of writing a number as a sum of so many, in order."""
    if size == 1:
        yield (total,)
        return
    for first in range(total + 1):
        for rest in compositions(total - first, size - 1):
            yield first, *rest


def test_weeks_belong_to_the_quarter_of_their_thursday() -> None:
    thirteen = mondays_of_quarter("2026-Q3", "")
    assert (thirteen[0], thirteen[-1], len(thirteen)) == (date(2026, 6, 29), date(2026, 9, 21), 13)
    assert len(mondays_of_quarter("2026-Q4", "")) == 14  # 2026 has 53 weeks
