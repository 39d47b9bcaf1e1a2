"""Addresses in SQL against Python's own reading of them."""

import ipaddress

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingestion.places.ip_address import address_hex


def expected_hex(text: str) -> str | None:
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return None
    number = int(address)
    return f"{number if address.version == 6 else 0xFFFF << 32 | number:032x}"


def hex_of(texts: list[str]) -> list[str | None]:
    with duckdb.connect() as con:
        con.execute("create table texts (position integer, text varchar)")
        con.executemany("insert into texts values (?, ?)", list(enumerate(texts)))
        return [row[0] for row in con.execute(f"select {address_hex('text')} from texts order by position").fetchall()]


@pytest.mark.parametrize(
    "text",
    [
        "1.2.3.4", "255.255.255.255", "256.1.1.1", "1.2.3", "1.2.3.4.5", "01.2.3.4", " 1.2.3.4", "1.2.3.4/32", "",
        "1.2.3.4\n", "::", "::1", "1::", "1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7::", "::2:3:4:5:6:7:8", "1:2:3:4:5:6:7:8::",
        "1::2::3", ":::", ":1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7:8:", "12345::", "::ffff:1.2.3.4", "::FFFF:102:304",
        "::1.2.3.4", "1:2:3:4:5:6:1.2.3.4", "1:2:3:4:5:6:7:1.2.3.4", "::1.2.3", "1.2.3.4::", "::1.2.3.4:5",
        "fe80::1%eth0", "fe80::1%", "fe80::1%a%b", "2001:DB8::A", "g::", "localhost", "2001:db8::/32",
        "1:2:3:4:5:6:7.1.2.3", "1:2:3:4::5:6:7:8", ":",
    ],
)  # fmt: skip
def test_it_reads_what_python_reads(text: str) -> None:
    assert hex_of([text]) == [expected_hex(text)]


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.one_of(
            st.ip_addresses().map(str),
            st.ip_addresses(v=6).map(lambda address: address.exploded.upper()),
            st.text(alphabet="0123456789abcf:.%", max_size=24),
        ),
        min_size=1,
        max_size=40,
    )
)
def test_it_reads_any_text_as_python_does(texts: list[str]) -> None:
    assert hex_of(texts) == [expected_hex(text) for text in texts]
