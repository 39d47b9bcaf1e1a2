"""Counts in steps: by hand, for several widths; what a told count leaves open, and what it says no more about."""

from pathlib import Path

import pytest

from anonymisation.audit.count_step import CountStep
from policy.policy import load_policy
from refusals.errors import UsageError


@pytest.mark.parametrize(
    ("width", "count", "floor", "told", "open_ends"),
    [
        (10, 12, 12, 16, (12, 21)),  # nobody came again: 0 to 9 are told
        (10, 13, 12, 16, (12, 21)),
        (10, 21, 12, 16, (12, 21)),
        (10, 22, 12, 26, (22, 31)),
        (10, 0, 0, 4, (0, 9)),
        (10, 137, 0, 134, (130, 139)),
        (15, 29, 0, 22, (15, 29)),
        (15, 30, 0, 37, (30, 44)),
        (11, 10, 10, 15, (10, 20)),
        (1, 137, 12, 137, (137, 137)),  # exactly: as weeks were told before there were steps
    ],
)
def test_by_hand(width: int, count: int, floor: int, told: int, *, open_ends: tuple[int, int]) -> None:
    step = CountStep(width)
    assert step.told(count, floor) == told
    assert step.interval(told) == open_ends


@pytest.mark.parametrize("width", [2, 5, 10, 11, 30])
@pytest.mark.parametrize("floor", [0, 10, 37])
def test_every_count_of_a_step_is_told_alike_and_lies_in_what_is_left_open(width: int, floor: int) -> None:
    step = CountStep(width)
    by_told: dict[int, list[int]] = {}
    for count in range(floor, floor + 4 * width):
        by_told.setdefault(step.told(count, floor), []).append(count)
    assert [len(counts) for counts in by_told.values()] == [width] * 4
    for told, counts in by_told.items():
        assert step.interval(told) == (counts[0], counts[-1])
        assert counts[0] <= told <= counts[-1]


def test_a_sum_leaves_open_what_its_rows_do() -> None:
    step = CountStep(10)
    assert step.interval(16 + 26 + 14, rows=3) == (12 + 22 + 10, 21 + 31 + 19)


@pytest.mark.parametrize("nonsense", [0, -10])
def test_no_step_is_refused(nonsense: int) -> None:
    with pytest.raises(UsageError):
        CountStep(nonsense)


def test_a_count_below_its_floor_is_refused() -> None:
    with pytest.raises(UsageError):
        CountStep(10).told(11, 12)


@pytest.mark.parametrize(("k", "count_step"), [(10, 9), (11, 10), (10, 1), (10, 0)])
def test_a_step_that_tells_of_fewer_than_k_is_refused_as_policy(tmp_path: Path, k: int, count_step: int) -> None:
    (tmp_path / "anonymity.toml").write_text(f"k = {k}\ncount_step = {count_step}\n")
    with pytest.raises(UsageError, match=r"anonymity\.toml: .*count_step"):
        load_policy(tmp_path)


@pytest.mark.clause("config-policy")
def test_a_wider_step_is_a_policy(tmp_path: Path) -> None:
    (tmp_path / "anonymity.toml").write_text("k = 12\ncount_step = 20\n")
    assert load_policy(tmp_path).anonymity.count_step == 20
