"""dbt's lineage runs from what is stored to who reads it, without a gap, and lets nobody past the counting's group."""

import shutil
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from catalogue.catalogue import CUBES, RELEASABLE, SOURCES
from dbt_project import dbt_command
from home.layout import Home
from policy.policy import load_policy
from portal.shown_marts import told_tables
from refusals.errors import Refusal

MARTS = {path.stem for path in (dbt_command.PROJECT / "models" / "marts").glob("*.sql")}
#: Exposures that are no dataset.
WITHOUT_DATASET = {"marts_file", "portal"}


def parsed(folder: Path, project: Path = dbt_command.PROJECT) -> Any:
    home = Home(folder / "home")
    home.make()
    place = dbt_command.DbtPlace(home, home.warehouse, home.work / home.marts.name, project)
    return dbt_command.invoke(place, "marts", ["parse"]).result


@pytest.fixture(scope="module")
def manifest(tmp_path_factory: pytest.TempPathFactory) -> Any:
    return parsed(tmp_path_factory.mktemp("lineage"))


def models(manifest: Any) -> dict[str, Any]:
    return {node.name: node for node in manifest.nodes.values() if node.resource_type == "model"}


def exposures(manifest: Any) -> dict[str, set[str]]:
    """The models that each exposure reads, by its name."""
    return {one.name: {name.split(".")[-1] for name in one.depends_on_nodes} for one in manifest.exposures.values()}


def sources_of(manifest: Any, unique_id: str) -> set[str]:
    """The sources that a node comes from, as `source.table`."""
    if unique_id.startswith("source."):
        return {unique_id.split(".", 2)[2]}
    parents = manifest.nodes[unique_id].depends_on_nodes
    return {source for parent in parents for source in sources_of(manifest, parent)}


def gaps(manifest: Any) -> list[str]:
    """Models that come from no source, and marts that nobody reads or that are made of more than they may be."""
    read = set().union(*exposures(manifest).values())
    found = []
    for name, model in models(manifest).items():
        sources = {source.partition(".")[0] for source in sources_of(manifest, model.unique_id)}
        if not sources:
            found.append(f"{name} comes from no source")
        if name in MARTS and not sources <= {"frozen_cells", "policy"}:
            found.append(f"{name} is made of more than frozen cells and the policy")
        if name in MARTS and name not in read:
            found.append(f"{name} is read by no exposure")
    return found


def test_every_mart_goes_from_its_source_to_who_reads_it(manifest: Any) -> None:
    assert models(manifest).keys() > MARTS
    assert gaps(manifest) == []
    for cube in CUBES:
        found = models(manifest)[cube.name].depends_on_nodes
        assert found == [f"source.connect_me_now.frozen_cells.{cube.name}"]


@pytest.mark.parametrize(
    ("file", "old", "new", "gap"),
    [
        (
            "macros/files.sql",
            "do source(source_name, table_name)",
            "set unsaid = table_name",
            "usage_week comes from no source",
        ),
        (
            "macros/files.sql",
            "do source(source_name, table_name)",
            "do source('records', 'app')",
            "usage_week is made of more than frozen cells and the policy",
        ),
        ("models/marts/_marts.yml", "      - ref('usage_week')\n", "", "usage_week is read by no exposure"),
    ],
)
def test_a_gap_in_the_lineage_is_found(tmp_path: Path, file: str, old: str, new: str, gap: str) -> None:
    assert gap in gaps(parsed(tmp_path, altered(tmp_path, file, old, new)))


def test_sources_are_what_is_stored(manifest: Any) -> None:
    tables: dict[str, set[str]] = {}
    for source in manifest.sources.values():
        tables.setdefault(source.source_name, set()).add(source.name)
        assert source.description.startswith(("One row a ", "One row an ")), source.name
    assert tables["records"] == set(SOURCES)
    assert tables["frozen_cells"] == {cube.name for cube in CUBES}


def test_exposures_are_the_marts_file_the_portal_and_each_dataset(manifest: Any) -> None:
    read = exposures(manifest)
    assert read["marts_file"] == MARTS
    assert read["portal"] == told_tables(dict.fromkeys(RELEASABLE, frozenset({date(2026, 10, 19)})))
    datasets = load_policy().releases.dataset
    assert read.keys() - WITHOUT_DATASET == {dataset.name for dataset in datasets}, (
        "models/marts/_marts.yml: one a dataset"
    )
    for dataset in datasets:
        assert read[dataset.name] == {dataset.mart, "coverage_week", "anonymisation_quality_week"}
    for one in manifest.exposures.values():
        assert one.owner.name == "data team"
        assert one.description
        assert one.url is None
        if one.name not in WITHOUT_DATASET:
            assert one.label in {dataset.title for dataset in datasets if dataset.name == one.name}


def test_counting_is_private_and_marts_are_public(manifest: Any) -> None:
    for name, model in models(manifest).items():
        of_persons = model.meta["personal_data"] in ("pseudonymous", "small_counts")
        assert (str(model.access), model.group) == (
            ("private", "counting") if of_persons else ("public" if name in MARTS else "protected", None)
        ), name


def test_a_mart_that_reads_the_counting_does_not_parse(tmp_path: Path) -> None:
    project = altered(
        tmp_path, "models/marts/dim_week.sql", "ref('usage_by_region_age_week')", "ref('int_app__leaf_cells_counted')"
    )
    with pytest.raises(Refusal, match="does not parse"):
        parsed(tmp_path, project)


def altered(folder: Path, file: str, old: str, new: str) -> Path:
    project = folder / "dbt_project"
    shutil.copytree(dbt_command.PROJECT, project, ignore=shutil.ignore_patterns("__pycache__"))
    text = (project / file).read_text(encoding="utf-8")
    assert text.count(old) == 1
    (project / file).write_text(text.replace(old, new), encoding="utf-8")
    return project
