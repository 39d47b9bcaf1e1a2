"""What belongs together, told by walking from thing to thing."""

import random
from collections.abc import Sequence

import numpy as np
import pytest

from anonymisation.cells.connected import components_of, first_connected


def walked(things: Sequence[Sequence[str]]) -> list[int]:
    """The first thing that can be reached from each, one step at a time."""
    found = []
    for start in range(len(things)):
        reached, edge = {start}, [start]
        while edge:
            had = set(things[edge.pop()])
            near = [number for number, other in enumerate(things) if number not in reached and had & set(other)]
            reached.update(near)
            edge.extend(near)
        found.append(min(reached))
    return found


@pytest.mark.parametrize(
    ("things", "first"),
    [
        ([], []),
        (["a"], [0]),
        (["", ""], [0, 1]),
        (["ab", "c", "bd", "d", "c"], [0, 1, 0, 0, 1]),
        (["c", "a", "b", "ab"], [0, 1, 1, 1]),
        (["a", "b", "c", "d", "abcd"], [0, 0, 0, 0, 0]),
    ],
)
def test_things_that_have_something_in_common_are_together(things: list[str], first: list[int]) -> None:
    assert first_connected(things) == first
    assert walked(things) == first


@pytest.mark.parametrize("seed", range(40))
def test_random_things_are_together_as_walked(seed: int) -> None:
    draw = random.Random(seed)  # noqa: S311 - nothing secret
    letters = "abcdefghijklmnopqrstuvwxyz"[: draw.randint(1, 26)]
    things = ["".join(draw.choices(letters, k=draw.randint(0, 3))) for _ in range(draw.randint(0, 20))]
    first = first_connected(things)
    assert first == walked(things)
    assert all(type(number) is int for number in first)
    tied = np.array([[bool(set(one) & set(other)) for other in things] for one in things], dtype=bool)
    numbers = {head: number for number, head in enumerate(sorted(set(first)))}
    assert components_of(tied.reshape(len(things), len(things))).tolist() == [numbers[head] for head in first]
