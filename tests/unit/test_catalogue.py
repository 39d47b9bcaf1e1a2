"""The catalogue holds together: names and places are each mart's own, and what it says of others is there."""

import pytest
from pydantic import ValidationError

from catalogue.axis import Axis
from catalogue.catalogue import CUBES, FROZEN_SOURCES, MART, MARTS, RELEASABLE, SIDES, SOURCES, core_of
from catalogue.column import Column
from policy.policy import load_policy


def test_each_mart_has_a_name_and_a_place_of_its_own() -> None:
    assert len(MART) == len({mart.place for mart in MARTS}) == len(MARTS)
    assert [mart.place for mart in MARTS] == sorted(mart.place for mart in MARTS)


def test_each_source_has_one_core_mart_and_marts_are_of_known_sources() -> None:
    assert {core_of(source).source for source in SOURCES} == set(SOURCES)
    assert sum(mart.kind == "core" for mart in MARTS) == len(SOURCES)
    assert {mart.source for mart in MARTS} == {*FROZEN_SOURCES, ""}
    assert all(mart.source for mart in RELEASABLE.values())


def test_a_key_is_of_the_marts_own_columns_and_every_released_column_has_limits() -> None:
    for mart in MARTS:
        names = [column.name for column in mart.columns]
        assert len(set(names)) == len(names), mart.name
        assert set(mart.key) <= set(names), mart.name
    without = [(mart.name, one.name) for mart in RELEASABLE.values() for one in mart.columns if one.limits is None]
    assert without == []


def test_what_yields_comes_after_what_does_not_and_each_axis_is_decided_on() -> None:
    axes = [mart.axis for mart in SIDES if mart.axis]
    assert [axis.yields for axis in axes] == sorted(axis.yields for axis in axes)
    assert {axis.name for axis in axes if axis.kind != "hours"} == set(load_policy().axes.root)
    assert {mart.name for mart in SIDES} <= {cube.name for cube in CUBES}
    for mart in SIDES:
        assert mart.axis is not None
        assert {column.name for column in mart.axis.columns} < {column.name for column in mart.columns}
        assert ("sessions" in {column.name for column in mart.columns}) is mart.axis.tells_sessions


def test_a_word_that_the_catalogue_does_not_know_is_refused() -> None:
    said = MARTS[0].columns[0].model_dump()
    with pytest.raises(ValidationError, match="Extra inputs"):
        Column.model_validate({**said, "colour": "red"})
    axis = SIDES[0].axis
    assert axis is not None
    with pytest.raises(ValidationError, match="Input should be"):
        Axis.model_validate({**axis.model_dump(), "kind": "spans"})
