"""Persons over linked browsers against a plain union-find."""

import itertools

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingestion.ga4 import persons as ga4_persons


def union_find(links: list[tuple[str | None, str | None]]) -> dict[str, str]:
    parent: dict[tuple[str, str], tuple[str, str]] = {}

    def root(node):
        parent.setdefault(node, node)
        while parent[node] != node:
            parent[node] = parent[parent[node]]
            node = parent[node]
        return node

    for browser, user in links:
        if browser is not None and user is not None:
            parent[root(("browser", browser))] = root(("user", user))
    smallest: dict[tuple[str, str], str] = {}
    for node in list(parent):
        if node[0] == "user":
            smallest[root(node)] = min(smallest.get(root(node), node[1]), node[1])
    return {node[1]: f"user:{smallest[root(node)]}" for node in list(parent) if node[0] == "browser"}


def persons(links) -> tuple[dict[str, str], int]:
    rounds = 0
    real = ga4_persons._spread_labels

    def counted(con):
        nonlocal rounds
        rounds += 1
        return real(con)

    with duckdb.connect() as con, pytest.MonkeyPatch.context() as patch:
        patch.setattr(ga4_persons, "_spread_labels", counted)
        con.execute("create temp table ga4_links (user_pseudo_id varchar, user_id varchar)")
        if links:
            con.execute(
                "insert into ga4_links select unnest($browsers::varchar[]), unnest($users::varchar[])",
                {"browsers": [link[0] for link in links], "users": [link[1] for link in links]},
            )
        ga4_persons.link_persons(con)
        rows = con.execute("select user_pseudo_id, person_key from ga4_persons").fetchall()
    assert len(rows) == len(dict(rows)), "one row a browser"
    return dict(rows), rounds


@pytest.mark.clause("ga4-persons")
def test_browsers_that_share_an_account_are_one_person() -> None:
    links = [("p1", "anna"), ("p2", "anna"), ("p2", "bert"), ("p3", "bert"), ("p4", "carl"), ("p5", None)]
    assert persons(links)[0] == {"p1": "user:anna", "p2": "user:anna", "p3": "user:anna", "p4": "user:carl"}


def test_a_user_id_that_looks_like_a_pseudo_id_joins_nothing() -> None:
    assert persons([("1.1", "2.2"), ("2.2", "9")])[0] == {"1.1": "user:2.2", "2.2": "user:9"}


def test_no_links_no_persons() -> None:
    assert persons([]) == ({}, 1)


@pytest.mark.parametrize("order", ["ascending", "descending", "zigzag"])
def test_a_long_chain_is_one_person_in_few_rounds(order: str) -> None:
    names = [f"u{number:04d}" for number in range(600)]
    if order == "descending":
        names.reverse()
    if order == "zigzag":
        names = [name for pair in zip(names[:300], reversed(names[300:]), strict=True) for name in pair]
    links = [(f"p{at}", name) for at, pair in enumerate(itertools.pairwise(names)) for name in pair]
    found, rounds = persons(links)
    assert found == {f"p{at}": "user:u0000" for at in range(599)}
    assert rounds <= 16


LETTERS = st.sampled_from([f"{letter}{number}" for letter in ("a", "B", "é", "10.") for number in range(6)])


@settings(max_examples=80, deadline=None)
@given(st.lists(st.tuples(st.one_of(st.none(), LETTERS), st.one_of(st.none(), LETTERS)), max_size=40))
def test_it_agrees_with_union_find(links) -> None:
    assert persons(links)[0] == union_find(links)
