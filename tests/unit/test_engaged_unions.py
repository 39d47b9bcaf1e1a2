"""Unions of which engaged sessions may be told: by hand, against every merging there is, and each fault found."""

import random
from collections.abc import Iterator, Sequence
from dataclasses import replace

import pytest

from anonymisation.audit.count_step import CountStep
from anonymisation.cells import engaged_unions as module
from anonymisation.cells.disclosure import Rules
from anonymisation.cells.engaged_unions import EngagedUnion, engaged_unions
from anonymisation.cells.engagement import Engagement, SessionsOfAKind, may_be_told, together
from anonymisation.cells.leaf_cell import Cell
from anonymisation.cells.unions import Union
from anonymisation.hierarchies.hierarchy import Tree
from freezing.told_parts import told_engaged
from refusals.errors import InputRefused, PublicationRefused
from tests.worlds.person_weeks import SMALL_BANDS, SMALL_TREE

Person = tuple[int, int]  # engaged sessions, bounced sessions
RULES = Rules(10, 10)


def engagement_of(persons: Sequence[Person]) -> Engagement:
    def kind(which: int) -> SessionsOfAKind:
        most = sorted((person[which] for person in persons), reverse=True)
        return SessionsOfAKind(sum(count > 0 for count in most), sum(most), *(*most, 0, 0)[:2])

    return Engagement(len(persons), kind(0), kind(1))


def safe(persons: Sequence[Person], rules: Rules) -> bool:
    """What has to hold, from the persons themselves."""
    if not any(engaged or bounced for engaged, bounced in persons):
        return False
    for which in (0, 1):
        counts = sorted((person[which] for person in persons), reverse=True)
        having = len([count for count in counts if count > 0])
        if having in range(1, rules.k) or len(persons) - having in range(1, rules.k):
            return False
        if sum(counts[2:]) < rules.dominance_p / 100 * counts[0]:
            return False
    return True


def week(people: dict[tuple[str, ...], list[Person]], tree: Tree = SMALL_TREE) -> tuple[list[Cell], list[Engagement]]:
    """One cell of all ages a set of leaves."""
    cells = [
        Cell((tree.group(leaves), SMALL_BANDS.group(SMALL_BANDS.leaves)), len(persons), 0, 0, 0,
             (sum(map(sum, persons)),))
        for leaves, persons in people.items()
    ]  # fmt: skip
    return cells, [engagement_of(persons) for persons in people.values()]


def told(
    people: dict[tuple[str, ...], list[Person]], rules: Rules = RULES, tree: Tree = SMALL_TREE
) -> list[tuple[str, int]]:
    return [(one.union.group.label, one.union.persons) for one in engaged_unions(*week(people, tree), tree, rules)]


FLAT = Tree([("all", "world", None), *((leaf, "subdivision", "all") for leaf in "abcdefghi")])


GOOD = [(1, 1)] * 10 + [(0, 0)] * 10  # ten with each kind of session, ten without either


@pytest.mark.parametrize(
    ("persons", "is_told"),
    [
        (GOOD, True),
        ([(1, 0)] * 9 + [(0, 1)] * 20, False),  # nine have an engaged session
        ([(1, 0)] * 20 + [(0, 1)] * 9, False),  # nine have none, and nine a bounced one
        ([(1, 1)] * 20 + [(1, 0)] * 9, False),  # nine have no bounced one
        ([(1, 1)] * 20 + [(0, 1)] * 9, False),  # nine have no engaged one
        ([(1, 0)] * 12, True),  # everyone has engaged sessions, nobody a bounced one
        ([(0, 0)] * 12, False),  # nobody has any
        ([(1, 1)] * 10 + [(0, 0)] * 9, False),
        ([(200, 1)] + [(1, 1)] * 9 + [(0, 0)] * 10, False),  # 8 are left beside the two largest: under 20
        ([(80, 1)] + [(1, 1)] * 9 + [(0, 0)] * 10, True),  # 8 are a tenth of 80
        ([(1, 81)] + [(1, 1)] * 9 + [(0, 0)] * 10, False),
    ],
)
def test_what_may_be_told_by_hand(persons: list[Person], is_told: bool) -> None:
    assert may_be_told(engagement_of(persons), RULES) is is_told
    assert safe(persons, RULES) is is_told


def test_engagements_of_disjoint_persons_add_up() -> None:
    one, other = GOOD[:7], [*GOOD[7:], (4, 0), (3, 9)]
    assert together([engagement_of(one), engagement_of(other)]) == engagement_of([*one, *other])


def test_by_hand() -> None:
    """In the west w1 may not be told: nine have an engaged session. w2 is smaller than w3, and ten of both have one."""
    few, all_bounced = [(1, 1)] * 9 + [(0, 0)] * 20, [(0, 2)] * 10
    one_more = [*GOOD, *[(0, 0)] * 5]
    people = {("w1",): few, ("w2",): GOOD, ("w3",): one_more, ("e1",): GOOD, ("e2", "e3"): all_bounced, ("??",): GOOD}
    assert sorted(told(people)) == sorted([("w1+w2", 49), ("w3", 25), ("e1", 20), ("e2+e3", 10), ("??", 20)])


def test_two_that_may_not_be_told_can_be_together() -> None:
    few = [(1, 1)] * 9 + [(0, 0)] * 20
    assert sorted(told({("w1",): few, ("w4",): few, ("w2",): GOOD})) == [("w1+w4", 58), ("w2", 20)]


def test_what_a_country_cannot_hide_goes_on_to_the_world() -> None:
    few = [(1, 1)] * 4 + [(0, 0)] * 20
    people = {("w1",): few, ("w2",): [(0, 1)] * 30, ("e1",): GOOD, ("e2",): [(0, 1)] * 12}
    assert sorted(told(people)) == [("e1+w1", 44), ("e2", 12), ("w2", 30)]


def test_a_union_across_countries_is_where_its_cells_are() -> None:
    """A cell of w1 and the whole east may be told itself; what is left of the west finds nobody else there."""
    few, east = [(1, 1)] * 4 + [(0, 0)] * 20, ("e1", "e2", "e3")
    people = {("w1", *east): GOOD, ("w2",): few, ("??",): [(0, 1)] * 40}
    assert sorted(told(people)) == [("??", 40), ("east+w1+w2", 44)]


def test_a_week_that_may_not_be_told_as_a_whole_has_no_union() -> None:
    assert told({("w1",): [(1, 1)] * 9 + [(0, 0)] * 20, ("e1",): [(0, 0)] * 30}) == []
    assert told({}) == []


def random_week(draw: random.Random) -> dict[tuple[str, ...], list[Person]]:
    """Under one node, so that nothing but the merging itself decides."""
    places = [("a",), ("b", "c"), ("d",), ("e",), ("f",), ("g",), ("h", "i")]
    return {
        place: [
            (draw.choice([0, 0, 1, 1, 1, 2, 5]) if draw.random() < engaged else 0,
             draw.choice([0, 1, 1, 2, 3]) if draw.random() < bounced else 0)
            for _ in range(draw.randint(3, 14))
        ]
        for place in places
        for engaged, bounced in [(draw.choice([0, 0.2, 0.5, 0.9]), draw.choice([0, 0.3, 0.8]))]
        if draw.random() < 0.9
    }  # fmt: skip


def partitions(of: list[tuple[str, ...]]) -> Iterator[list[list[tuple[str, ...]]]]:
    """Every way to put these into parts."""
    if not of:
        yield []
        return
    first, *others = of
    for parts in partitions(others):
        yield [[first], *parts]
        for place in range(len(parts)):
            yield [*parts[:place], [first, *parts[place]], *parts[place + 1 :]]


def loss(
    parts: Sequence[Sequence[tuple[str, ...]]], people: dict[tuple[str, ...], list[Person]], rules: Rules
) -> tuple[int, int]:
    """First persons who could be told as finely as they come, and are not; then persons x leaves told together."""
    coarser = sum(len(people[place]) for part in parts if len(part) > 1 for place in part if safe(people[place], rules))
    return coarser, sum(sum(len(people[place]) for place in part) * sum(map(len, part)) for part in parts)


def test_small_weeks_lose_little_more_than_the_best_of_all_mergings() -> None:
    """Every merging of up to seven unions that may be told is tried: two of three weeks are as good as can be."""
    rules, found, best, as_good = Rules(3, 10), [0, 0], [0, 0], 0
    for seed in range(200):
        people = random_week(random.Random(seed))  # noqa: S311  # repeatable on purpose
        least = min(
            (
                loss(parts, people, rules)
                for parts in partitions(list(people))
                if all(safe([one for place in part for one in people[place]], rules) for part in parts)
            ),
            default=None,
        )
        unions = engaged_unions(*week(people, FLAT), FLAT, rules)
        assert (least is None) == (unions == [])
        if least is None:
            continue
        parts = [[place for place in people if set(place) <= set(one.union.group.leaves)] for one in unions]
        assert sorted(place for part in parts for place in part) == sorted(people)
        assert all(safe([one for place in part for one in people[place]], rules) for part in parts)
        reached = loss(parts, people, rules)
        assert reached >= least
        as_good += reached == least
        found = [a + b for a, b in zip(found, reached, strict=True)]
        best = [a + b for a, b in zip(best, least, strict=True)]
    assert as_good > 125
    assert found[0] <= 1.15 * best[0]
    assert found[1] <= 1.05 * best[1]


def test_the_order_of_cells_decides_nothing() -> None:
    people = random_week(random.Random(5))  # noqa: S311  # repeatable on purpose
    turned = dict(reversed(people.items()))
    assert told(people, Rules(3, 10), FLAT) == told(turned, Rules(3, 10), FLAT) != []


# What is told of a union


def union_of(*cells: tuple[int, int]) -> EngagedUnion:
    """`cells`: sessions, and how many of them are engaged."""
    counted = [Cell((), 20, 0, 0, 0, (sessions,)) for sessions, _ in cells]
    kinds = [
        Engagement(20, SessionsOfAKind(10, engaged, 1, 1), SessionsOfAKind(10, sessions - engaged, 1, 1))
        for sessions, engaged in cells
    ]
    return EngagedUnion(Union(SMALL_TREE.group(["w1"]), tuple(counted)), tuple(kinds))


@pytest.mark.parametrize(
    ("cells", "step", "sessions_and_engaged"),
    [
        ([(33, 12)], 10, (34, 14)),
        ([(33, 30)], 10, (34, 34)),  # the step of the sessions is reached: as they
        ([(33, 33)], 10, (34, 34)),
        ([(19, 19), (5, 5)], 10, (18, 18)),  # a step from 20 on would say that one to nine of the second are engaged
        ([(19, 9), (5, 0)], 10, (18, 4)),
        ([(19, 9), (5, 1)], 10, (18, 18)),
        ([(47, 20), (36, 22)], 10, (78, 44)),
        ([(47, 20), (36, 22)], 1, (83, 42)),
        ([(0, 0)], 10, (4, 4)),
    ],
)
def test_told_counts_by_hand(cells: list[tuple[int, int]], step: int, sessions_and_engaged: tuple[int, int]) -> None:
    assert told_engaged(union_of(*cells), CountStep(step)) == sessions_and_engaged


# The last look


def test_an_engagement_of_other_persons_is_refused() -> None:
    cells, engagements = week({("w1",): GOOD, ("e1",): GOOD})
    with pytest.raises(InputRefused, match="one of each cell"):
        engaged_unions(cells, [engagements[0], replace(engagements[1], persons=21)], SMALL_TREE, RULES)
    with pytest.raises(InputRefused, match="one of each cell"):
        engaged_unions(cells, engagements[:1], SMALL_TREE, RULES)


def test_a_merging_that_loses_cuts_or_repeats_a_cell_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    cells, engagements = week({("w1",): GOOD, ("e1", "e2"): GOOD})
    right = engaged_unions(cells, engagements, SMALL_TREE, RULES)
    cut = replace(right[1], union=replace(right[1].union, group=SMALL_TREE.group(["e1"])))
    twice = replace(right[0])
    for wrong in (right[:1], [*right, twice], [right[0], cut]):
        monkeypatch.setattr(module, "_settled", lambda *_, wrong=wrong: dict.fromkeys(wrong, 2))
        with pytest.raises(PublicationRefused, match="cut, lost or counted twice"):
            engaged_unions(cells, engagements, SMALL_TREE, RULES)


def test_a_merging_that_tells_of_too_few_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    cells, engagements = week({("w1",): [(1, 1)] * 9 + [(0, 0)] * 20, ("e1",): GOOD})
    unions = [
        EngagedUnion(Union(cell.groups[0], (cell,)), (one,)) for cell, one in zip(cells, engagements, strict=True)
    ]
    monkeypatch.setattr(module, "_settled", lambda *_: dict.fromkeys(unions, 2))
    with pytest.raises(PublicationRefused, match="too few"):
        engaged_unions(cells, engagements, SMALL_TREE, RULES)
