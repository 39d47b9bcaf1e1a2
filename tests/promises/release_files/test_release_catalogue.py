"""Releases as DCAT-AP 3: valid by its own SHACL shapes, and what became of each release can be read in the catalogue.

All shapes and classes are checked, none is left out: terms of outside vocabularies are written out in the file. What is
not checked is whether a term is still in the authority table that it is from, since that table is on the network.
"""

import hashlib
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from rdflib import RDF, Graph, Literal, Namespace, URIRef
from rdflib.namespace import DCTERMS

from refusals.errors import PublicationRefused
from releases.files.release_catalogue import catalogue
from releases.files.release_files import release_files
from releases.ledger.listed_release import ListedRelease
from releases.ledger.release import Release
from releases.ledger.release_id import ReleaseId
from releases.ledger.states import State
from tests.readers.release_shapes import faults, read, shapes
from tests.readers.release_tables import write
from tests.worlds.release_world import ISSUED, corrected_release, every_release, release_policy, weekly_release

RELEASES = [pytest.param(release, id=str(release.id)) for release in every_release()]
SITE = "https://somewhere.example/"
DCAT = Namespace("http://www.w3.org/ns/dcat#")
ADMS = Namespace("http://www.w3.org/ns/adms#")
SPDX = Namespace("http://spdx.org/rdf/terms#")
STATUS = "http://publications.europa.eu/resource/authority/dataset-status/"
WITHDRAWN_AT = datetime(2026, 11, 2, 5, tzinfo=UTC)


def of_release(release: Release) -> Graph:
    return read(release_files(release)["dcat.jsonld"], f"{SITE}releases/{release.id}/dcat.jsonld")


APPROVED = frozenset(
    {
        "usage_by_region_age",
        "usage_by_hour",
        "session_length_by_age",
        "usage_by_frequency",
        "usage_by_platform",
        "ga4_engagement",
        "ga4_engaged_sessions",
    }
)


def published(root: Path, release: Release, **changes: Any) -> ListedRelease:
    """A release in its folder."""
    files = release_files(release)
    sha256 = hashlib.sha256(files["data.csv"]).hexdigest()
    folder = write(root / str(release.id), files)
    one = ListedRelease(release.id, State.PUBLISHED, ISSUED, None, "", None, sha256, folder)
    return replace(one, **changes)


def withdrawn(root: Path, release: Release, **changes: Any) -> ListedRelease:
    """A release whose folder holds a tombstone alone."""
    one = published(
        root, release, state=State.WITHDRAWN, withdrawn_at=WITHDRAWN_AT, why="A region was wrong.", **changes
    )
    for path in one.folder.iterdir():
        path.unlink()
    return one


def of_catalogue(releases: list[ListedRelease], **policy: Any) -> Graph:
    return read(catalogue(releases, release_policy(**policy), APPROVED), f"{SITE}releases/catalogue.jsonld")


def address(release: ReleaseId | str) -> URIRef:
    return URIRef(f"{SITE}releases/{release}/")


def test_there_are_shapes() -> None:
    target = URIRef("http://www.w3.org/ns/shacl#targetClass")
    assert {DCAT.Dataset, DCAT.Distribution, DCAT.Catalog, DCAT.DatasetSeries} <= set(shapes().objects(None, target))


@pytest.mark.parametrize("release", RELEASES)
def test_a_release_keeps_dcat_ap(release: Release) -> None:
    graph = of_release(release)
    assert faults(graph) == ""
    assert (address(release.id), RDF.type, DCAT.Dataset) in graph


def _without(predicate: URIRef) -> Callable[[Graph], Any]:
    return lambda graph: graph.remove((None, predicate, None))


@pytest.mark.parametrize(
    ("plant", "found"),
    [
        (_without(DCTERMS.title), "title"),
        (_without(DCTERMS.description), "description"),
        (_without(DCAT.accessURL), "accessURL"),
        (_without(SPDX.checksumValue), "checksumValue"),
        (lambda graph: graph.remove((None, RDF.type, DCAT.Distribution)), "distribution"),
        (lambda graph: graph.remove((None, RDF.type, DCTERMS.LicenseDocument)), "license"),
        (lambda graph: graph.set((next(graph.subjects(DCAT.byteSize)), DCAT.byteSize, Literal("much"))), "byteSize"),
        (lambda graph: graph.set((address(weekly_release().id), DCTERMS.publisher, Literal("us"))), "publisher"),
    ],
)
def test_a_planted_fault_is_found(plant: Callable[[Graph], Any], found: str) -> None:
    graph = of_release(weekly_release())
    plant(graph)
    assert found in faults(graph)


def test_files_can_be_found_and_checked() -> None:
    """Each distribution's address, size and digest are those of the file."""
    release = every_release()[-1]
    files, graph = release_files(release), of_release(release)
    distributions = list(graph.objects(address(release.id), DCAT.distribution))
    assert len(distributions) == 4
    for one in distributions:
        (url,) = graph.objects(one, DCAT.downloadURL)
        content = files[str(url).removeprefix(str(address(release.id)))]
        assert graph.value(one, DCAT.byteSize).toPython() == len(content)
        checksum = graph.value(one, SPDX.checksum)
        assert str(graph.value(checksum, SPDX.checksumValue)).lower() == hashlib.sha256(content).hexdigest()


def test_a_correction_names_what_it_replaces() -> None:
    graph = of_release(corrected_release())
    assert graph.value(address(corrected_release().id), DCTERMS.replaces) == address(weekly_release().id)
    assert "name of one region" in str(graph.value(address(corrected_release().id), ADMS.versionNotes))


@pytest.mark.parametrize("base_url", ["", "https://data.example.org/app"])
def test_the_catalogue_keeps_dcat_ap_and_lists_everything(tmp_path: Path, base_url: str) -> None:
    made = every_release()
    releases = [withdrawn(tmp_path, one) if "hour" in one.id.dataset else published(tmp_path, one) for one in made]
    graph = of_catalogue(releases, base_url=base_url)
    assert faults(graph) == ""
    (catalogued,) = graph.subjects(RDF.type, DCAT.Catalog)
    root = f"{base_url}/releases/" if base_url else f"{SITE}releases/"
    folders = {f"{root}{one.id}/" for one in made}
    series = {f"{root}{one.id.dataset}/" for one in made}
    assert {str(one) for one in graph.objects(catalogued, DCAT.dataset)} == folders | series
    for one in made:
        assert graph.value(URIRef(f"{root}{one.id}/"), DCAT.inSeries) == URIRef(f"{root}{one.id.dataset}/")
        assert graph.value(URIRef(f"{root}{one.id}/"), DCTERMS.identifier) == Literal(str(one.id))


def test_a_planted_fault_in_the_catalogue_is_found(tmp_path: Path) -> None:
    graph = of_catalogue([published(tmp_path, weekly_release())])
    graph.remove((None, RDF.type, DCAT.DatasetSeries))
    assert "inSeries" in faults(graph)


def test_what_a_release_says_of_itself_is_in_the_catalogue_word_for_word(tmp_path: Path) -> None:
    """Seen from the catalogue's address, every statement of the release's own file holds."""
    release = weekly_release()
    whole, own = of_catalogue([published(tmp_path, release)]), of_release(release)
    named = [statement for statement in own if all(isinstance(part, URIRef | Literal) for part in statement)]
    assert len(named) > 50
    assert [statement for statement in named if statement not in whole] == []


def test_a_withdrawn_release_is_a_tombstone(tmp_path: Path) -> None:
    release = weekly_release()
    graph = of_catalogue([withdrawn(tmp_path, release)])
    gone = address(release.id)
    assert graph.value(gone, ADMS.status) == URIRef(f"{STATUS}WITHDRAWN")
    assert list(graph.objects(gone, DCAT.distribution)) == []
    assert list(graph.subjects(RDF.type, DCAT.Distribution)) == []
    told = {str(words) for words in graph.objects(gone, DCTERMS.description)}
    assert told == {
        "Withdrawn on 2026-11-02. Reason: A region was wrong.",
        "Ingetrokken op 2026-11-02. Reden: A region was wrong.",
    }
    assert {str(words) for words in graph.objects(gone, DCTERMS.title)} == {
        "App usage by region and age group, 2026-W39 (withdrawn)",
        "Gebruik van de app naar regio en leeftijd, 2026-W39 (ingetrokken)",
    }


def test_a_superseded_release_names_its_successor_and_keeps_its_files(tmp_path: Path) -> None:
    first, second = weekly_release(), corrected_release()
    graph = of_catalogue(
        [
            published(tmp_path, first, state=State.SUPERSEDED, superseded_by=second.id),
            published(tmp_path, second),
        ]
    )
    assert faults(graph) == ""
    assert graph.value(address(first.id), ADMS.status) == URIRef(f"{STATUS}DEPRECATED")
    assert graph.value(address(first.id), DCTERMS.isReplacedBy) == address(second.id)
    assert graph.value(address(second.id), DCTERMS.replaces) == address(first.id)
    assert graph.value(address(second.id), ADMS.status) == URIRef(f"{STATUS}COMPLETED")
    assert len(list(graph.objects(address(first.id), DCAT.distribution))) == 2


def test_a_dataset_that_is_no_longer_declared_stays_in_the_catalogue(tmp_path: Path) -> None:
    one, other = weekly_release(), weekly_release("usage_by_hour")
    left = [dataset for dataset in release_policy().dataset if dataset.name != one.id.dataset]
    graph = of_catalogue([withdrawn(tmp_path, one), published(tmp_path, other)], dataset=left)
    assert faults(graph) == ""
    assert (address(one.id), RDF.type, DCAT.Dataset) in graph


def test_an_empty_catalogue_is_one() -> None:
    graph = of_catalogue([])
    assert faults(graph) == ""
    assert len(list(graph.subjects(RDF.type, DCAT.Catalog))) == 1


def test_the_same_releases_give_the_same_bytes_in_any_order(tmp_path: Path) -> None:
    releases = [published(tmp_path, one) for one in every_release()]
    assert catalogue(releases, release_policy(), APPROVED) == catalogue(releases[::-1], release_policy(), APPROVED)


@pytest.mark.parametrize("content", [None, b"", b"{}", b'{"@graph": []}', b'{"@graph": [1]}', b"\xff"])
def test_a_broken_file_of_a_release_stops_the_catalogue(tmp_path: Path, content: bytes | None) -> None:
    one = published(tmp_path, weekly_release())
    (one.folder / "dcat.jsonld").unlink()
    if content is not None:
        (one.folder / "dcat.jsonld").write_bytes(content)
    with pytest.raises(PublicationRefused, match=r"dcat\.jsonld is missing or was changed"):
        catalogue([one], release_policy(), APPROVED)


def test_addresses_are_relative_unless_the_policy_names_one() -> None:
    text = release_files(weekly_release())["dcat.jsonld"].decode()
    assert {node["@id"].partition("#")[0] for node in json.loads(text)["@graph"] if node["@id"].startswith(".")} == {
        "./", "./data.csv", "./data.parquet", "./README.md", "./datapackage.json", "./disclosure-report.json",
        "../../", "../../usage_by_region_age/",
    }  # fmt: skip
    served = release_files(weekly_release(base_url="https://data.example.org/app"))["dcat.jsonld"].decode()
    assert not [node for node in json.loads(served)["@graph"] if node["@id"].startswith(".")]
