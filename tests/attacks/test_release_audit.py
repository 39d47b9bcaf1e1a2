"""Leaks of every kind, planted among published figures: the audit finds each, names the figures that combine to it,
and is content when it is taken away. The tables are small enough to work the leak out by hand."""

import random

import pytest

from anonymisation.audit.atoms import AtomCounts, PublishedFigure
from anonymisation.audit.audit import audit, audit_release
from anonymisation.cells.disclosure import Rules
from refusals.errors import PublicationRefused

RULES = Rules(k=10, dominance_p=10)
MINUTE = 60_000_000


def people(**persons):
    """One atom of week W a keyword; everyone has 20 minutes and two sessions."""
    return {
        ("W", name): AtomCounts(n, 20 * MINUTE * n, 20 * MINUTE * (n > 0), 20 * MINUTE * (n > 1), {"sessions": 2 * n})
        for name, n in persons.items()
    }


def figure(name, truth, **coefficients):
    """An exact figure of persons and sessions over atoms of week W."""
    atoms = {("W", atom): coefficient for atom, coefficient in coefficients.items()}
    values = {
        measure: (total := sum(c * truth[atom].of(measure) for atom, c in atoms.items()), total)
        for measure in ("persons", "sessions")
    }
    return PublishedFigure(name, atoms, values)


def found(report):
    """What was determined or bounded, by the names of the figures that tell it."""
    return {frozenset(name for name, _ in leak.combination) for leak in report.leaks}


def test_a_partition_of_safe_cells_is_proven_safe():
    truth = people(a=3, b=8, c=40)
    report = audit([figure("ab", truth, a=1, b=1), figure("c", truth, c=1)], truth, RULES)
    assert (report.leaks, report.unproven, report.checked["settled alone"]) == ((), (), 2)


def test_a_cell_of_k_less_one_is_found():
    truth = people(a=9, b=40)
    report = audit([figure("a", truth, a=1), figure("b", truth, b=1)], truth, RULES)
    assert found(report) == {frozenset({"a"})}


def test_a_dominated_difference_is_found_though_many_are_in_it():
    giant = {("W", "giant"): AtomCounts(12, 1000 * MINUTE, 980 * MINUTE, 2 * MINUTE, {"sessions": 12})}
    truth = {**people(a=40), **giant}
    total = figure("total", truth, a=1, giant=1)
    report = audit([figure("a", truth, a=1), total], truth, RULES)
    assert frozenset({"a", "total"}) in found(report)


@pytest.mark.clause("promise-4")
def test_the_complement_of_a_merged_cell_is_found():
    truth = people(zeeland=9, limburg=50)
    merged, part = figure("ZE+LI", truth, zeeland=1, limburg=1), figure("LI", truth, limburg=1)
    report = audit([merged, part], truth, RULES)
    assert frozenset({"ZE+LI", "LI"}) in found(report)
    (leak,) = [leak for leak in report.leaks if leak.measure == "persons" and leak.how == "determined"]
    assert dict(leak.combination) == {"ZE+LI": 1, "LI": -1}
    assert audit([merged], truth, RULES).leaks == ()
    larger = people(zeeland=10, limburg=50)
    pair = [figure("ZE+LI", larger, zeeland=1, limburg=1), figure("LI", larger, limburg=1)]
    assert audit(pair, larger, RULES).leaks == ()


def test_totals_against_parts_are_found():
    truth = people(a=40, b=30, c=20, d=4)
    parts = [figure(name, truth, **{name: 1}) for name in "abc"]
    total = figure("total", truth, a=1, b=1, c=1, d=1)
    report = audit([*parts, total], truth, RULES)
    (leak,) = [leak for leak in report.leaks if (leak.measure, leak.how) == ("persons", "determined")]
    assert dict(leak.combination) == {"a": 1, "b": 1, "c": 1, "total": -1}
    larger = people(a=40, b=30, c=20, d=10)
    parts = [figure(name, larger, **{name: 1}) for name in "abc"]
    assert audit([*parts, figure("total", larger, a=1, b=1, c=1, d=1)], larger, RULES).leaks == ()


def test_two_cubes_against_each_other_are_found():
    """Regions by age in one cube, regions alone and ages alone in others: what both leave over is one person."""
    truth = people(n_young=30, n_old=25, s_young=1, s_old=45)
    cubes = [
        figure("age young", truth, n_young=1, s_young=1),
        figure("region n", truth, n_young=1, n_old=1),
        figure("cell n old", truth, n_old=1),
    ]
    report = audit(cubes, truth, RULES)
    leak = next(leak for leak in report.leaks if (leak.measure, leak.how) == ("persons", "determined"))
    assert dict(leak.combination) == {"age young": 1, "region n": -1, "cell n old": 1}
    for left_out in range(3):
        assert audit([c for n, c in enumerate(cubes) if n != left_out], truth, RULES).leaks == ()


@pytest.mark.clause("promise-4")
def test_a_week_issued_again_in_other_cells_is_found():
    truth = people(a=12, b=4, c=30)
    first = [figure("v1 a+b", truth, a=1, b=1), figure("v1 c", truth, c=1)]
    again = [figure("v2 a", truth, a=1), figure("v2 b+c", truth, b=1, c=1)]
    report = audit([*first, *again], truth, RULES)
    assert frozenset({"v1 a+b", "v2 a"}) in found(report)
    assert frozenset({"v1 c", "v2 b+c"}) in found(report)
    assert audit(first, truth, RULES).leaks == audit(again, truth, RULES).leaks == ()


def test_a_version_after_an_erasure_is_found():
    truth = people(a=12)
    before, after = figure("v1", truth, a=1), figure("v2", people(a=11), a=1)
    report = audit([before, after], truth, RULES)
    assert found(report) == {frozenset({"v1", "v2"})}
    assert audit([before, figure("v2", truth, a=1)], truth, RULES).leaks == ()


def test_an_erasure_that_only_a_total_shows_is_found():
    """The erased person as an atom of their own: in the old total, in none of the new parts."""
    truth = people(a=12, b=15, erased=1)
    old = figure("v1 total", truth, a=1, b=1, erased=1)
    new = [figure("v2 a", truth, a=1), figure("v2 b", truth, b=1)]
    report = audit([old, *new], truth, RULES)
    leak = next(leak for leak in report.leaks if (leak.measure, leak.how) == ("persons", "determined"))
    assert dict(leak.combination) == {"v1 total": 1, "v2 a": -1, "v2 b": -1}
    assert audit([*new], truth, RULES).leaks == ()


def test_overlapping_ages_are_found():
    """18-34, 25-44 and 18-44: the first two share 25-34, and the three tell each band."""
    truth = people(a18=30, a25=5, a35=40)
    ages = [
        figure("18-34", truth, a18=1, a25=1),
        figure("25-44", truth, a25=1, a35=1),
        figure("18-44", truth, a18=1, a25=1, a35=1),
    ]
    report = audit(ages, truth, RULES)
    leak = next(leak for leak in report.leaks if (leak.measure, leak.how) == ("persons", "determined"))
    assert dict(leak.combination) == {"18-34": 1, "25-44": 1, "18-44": -1}
    assert not [leak for leak in audit(ages[:2], truth, RULES).leaks if leak.how == "determined"]


def test_a_quarter_less_its_other_weeks_is_found_only_where_a_cell_is_small():
    weeks = {
        ("2026-01-05", "a"): AtomCounts(12),
        ("2026-01-12", "a"): AtomCounts(3),
        ("2026-01-19", "a"): AtomCounts(11),
    }

    def of(name, *mondays):
        total = sum(weeks[monday, "a"].persons for monday in mondays)
        return PublishedFigure(name, {(monday, "a"): 1 for monday in mondays}, {"persons": (total, total)})

    mondays = [monday for monday, _ in weeks]
    quarter = of("quarter", *mondays)
    report = audit([quarter, of("first", mondays[0]), of("third", mondays[2])], weeks, RULES)
    assert frozenset({"quarter", "first", "third"}) in found(report)
    assert audit([quarter, of("first", mondays[0])], weeks, RULES).leaks == ()


# Bounds: nothing is determined by one combination, and yet the programmes close in


def withheld_table(table, k):
    """A region x age table with its margins, whose cells under k are merely left out."""
    truth, figures = {}, []
    for region, row in enumerate(table):
        for age, n in enumerate(row):
            truth["W", f"r{region}", f"a{age}"] = AtomCounts(n)
            if n >= k or n == 0:
                figures.append(({(region, age)}, n))
    for region, row in enumerate(table):
        figures.append(({(region, age) for age in range(len(row))}, sum(row)))
    for age, column in enumerate(zip(*table, strict=True)):
        figures.append(({(region, age) for region in range(len(table))}, sum(column)))
    return truth, [
        PublishedFigure(str(sorted(cells)), {("W", f"r{r}", f"a{a}"): 1 for r, a in cells}, {"persons": (n, n)})
        for cells, n in figures
    ]


def test_cells_withheld_from_a_large_table_with_margins_are_got_back():
    """About 200,000 people in 150 regions x 11 ages: the cells under ten are withheld, and come back exactly."""
    draw = random.Random(7)  # noqa: S311  # repeatable on purpose
    ages = [0.4, 0.7, 1, 1.4, 1.6, 1.5, 1.3, 1.1, 0.8, 0.5, 0.2]
    sizes = draw.choices(range(12, 250), k=150)
    table = [[1 + round(size * age * draw.uniform(0.7, 1.3)) for age in ages] for size in sizes]
    few = {(r, a) for r, row in enumerate(table) for a, n in enumerate(row) if n < 10}
    assert 20 < len(few) < 80
    truth, figures = withheld_table(table, 10)
    report = audit(figures, truth, RULES)
    about = {leak.about for leak in report.leaks}
    assert len(about & {f"W/r{r}/a{a}" for r, a in few}) >= len(few) // 2
    assert all(any(name.count("(") > 1 for name, _ in leak.combination) for leak in report.leaks)  # margins are named


def test_cells_that_nothing_determines_are_held_within_p_percent():
    """1, 1 / 1, 19 under a threshold of 20: the margins leave 18 to 20 for the 19, and 0 to 2 for the ones."""
    table = [[40, 30, 20], [50, 1, 1], [60, 1, 19]]
    truth, figures = withheld_table(table, 20)
    report = audit(figures, truth, Rules(20, 10))
    single = {(leak.about, leak.how) for leak in report.leaks if "more" not in leak.about}
    assert single == {("W/r2/a2", "bounded")}
    assert all("more" in leak.about for leak in audit(figures, truth, Rules(20, 5)).leaks)  # rows of two: 2 and 20


def test_one_withheld_cell_is_determined_by_its_margins():
    table = [[40, 30, 20], [50, 9, 21], [60, 19, 19]]
    truth, figures = withheld_table(table, 10)
    report = audit(figures, truth, RULES)
    assert {leak.about for leak in report.leaks} == {"W/r1/a1"}
    assert {leak.how for leak in report.leaks} == {"determined", "bounded"}
    larger, figures = withheld_table([[40, 30, 20], [50, 10, 21], [60, 19, 19]], 10)
    assert audit(figures, larger, RULES).leaks == ()


@pytest.mark.parametrize(("half", "leaks"), [(5, True), (50, True), (51, False)])
def test_a_difference_of_rounded_figures_leaks_within_p_percent(half, leaks):
    """1000 views of four people: the difference of two figures, each rounded by `half`, is 1000 ± 2 x half."""
    truth = {
        ("W", "x"): AtomCounts(4, 0, 0, 0, {"views": 1000}),
        ("W", "y"): AtomCounts(30, 0, 0, 0, {"views": 4000}),
    }
    both = PublishedFigure("x+y", {("W", "x"): 1, ("W", "y"): 1}, {"views": (5000 - half, 5000 + half)})
    one = PublishedFigure("y", {("W", "y"): 1}, {"views": (4000 - half, 4000 + half)})
    assert bool(audit([both, one], truth, RULES).leaks) is leaks


def test_a_named_set_is_bounded_too():
    """No class is small, and neither is the target's: it is a part of one, which can be nothing of it."""
    truth = people(a=3, b=20, c=20)
    figures = [figure("ab", truth, a=1, b=1), figure("abc", truth, a=1, b=1, c=1)]
    report = audit(figures, truth, RULES, [("a alone", frozenset({("W", "a")}))])
    assert report.leaks == ()
    assert report.checked["linear programmes"] > 0


# The publisher's call


def test_a_release_beside_what_left_before_is_refused_by_name():
    truth = people(zeeland=9, limburg=50)
    before = [figure("mart W: ZE+LI", truth, zeeland=1, limburg=1)]
    release = [figure("release 1 W: LI", truth, limburg=1)]
    assert audit_release(release, [], truth, RULES).leaks == ()
    with pytest.raises(PublicationRefused) as refused:
        audit_release(release, before, truth, RULES)
    message = str(refused.value)
    assert "mart W: ZE+LI" in message
    assert "release 1 W: LI" in message
    assert refused.value.exit_code == 4
    assert "9" not in message.replace("W/", "")
