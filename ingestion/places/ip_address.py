"""IP addresses as SQL: from text to one form that sorts and compares, without a loop over rows."""

from collections.abc import Callable
from typing import Final

from home.sql import Sql, joined
from policy.identities import GROUP, IPV4

GROUPS: Final = rf"(?:{GROUP}(?::{GROUP})*)?"

# Every IPv4 address stands in this network of IPv6 (RFC 4291, 2.5.5.2), so the two ways to write one are one.
MAPPED_PREFIX: Final = "00000000000000000000ffff"


def address_hex(column: Sql) -> Sql:
    """An SQL expression: the address that `column` writes, as 32 hexadecimal digits; null where it writes none.

    IPv4 is given as IPv4-mapped IPv6, so `1.2.3.4` and `::ffff:1.2.3.4` are one address; digits sort as addresses do.
    Accepted is what Python's `ipaddress.ip_address` accepts (RFC 4291 text, a zone after `%`), and nothing else:
    no leading zeros in IPv4, no blanks, no prefix length.
    """
    return Sql(f"""
    case
        when regexp_full_match({column}, '{IPV4}') then '{MAPPED_PREFIX}' || {_dotted_as_hex(column)}
        when contains({column}, ':') then {_once(_without_zone(column), _groups_of_ipv6)}
    end""")


def _once(text: Sql, of: Callable[[Sql], Sql]) -> Sql:
    """The expression `of` over `text`, worked out once however often `of` names it."""
    expression: Sql = of(Sql("t"))
    return Sql(f"list_transform([{text}], lambda t: {expression})[1]")


def _groups_of_ipv6(text: Sql) -> Sql:
    return _once(_without_dotted_tail(text), _groups_as_hex)


def _without_zone(column: Sql) -> Sql:
    return Sql(f"lower(regexp_replace({column}, '%[^%/]+$', ''))")


def _without_dotted_tail(text: Sql) -> Sql:
    """`::ffff:1.2.3.4` as `::ffff:0102:0304`."""
    tail = Sql(f"regexp_extract({text}, ':({IPV4})$', 1)")
    return Sql(f"""
    case when regexp_matches({text}, ':{IPV4}$')
        then regexp_extract({text}, '^(.*:){IPV4}$', 1) || left({_dotted_as_hex(tail)}, 4)
            || ':' || right({_dotted_as_hex(tail)}, 4)
        else {text}
    end""")


def _dotted_as_hex(text: Sql) -> Sql:
    octets = joined(Sql(f"cast(split_part({text}, '.', {int(number)}) as integer)") for number in (1, 2, 3, 4))
    return Sql(f"printf('%02x%02x%02x%02x', {octets})")


def _groups_as_hex(text: Sql) -> Sql:
    """Eight groups of digits, or fewer with `::` for the rest; null where the text is anything else."""
    left, right = (_padded_groups(Sql(f"split_part({text}, '::', {int(side)})")) for side in (1, 2))
    return Sql(f"""
    case
        when regexp_full_match({text}, '{GROUP}(?::{GROUP}){{7}}') then {left}
        when regexp_full_match({text}, '{GROUPS}::{GROUPS}') and length({left}) + length({right}) <= 28
            then rpad({left}, cast(32 - length({right}) as integer), '0') || {right}
    end""")


def _padded_groups(text: Sql) -> Sql:
    """`db8:1` as `0db80001`."""
    groups = Sql(f"list_filter(string_split({text}, ':'), lambda g: g <> '')")
    return Sql(f"array_to_string(list_transform({groups}, lambda g: lpad(g, 4, '0')), '')")
