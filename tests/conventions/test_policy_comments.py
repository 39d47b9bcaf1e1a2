"""Each number of the policy has its unit, its reason and its source beside it."""

import re
import tomllib

import pytest

from tests.conventions.tracked import ROOT

UNITS = (
    "days",
    "weeks",
    "months",
    "years",
    "persons",
    "counts",
    "percent",
    "hours",
    "minutes",
    "runs",
    "kibibytes",
    "mebibytes",
    "seconds",
    "times",
    "records",
    "rows",
    "tokens",
    "requests",
    "errors",
)

#: Lists of decisions in words and dates: there is no unit to say.
WITHOUT_A_UNIT = {("releases.toml", "dataset"), ("releases.toml", "approval"), ("limits.toml", "parquet_codecs")}
SETTINGS = [
    (file.name, key, isinstance(value, int | list) and not isinstance(value, bool))
    for file in sorted((ROOT / "policy").glob("*.toml"))
    for key, value in tomllib.loads(file.read_text(encoding="utf-8")).items()
]


def comment_above(text: str, key: str) -> str:
    """The block of comments right above a key or its table."""
    lines = text.splitlines()
    at = next(number for number, line in enumerate(lines) if re.match(rf"{key}\s*=|\[+{key}[\].]", line))
    first = at
    while first > 0 and lines[first - 1].startswith("#"):
        first -= 1
    return "\n".join(line.removeprefix("#").strip() for line in lines[first:at])


def test_there_are_settings() -> None:
    assert ("anonymity.toml", "k", True) in SETTINGS


@pytest.mark.parametrize(("file", "key", "is_number"), SETTINGS)
def test_a_setting_says_its_unit_reason_and_source(file: str, key: str, is_number: bool) -> None:
    comment = comment_above((ROOT / "policy" / file).read_text(encoding="utf-8"), key)
    assert "Why:" in comment or "Source:" in comment
    if is_number and key != "version" and (file, key) not in WITHOUT_A_UNIT:
        assert comment.startswith(UNITS)
