"""A label of an interval never reads as other values than it covers."""

import pytest

from anonymisation.hierarchies.interval_labels import IntervalLabels

MONTHS = [f"{year}-{month:02}" for year in (2019, 2020) for month in range(1, 13)]


@pytest.mark.clause("table-labels")
@pytest.mark.parametrize(
    ("leaves", "first", "last", "label"),
    [
        # what may be told by two numbers
        (["20", "21", "22", "23"], "21", "23", "21-23"),
        (["0-4", "5-9", "10-14", "15+"], "5-9", "10-14", "5-14"),
        (["0-4", "5-9", "10-14", "15+"], "5-9", "15+", "5+"),
        (["20", "21", "22", "unknown"], "20", "22", "20-22"),
        (["2019", "2020", "2021"], "2019", "2020", "2019-2020"),
        # year-months and other texts that only look like bands
        (MONTHS, "2019-11", "2020-02", "2019-11 to 2020-02"),
        (["10-2019", "11-2019", "12-2019", "01-2020"], "11-2019", "01-2020", "11-2019 to 01-2020"),
        (["01-30", "01-31", "02-01", "02-02"], "01-30", "02-01", "01-30 to 02-01"),
        (["2018-2019", "2019-2020", "2020-2021"], "2018-2019", "2019-2020", "2018-2019 to 2019-2020"),
        (["2019-12-31", "2020-01-01", "2020-01-02"], "2019-12-31", "2020-01-01", "2019-12-31 to 2020-01-01"),
        (["20", "21", "22", "unknown"], "21", "unknown", "21 to unknown"),
        (["low", "mid", "high"], "low", "mid", "low to mid"),
        (["-2", "-1", "0", "1"], "-2", "0", "-2 to 0"),
        (["1.25", "1.5", "1.75"], "1.25", "1.5", "1.25 to 1.5"),
        # descending
        (["65+", "45-64", "25-44", "18-24"], "45-64", "25-44", "45-64 to 25-44"),
        (["65+", "45-64", "25-44", "18-24"], "65+", "45-64", "65+ to 45-64"),
        (["30", "20", "10"], "30", "20", "30 to 20"),
        # out of order: the ends alone would tell others than are covered
        (["1", "10", "2", "3"], "1", "2", "1 to 2 in the hierarchy's order"),
        (["1", "3", "2", "4"], "1", "3", "1 to 3 in the hierarchy's order"),
        (["2020-1", "2020-10", "2020-2"], "2020-1", "2020-2", "2020-1 to 2020-2 in the hierarchy's order"),
        (["week 9", "week 10", "week 8"], "week 9", "week 8", "week 9 to week 8 in the hierarchy's order"),
        (["1.5", "1.25", "1.75"], "1.5", "1.75", "1.5 to 1.75 in the hierarchy's order"),
        (["18-24", "65+", "25-64"], "18-24", "65+", "18-24 to 65+ in the hierarchy's order"),
    ],
)
def test_the_plainest_label_that_does_not_lie(leaves: list[str], first: str, last: str, label: str) -> None:
    assert IntervalLabels(leaves).plainest(leaves.index(first), leaves.index(last)) == label


@pytest.mark.clause("table-labels")
@pytest.mark.parametrize("leaves", [[str(n) for n in range(3, 40)], ["0-4", "5-9", "10-19", "20-24"]])
def test_two_numbers_cover_exactly_the_leaves_within_them(leaves: list[str]) -> None:
    labels = IntervalLabels(leaves)
    ends = [(int(leaf.split("-")[0]), int(leaf.split("-")[-1])) for leaf in leaves]
    for first in range(len(leaves)):
        for last in range(first + 1, len(leaves)):
            lower, upper = map(int, labels.plainest(first, last).split("-"))
            within = [n for n, (low, high) in enumerate(ends) if lower <= low and high <= upper]
            assert within == list(range(first, last + 1))
