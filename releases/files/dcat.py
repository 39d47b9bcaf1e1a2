"""dcat.jsonld: a release as a dataset of DCAT-AP 3, for catalogues such as data.overheid.nl and data.europa.eu.

Addresses are relative to the file, so that a copy on a disk is as true as a site; absolute where the policy names the
address at which releases are served.
"""

from collections.abc import Sequence
from typing import Any

from policy.release_policy import DatasetPolicy, ReleasePolicy
from releases.files import vocabulary
from releases.files.data_files import DataFile
from releases.files.written import instant, json_bytes, without_none
from releases.ledger.release import Release
from releases.ledger.release_id import ReleaseId

JsonNode = dict[str, Any]

PROVENANCE = {
    "en": "Records without consent were dropped, the rest counted a week in cells of at least k persons, which never "
    "change again. README.md has the method, disclosure-report.json what was checked.",
    "nl": "Gegevens zonder toestemming zijn weggelaten; de rest is per week geteld in cellen van ten minste k "
    "personen, die daarna nooit veranderen. README.md beschrijft de methode, disclosure-report.json wat is nagegaan.",
}


def dcat(release: Release, files: Sequence[DataFile]) -> bytes:
    """The release, its files, its series and its publisher, as JSON-LD."""
    root = releases_address(release.policy, "../../")
    folder = folder_address(release.policy, release.id)
    distributions = [node for file in files for node in _distribution(release, folder, file)]
    nodes = [
        _dataset(release, root, folder, files),
        *distributions,
        series_node(root, release.id.dataset, release.dataset),
        *publisher_nodes(root, release.policy),
        *(_typed(f"{folder}{name}", "foaf:Document") for name in _DOCUMENTS),
        _typed(release.policy.licence_url, "dct:LicenseDocument", release.policy.licence),
    ]
    return json_bytes({"@context": dict(vocabulary.CONTEXT), "@graph": [*nodes, *vocabulary.terms_in(nodes)]})


_DOCUMENTS = ("README.md", "datapackage.json", "disclosure-report.json")


def releases_address(policy: ReleasePolicy, relative: str) -> str:
    """Where all releases are, with a slash at the end; `relative`: from the file that is written."""
    return f"{policy.base_url}/releases/" if policy.base_url else relative


def folder_address(policy: ReleasePolicy, release: ReleaseId) -> str:
    """Where a release's folder is, as seen from a file in it."""
    return f"{policy.base_url}/releases/{release}/" if policy.base_url else "./"


def series_node(root: str, name: str, dataset: DatasetPolicy | None) -> JsonNode:
    """The series that all releases of a dataset are in; of one that is not declared any more, its name alone."""
    told: JsonNode
    if dataset is None:
        told = {"dct:title": [in_language("en", name)], "dct:description": [in_language("en", "No longer released.")]}
    else:
        told = {
            "dct:title": [in_language("en", dataset.title), in_language("nl", dataset.title_nl)],
            "dct:description": [in_language("en", dataset.description), in_language("nl", dataset.description_nl)],
            "dct:accrualPeriodicity": _to(vocabulary.WEEKLY if "week" in dataset.periods else vocabulary.QUARTERLY),
        }
    return {
        "@id": f"{root}{name}/",
        "@type": "dcat:DatasetSeries",
        **told,
        "dct:publisher": _to(f"{root}#publisher"),
        "dcat:contactPoint": _to(f"{root}#contact"),
    }


def publisher_nodes(root: str, policy: ReleasePolicy) -> list[JsonNode]:
    """Who publishes, and where questions go."""
    return [
        {
            "@id": f"{root}#publisher",
            "@type": "foaf:Agent",
            "foaf:name": policy.publisher,
            "foaf:mbox": _to(f"mailto:{policy.contact}"),
        },
        {
            "@id": f"{root}#contact",
            "@type": ["vcard:Kind", "vcard:Organization"],
            "vcard:fn": policy.publisher,
            "vcard:hasEmail": _to(f"mailto:{policy.contact}"),
        },
    ]


def in_language(language: str, words: str) -> JsonNode:
    """A text of one language."""
    return {"@language": language, "@value": words}


def typed_value(kind: str, words: str) -> JsonNode:
    """A value of one type of XML Schema."""
    return {"@type": f"xsd:{kind}", "@value": words}


def _dataset(release: Release, root: str, folder: str, files: Sequence[DataFile]) -> JsonNode:
    dataset, period = release.dataset, release.id.period
    replaced = _to(f"{root}{release.replaces}/") if release.replaces else None
    return without_none(
        {
            "@id": folder,
            "@type": "dcat:Dataset",
            "dct:identifier": str(release.id),
            "dct:title": [
                in_language("en", release.title),
                in_language("nl", f"{dataset.title_nl}, {period.label}"),
            ],
            "dct:description": [
                in_language("en", dataset.description),
                in_language("nl", dataset.description_nl),
            ],
            "dcat:keyword": [in_language("en", word) for word in dataset.keywords],
            "dcat:theme": _to(vocabulary.SOCIETY),
            "dct:language": _to(vocabulary.ENGLISH),
            "dct:issued": typed_value("dateTime", instant(release.issued)),
            "dct:modified": typed_value("dateTime", instant(release.issued)),
            "dct:accrualPeriodicity": _to(vocabulary.NEVER),  # a release never changes; its series goes on
            "dct:temporal": {
                "@type": "dct:PeriodOfTime",
                "dcat:startDate": typed_value("date", period.first_day.isoformat()),
                "dcat:endDate": typed_value("date", period.last_day.isoformat()),
            },
            "dcat:temporalResolution": typed_value("duration", "P7D"),
            "dct:spatial": [_to(vocabulary.NETHERLANDS), _to(vocabulary.WORLD)],
            "dct:accessRights": _to(vocabulary.PUBLIC),
            "dct:publisher": _to(f"{root}#publisher"),
            "dct:creator": _to(f"{root}#publisher"),
            "dcat:contactPoint": _to(f"{root}#contact"),
            "dcat:inSeries": _to(f"{root}{release.id.dataset}/"),
            "dcat:version": str(release.id.version),
            "adms:versionNotes": in_language("en", release.changes) if release.changes else None,
            "dcat:previousVersion": replaced,
            "dct:replaces": replaced,
            "dct:provenance": {
                "@type": "dct:ProvenanceStatement",
                "rdfs:label": [in_language(language, words) for language, words in PROVENANCE.items()],
            },
            "foaf:page": [_to(f"{folder}{name}") for name in _DOCUMENTS],
            "dcat:distribution": [_to(f"{folder}#{file.name}") for file in files],
        }
    )


def _distribution(release: Release, folder: str, file: DataFile) -> list[JsonNode]:
    file_type, media_type = vocabulary.FILE_TYPES[file.format]
    address = f"{folder}{file.name}"
    return [
        {
            "@id": f"{folder}#{file.name}",
            "@type": "dcat:Distribution",
            "dct:title": in_language("en", f"{file.title}, {release.id.period.label} ({file.name})"),
            "dcat:accessURL": _to(address),
            "dcat:downloadURL": _to(address),
            "dct:format": _to(file_type),
            "dcat:mediaType": _to(media_type),
            "dcat:byteSize": typed_value("nonNegativeInteger", str(len(file.content))),
            "spdx:checksum": {
                "@type": "spdx:Checksum",
                "spdx:algorithm": _to(vocabulary.SHA256),
                "spdx:checksumValue": typed_value("hexBinary", file.sha256),
            },
            "dct:license": _to(release.policy.licence_url),
            "dct:issued": typed_value("dateTime", instant(release.issued)),
        },
        _typed(address, "rdfs:Resource"),
    ]


def _typed(address: str, kind: str, label: str | None = None) -> JsonNode:
    return without_none({"@id": address, "@type": kind, "rdfs:label": label})


def _to(address: str) -> JsonNode:
    return {"@id": address}
