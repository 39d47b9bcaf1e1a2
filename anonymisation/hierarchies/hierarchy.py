"""Generalisation hierarchies: what a quasi-identifier's leaves may be published as.

Three kinds: a **tree** (regions: a node splits into its children), **ordered** bands (ages: neighbours merge to
intervals), and **flat** categories (devices: each by itself, or all together). Every leaf of a hierarchy belongs to
what is published, observed or not: a list of the observed ones alone would tell who was there.
"""

from abc import ABC, abstractmethod
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from functools import cache

from policy.region_table import regions
from refusals.errors import InputRefused, UsageError

ALL = "all"
_OUTSIDE = "a value is outside its hierarchy: add it as a leaf"
MOST_JOINED_CODES = 4  # a group of more members is told by its parent: a label must stay readable


@dataclass(frozen=True, slots=True)
class Group:
    """What one published value covers, in one dimension.

    `level` is the node's own in a tree (`subdivision`, `country`, `subregion`, `world`; `group` for several siblings),
    `band`, `interval` or `all` for ordered bands, `category` or `all` for flat ones. `leaves` are all leaves covered,
    observed or not, in the hierarchy's order. `lower` and `upper` are the first and last year (inclusive; null: open).
    """

    label: str
    level: str
    leaves: tuple[str, ...]
    parent: str | None
    lower: int | None = None
    upper: int | None = None
    hierarchy: "Hierarchy | None" = field(default=None, compare=False, repr=False)


class Hierarchy(ABC):
    """Leaves in their order, and the group that a set of them is published as."""

    leaves: tuple[str, ...]

    def __init__(self, leaves: Iterable[str]) -> None:
        self.leaves = tuple(leaves)
        self._positions = {leaf: position for position, leaf in enumerate(self.leaves)}
        if not self.leaves or len(self._positions) != len(self.leaves):
            raise UsageError("a hierarchy needs leaves, each named once")

    @abstractmethod
    def group(self, leaves: Collection[str]) -> Group:
        """The description of exactly these leaves.

        Raises:
            InputRefused: a leaf is unknown, or no published value covers exactly these.
        """

    def position(self, leaf: str) -> int:
        """The leaf's place in the hierarchy's order.

        Raises:
            InputRefused: the hierarchy does not know it (the value is not quoted).
        """
        try:
            return self._positions[leaf]
        except KeyError:
            raise InputRefused(_OUTSIDE) from None

    def in_order(self, leaves: Collection[str]) -> tuple[str, ...]:
        """The same leaves, each once, in the hierarchy's order."""
        return tuple([self.leaves[place] for place in self.places(leaves)])

    def places(self, leaves: Collection[str]) -> list[int]:
        """Their places in the hierarchy's order, each once, ascending.

        Raises:
            InputRefused: as `position`.
        """
        try:
            return sorted(set(map(self._positions.__getitem__, leaves)))
        except KeyError:
            raise InputRefused(_OUTSIDE) from None


@dataclass(frozen=True, slots=True)
class Node:
    """One node of a tree. `leaves` in the tree's order; a leaf is its own only leaf and has no children."""

    code: str
    level: str
    parent: str | None
    children: tuple[str, ...]
    leaves: tuple[str, ...]


class Tree(Hierarchy):
    """A node splits into its children; some of a node's children may stay together as one group."""

    def __init__(self, nodes: Sequence[tuple[str, str, str | None]]) -> None:
        """`nodes`: code, level and parent's code, parents before their children; exactly one root.

        Raises:
            UsageError: a code is twice in it, a parent is unknown, or there is not exactly one root.
        """
        children: dict[str, list[str]] = {}
        for code, _, parent in nodes:
            if code in children or (parent is not None and parent not in children):
                raise UsageError("a tree names each node once, after its parent")
            children[code] = []
            if parent is not None:
                children[parent].append(code)
        roots = [code for code, _, parent in nodes if parent is None]
        if len(roots) != 1:
            raise UsageError("a tree has exactly one root")
        self.root = roots[0]
        leaves: dict[str, tuple[str, ...]] = {}
        for code, _, _ in reversed(nodes):
            below = sorted(children[code])
            leaves[code] = tuple(leaf for child in below for leaf in leaves[child]) if below else (code,)
        self.nodes: dict[str, Node] = {
            code: Node(code, level, parent, tuple(sorted(children[code])), leaves[code])
            for code, level, parent in nodes
        }
        super().__init__(leaves[self.root])
        #: A node's leaves follow one another: its first, and the one after its last.
        self._span: dict[str, tuple[int, int]] = {}
        for code, inside in leaves.items():
            first = self.position(inside[0])
            self._span[code] = first, first + len(inside)
        #: By where they begin, the nodes and where they end, the largest first; of equals the topmost.
        self._beginning_at: dict[int, list[tuple[int, str]]] = {}
        for code in self.nodes:
            first, end = self._span[code]
            self._beginning_at.setdefault(first, []).append((end, code))
        for nodes_here in self._beginning_at.values():
            nodes_here.sort(key=lambda node: -node[0])

    def group(self, leaves: Collection[str]) -> Group:
        """The topmost node with exactly these leaves; else a group, named by its fewest nodes or its parent."""
        places = self.places(leaves)
        ordered = tuple([self.leaves[place] for place in places])
        members = self._fewest_nodes(places)
        if not members:
            raise InputRefused("no leaf, no group")
        if len(members) == 1:
            node = self.nodes[members[0]]
            return Group(node.code, node.level, ordered, node.parent, hierarchy=self)
        parent = self.smallest_node_over(ordered)
        label = "+".join(sorted(members)) if len(members) <= MOST_JOINED_CODES else f"rest of {parent}"
        return Group(label, "group", ordered, parent, hierarchy=self)

    def fewest_nodes(self, wanted: frozenset[str]) -> list[str]:
        """The topmost nodes that together have exactly these leaves, in the tree's order."""
        return self._fewest_nodes(self.places(wanted))

    def _fewest_nodes(self, places: Sequence[int]) -> list[str]:
        """Of leaves by their places, ascending: the largest node that begins at the first and fits, and so on."""
        found, number = [], 0
        while number < len(places):
            first = places[number]
            for end, code in self._beginning_at[first]:
                last = number + end - first - 1
                if last < len(places) and places[last] == end - 1:
                    found.append(code)
                    number = last + 1
                    break
        return found

    def smallest_node_over(self, leaves: Sequence[str]) -> str:
        """The code of the lowest node that has all of these leaves (at least one), and perhaps others."""
        places = self.places(leaves)
        first, last = places[0], places[-1]
        code = leaves[0]
        while not self._span[code][0] <= first <= last < self._span[code][1]:
            above = self.nodes[code].parent
            if above is None:
                break
            code = above
        return code


class OrderedBands(Hierarchy):
    """Bands in ascending order, of which neighbours merge. The last band is open."""

    def __init__(self, labels: Sequence[str], first_years: Sequence[int] | None = None) -> None:
        """One label and one first year a band; without years, an interval is told by its two ends.

        Raises:
            UsageError: the two differ in length, or the years do not ascend.
        """
        super().__init__(labels)
        self.first_years = tuple(first_years) if first_years is not None else None
        if first_years is not None and (
            len(labels) != len(first_years) or list(first_years) != sorted(set(first_years))
        ):
            raise UsageError("ordered bands need a label and an ascending first year each")

    def group(self, leaves: Collection[str]) -> Group:
        """The interval of these neighbouring bands: `18-24`, merged `18-34`, open `65+`, all of them `all`."""
        ordered = self.in_order(leaves)
        first, last = self.position(ordered[0]), self.position(ordered[-1])
        if last - first + 1 != len(ordered):
            raise InputRefused("bands that are no neighbours have no common interval")
        is_open = last + 1 == len(self.leaves)
        lower = self.first_years[first] if self.first_years else None
        upper = self.first_years[last + 1] - 1 if self.first_years and not is_open else None
        if len(ordered) == len(self.leaves):
            return Group(ALL, ALL, ordered, None, lower, None, hierarchy=self)
        if len(ordered) == 1:
            return Group(ordered[0], "band", ordered, ALL, lower, upper, hierarchy=self)
        label = f"{lower}+" if is_open else f"{lower}-{upper}"
        if lower is None:
            label = f"{ordered[0]} to {ordered[-1]}"
        return Group(label, "interval", ordered, ALL, lower, upper, hierarchy=self)


class FlatCategories(Hierarchy):
    """Categories without an order: each by itself, or all together."""

    def group(self, leaves: Collection[str]) -> Group:
        """The category, or `all`."""
        ordered = self.in_order(leaves)
        if len(ordered) == 1:
            return Group(ordered[0], "category", ordered, ALL, hierarchy=self)
        if len(ordered) == len(self.leaves):
            return Group(ALL, ALL, ordered, None, hierarchy=self)
        raise InputRefused("flat categories are published one by one, or all together")


@cache
def region_hierarchy() -> Tree:
    """World → UN M49 sub-region → country → subdivision, every leaf code of the region table (contract section 5)."""
    return Tree([(region.code, region.level, region.parent) for region in regions().values()])


def ordered_bands(labels: Sequence[str], first_years: Sequence[int]) -> OrderedBands:
    """Age bands: `labels` youngest first, with the first year of each; the last is open."""
    return OrderedBands(labels, first_years)


def flat_categories(labels: Sequence[str]) -> FlatCategories:
    """Categories that are told each by itself or not at all. Give the whole list, not only the observed ones."""
    return FlatCategories(labels)
