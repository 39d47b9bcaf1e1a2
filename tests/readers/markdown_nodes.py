"""What readers of Markdown make of a document: its nodes, counted by kind."""

from collections import Counter
from typing import Any

import marko
from marko.ext.gfm import gfm

READERS = {"CommonMark": marko.Markdown(), "GitHub's": gfm}


def kinds(node: Any) -> Counter[str]:
    """How many nodes of each kind a parsed document has; text, escaped or not, aside."""
    inner = node.children if isinstance(getattr(node, "children", None), list) else []
    own = Counter([node.get_type()]) if node.get_type() not in ("RawText", "Literal") else Counter()
    return sum((kinds(child) for child in inner), own)
