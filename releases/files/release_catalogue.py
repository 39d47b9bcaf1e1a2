"""catalogue.jsonld: the releases of approved datasets as one DCAT-AP catalogue; withdrawn ones of all as tombstones.

What is said of a release is what its own folder says (`dcat.jsonld`); the catalogue adds what came later: that a newer
version replaces it, or that it was withdrawn, and why.
"""

import json
from collections.abc import Collection, Mapping, Sequence
from typing import Any
from urllib.parse import urljoin

from policy.release_policy import DatasetPolicy, ReleasePolicy
from refusals.errors import PublicationRefused
from releases.files import vocabulary
from releases.files.dcat import JsonNode, in_language, publisher_nodes, releases_address, series_node, typed_value
from releases.files.written import instant, json_bytes, without_none
from releases.ledger.listed_release import ListedRelease
from releases.ledger.release_id import ReleaseId
from releases.ledger.states import State

CATALOGUE = "catalogue.jsonld"

#: Stands for the folder of all releases while relative addresses are carried over into the catalogue.
_HERE = "https://releases.invalid/"

_STATUS = {
    State.PUBLISHED: vocabulary.COMPLETED,
    State.SUPERSEDED: vocabulary.DEPRECATED,
    State.WITHDRAWN: vocabulary.WITHDRAWN,
}


def catalogue(releases: Sequence[ListedRelease], policy: ReleasePolicy, approved: Collection[str]) -> bytes:
    """The catalogue of releases, in the order of their names, as JSON-LD. The same ledger gives the same bytes.

    `approved`: the datasets that may leave; of any other, the tombstones of withdrawn releases alone are listed.

    Raises:
        PublicationRefused: a release's own dcat.jsonld is missing or is none.
    """
    root = releases_address(policy, "./")
    listed = (one for one in releases if one.id.dataset in approved or one.state == State.WITHDRAWN)
    ordered = sorted(listed, key=lambda release: release.id)
    declared = {dataset.name: dataset for dataset in policy.dataset}
    described = {release.id: _nodes_of(release, declared.get(release.id.dataset), root) for release in ordered}
    addresses = {release: nodes[0]["@id"] for release, nodes in described.items()}
    for release in ordered:
        _add_state(described[release.id][0], release, root, addresses)
    series = [_series(root, name, declared.get(name), ordered) for name in sorted({one.dataset for one in addresses})]
    nodes = _each_once(
        [
            _catalogue_node(root, policy, ordered, [*(one["@id"] for one in series), *addresses.values()]),
            *series,
            *publisher_nodes(root, policy),
            *(node for told in described.values() for node in told),
        ]
    )
    return json_bytes(
        {"@context": dict(vocabulary.CONTEXT), "@graph": _each_once([*nodes, *vocabulary.terms_in(nodes)])}
    )


def _catalogue_node(
    root: str, policy: ReleasePolicy, releases: Sequence[ListedRelease], datasets: Sequence[str]
) -> JsonNode:
    changed = [instant(release.withdrawn_at or release.published_at) for release in releases]
    return without_none(
        {
            "@id": f"{root}catalogue.jsonld",
            "@type": "dcat:Catalog",
            "dct:title": [
                in_language("en", f"Releases of {policy.publisher}"),
                in_language("nl", f"Publicaties van {policy.publisher}"),
            ],
            "dct:description": [
                in_language(
                    "en", "Anonymous usage figures: what is published now in every version, and what was withdrawn."
                ),
                in_language(
                    "nl",
                    "Anonieme gebruikscijfers: elke versie van wat nu gepubliceerd is, en wat is ingetrokken.",
                ),
            ],
            "dct:publisher": _to(f"{root}#publisher"),
            "dct:language": [_to(vocabulary.ENGLISH), _to(vocabulary.DUTCH)],
            "dct:modified": typed_value("dateTime", max(changed)) if changed else None,
            "dcat:dataset": [_to(address) for address in datasets],
        }
    )


def _series(root: str, name: str, dataset: DatasetPolicy | None, releases: Sequence[ListedRelease]) -> JsonNode:
    own = [release for release in releases if release.id.dataset == name]
    return {
        **series_node(root, name, dataset),
        "@type": ["dcat:DatasetSeries", "dcat:Dataset"],  # a catalogue lists datasets, and a series is one
        "dct:issued": typed_value("dateTime", min(instant(release.published_at) for release in own)),
        "dct:modified": typed_value(
            "dateTime", max(instant(release.withdrawn_at or release.published_at) for release in own)
        ),
    }


def _nodes_of(release: ListedRelease, dataset: DatasetPolicy | None, root: str) -> list[JsonNode]:
    """What is told of a release, the dataset itself first."""
    if release.state == State.WITHDRAWN:
        return [_tombstone(release, dataset, root)]
    path = release.folder / "dcat.jsonld"
    try:
        graph = json.loads(path.read_bytes())["@graph"]
        own = [_carried_over(node, release.id, root) for node in graph]
        at = next(place for place, node in enumerate(own) if node["@type"] == "dcat:Dataset")
    except (OSError, ValueError, LookupError, TypeError, StopIteration) as error:
        raise PublicationRefused(f"{path} is missing or was changed: put the backup back") from error
    told = [node for place, node in enumerate(own) if place != at and node["@type"] != "dcat:DatasetSeries"]
    return [own[at], *told]


def _tombstone(release: ListedRelease, dataset: DatasetPolicy | None, root: str) -> JsonNode:
    """All that is left of a withdrawn release: that it was there, when it went and why. No file can be had."""
    title = dataset.title if dataset else release.id.dataset
    gone = instant(release.withdrawn_at or release.published_at)
    label = release.id.period.label
    return {
        "@id": f"{root}{release.id}/",
        "@type": "dcat:Dataset",
        "dct:identifier": str(release.id),
        "dct:title": [
            in_language("en", f"{title}, {label} (withdrawn)"),
            in_language("nl", f"{dataset.title_nl if dataset else title}, {label} (ingetrokken)"),
        ],
        "dct:description": [
            in_language("en", f"Withdrawn on {gone[:10]}. Reason: {release.why}"),
            in_language("nl", f"Ingetrokken op {gone[:10]}. Reden: {release.why}"),
        ],
        "dct:issued": typed_value("dateTime", instant(release.published_at)),
        "dct:modified": typed_value("dateTime", gone),
        "dct:publisher": _to(f"{root}#publisher"),
        "dcat:contactPoint": _to(f"{root}#contact"),
        "dcat:version": str(release.id.version),
    }


def _add_state(node: JsonNode, release: ListedRelease, root: str, addresses: Mapping[ReleaseId, str]) -> None:
    node["dcat:inSeries"] = _to(f"{root}{release.id.dataset}/")
    node["adms:status"] = _to(_STATUS[release.state])
    if release.superseded_by is not None and release.superseded_by in addresses:
        node["dct:isReplacedBy"] = _to(addresses[release.superseded_by])


def _carried_over(value: Any, release: ReleaseId, root: str) -> Any:
    """A value of a release's own file with its relative addresses as seen from the catalogue."""
    if isinstance(value, dict):
        told = {name: _carried_over(inner, release, root) for name, inner in value.items()}
        if "@id" in value:
            address = urljoin(f"{_HERE}{release}/", value["@id"])
            told["@id"] = root + address.removeprefix(_HERE) if address.startswith(_HERE) else value["@id"]
        return told
    if isinstance(value, list):
        return [_carried_over(inner, release, root) for inner in value]
    return value


def _each_once(nodes: Sequence[JsonNode]) -> list[JsonNode]:
    """The first node of each address."""
    first: dict[str, JsonNode] = {}
    for node in nodes:
        first.setdefault(node["@id"], node)
    return list(first.values())


def _to(address: str) -> JsonNode:
    return {"@id": address}
