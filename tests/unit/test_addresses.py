"""Texts that are addresses, against Python's own judgement."""

import re

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingestion.places.addresses import PLAIN_ADDRESS, is_address, make_unusual_addresses

PIECES = st.sampled_from([*"0179aFg:.%/ ", "00", "01", "255", "256", "ffff", "FFFF", "12345", "::"])
GROUPS = st.sampled_from(["0", "1", "ab", "FfFf", "0db8", ""])
TEXTS = st.one_of(
    st.lists(PIECES, max_size=18).map("".join),
    st.lists(GROUPS, min_size=1, max_size=9).map(":".join),
    st.ip_addresses().map(str),
    st.ip_addresses(v=6).map(lambda address: address.exploded),
    st.ip_addresses(v=4).map(lambda address: f"::ffff:{address}"),
)


@settings(max_examples=500, deadline=None)
@given(text=TEXTS)
def test_the_pattern_knows_no_text_that_is_no_address(text: str) -> None:
    if re.fullmatch(PLAIN_ADDRESS, text):
        assert is_address(text)


@settings(max_examples=200, deadline=None)
@given(text=st.one_of(st.ip_addresses().map(str), st.ip_addresses(v=6).map(lambda address: address.exploded)))
def test_the_pattern_knows_the_usual_ones(text: str) -> None:
    assert re.fullmatch(PLAIN_ADDRESS, text)


@pytest.mark.parametrize(
    "text", ["::ffff:1.2.3.4", "0:0:0:0:0:ffff:1.2.3.4", "0000:0000:0000:0000:0000:FFFF:203.0.113.9", "::ffff:102:304"]
)
def test_the_pattern_knows_each_way_that_versions_of_python_write_mapped_addresses(text: str) -> None:
    assert re.fullmatch(PLAIN_ADDRESS, text)
    assert is_address(text)


@settings(max_examples=20, deadline=None)
@given(texts=st.lists(TEXTS, max_size=60))
def test_the_engine_and_python_together_agree_with_python(texts: list[str]) -> None:
    with duckdb.connect() as con:
        con.execute("create table texts (ip_address varchar)")
        con.executemany("insert into texts values (?)", [[text] for text in [*texts, "fe80::1%eth0"]])
        make_unusual_addresses(con, f"from texts where not regexp_full_match(ip_address, '{PLAIN_ADDRESS}')")
        accepted = con.execute(f"""
            select distinct ip_address from texts
            where regexp_full_match(ip_address, '{PLAIN_ADDRESS}') or ip_address in (from unusual_addresses)
        """).fetchall()
    assert {text for (text,) in accepted} == {text for text in [*texts, "fe80::1%eth0"] if is_address(text)}
