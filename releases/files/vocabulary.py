"""The terms of public vocabularies that catalogues use, each with its class and its name.

They are written out beside what uses them, so that a catalogue can be checked with nothing but itself. Sources: the
EU authority tables of DCAT-AP 3, IANA's media types, SPDX, GeoNames.
"""

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any

CONTEXT: Mapping[str, str] = MappingProxyType(
    {
        "adms": "http://www.w3.org/ns/adms#",
        "dcat": "http://www.w3.org/ns/dcat#",
        "dct": "http://purl.org/dc/terms/",
        "foaf": "http://xmlns.com/foaf/0.1/",
        "rdfs": "http://www.w3.org/2000/01/rdf-schema#",
        "skos": "http://www.w3.org/2004/02/skos/core#",
        "spdx": "http://spdx.org/rdf/terms#",
        "vcard": "http://www.w3.org/2006/vcard/ns#",
        "xsd": "http://www.w3.org/2001/XMLSchema#",
    }
)

_EU = "http://publications.europa.eu/resource/authority"
_IANA = "https://www.iana.org/assignments/media-types"

PUBLIC = f"{_EU}/access-right/PUBLIC"
ENGLISH = f"{_EU}/language/ENG"
DUTCH = f"{_EU}/language/NLD"
SOCIETY = f"{_EU}/data-theme/SOCI"
NEVER = f"{_EU}/frequency/NEVER"
WEEKLY = f"{_EU}/frequency/WEEKLY"
QUARTERLY = f"{_EU}/frequency/QUARTERLY"
NETHERLANDS = f"{_EU}/country/NLD"
WORLD = "https://sws.geonames.org/6295630/"
COMPLETED = f"{_EU}/dataset-status/COMPLETED"
DEPRECATED = f"{_EU}/dataset-status/DEPRECATED"
WITHDRAWN = f"{_EU}/dataset-status/WITHDRAWN"
SHA256 = "http://spdx.org/rdf/terms#checksumAlgorithm_sha256"

#: By the format of a file: its type in the EU table, and its media type.
FILE_TYPES: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "csv": (f"{_EU}/file-type/CSV", f"{_IANA}/text/csv"),
        "parquet": (f"{_EU}/file-type/PARQUET", f"{_IANA}/application/vnd.apache.parquet"),
    }
)

_TERMS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        PUBLIC: ("dct:RightsStatement", "public"),
        ENGLISH: ("dct:LinguisticSystem", "English"),
        DUTCH: ("dct:LinguisticSystem", "Dutch"),
        SOCIETY: ("skos:Concept", "Population and society"),
        NEVER: ("dct:Frequency", "never"),
        WEEKLY: ("dct:Frequency", "weekly"),
        QUARTERLY: ("dct:Frequency", "quarterly"),
        NETHERLANDS: ("dct:Location", "Netherlands"),
        WORLD: ("dct:Location", "World"),
        COMPLETED: ("skos:Concept", "completed"),
        DEPRECATED: ("skos:Concept", "deprecated"),
        WITHDRAWN: ("skos:Concept", "withdrawn"),
        SHA256: ("spdx:ChecksumAlgorithm", "SHA-256"),
        FILE_TYPES["csv"][0]: ("dct:MediaTypeOrExtent", "CSV"),
        FILE_TYPES["csv"][1]: ("dct:MediaType", "text/csv"),
        FILE_TYPES["parquet"][0]: ("dct:MediaTypeOrExtent", "Parquet"),
        FILE_TYPES["parquet"][1]: ("dct:MediaType", "application/vnd.apache.parquet"),
    }
)


def terms_in(nodes: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """A node for each term that the nodes point at, in the order of their addresses."""
    used: set[str] = set()
    for node in nodes:
        used |= _addresses(node)
    return [
        {
            "@id": term,
            "@type": kind,
            "skos:prefLabel" if kind == "skos:Concept" else "rdfs:label": {"@language": "en", "@value": name},
        }
        for term, (kind, name) in sorted(_TERMS.items())
        if term in used
    ]


def _addresses(value: object) -> set[str]:
    if isinstance(value, Mapping):
        own = {value["@id"]} if set(value) == {"@id"} else set()
        return own.union(*(_addresses(inner) for inner in value.values()))
    if isinstance(value, list):
        return set().union(*(_addresses(inner) for inner in value))
    return set()
