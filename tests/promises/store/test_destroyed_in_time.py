"""Records are destroyed with the key of their time: thirteen weeks after their week ended, and not a moment before.

Anna came in the week from 2 November 2026, which ends on 9 November at 00:00 in Amsterdam; Bert in the week after.
Thirteen weeks later it is winter: 8 and 15 February 2027, 00:00 in Amsterdam, are 23:00 the day before in UTC.
"""

from pathlib import Path

import pytest

from ingestion.store.retention import apply_retention
from tests.worlds.store_world import World

ANNA, BERT = "2026-11-02", "2026-11-09"

CASES = [
    # when                                                    weeks   whose records are there
    ("as long as the weeks are young", "2026-11-19T06:00:00Z", 13, {ANNA, BERT}),
    ("a second before anna's time is over", "2027-02-07T22:59:59Z", 13, {ANNA, BERT}),
    ("at that moment", "2027-02-07T23:00:00Z", 13, {BERT}),
    ("a second before bert's is", "2027-02-14T22:59:59Z", 13, {BERT}),
    ("at that moment too", "2027-02-14T23:00:00Z", 13, set()),
    ("long after", "2028-01-01T00:00:00Z", 13, set()),
    ("where the policy says one week, a second before", "2026-11-15T22:59:59Z", 1, {ANNA, BERT}),
    ("where the policy says one week", "2026-11-15T23:00:00Z", 1, {BERT}),
]


def weeks_below(folder: Path, suffix: str) -> set[str]:
    return {path.stem for path in folder.glob(f"2*{suffix}")}


def holders(world: World, needle: bytes) -> list[str]:
    """Files of the home, the drop folder aside, in which some bytes stand."""
    return [
        str(path.relative_to(world.root))
        for path in sorted(world.root.rglob("*"))
        if path.is_file() and "landing" not in path.parts and needle in path.read_bytes()
    ]


@pytest.mark.clause("stored-thirteen-weeks")
@pytest.mark.parametrize(("as_of", "weeks", "there"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_what_is_there(tmp_path: Path, as_of: str, weeks: int, there: set[str]) -> None:
    world = World(tmp_path / "home")
    (world.root / "policy").mkdir()
    (world.root / "policy/retention.toml").write_text(f"record_weeks = {weeks}\n")
    with (world.root / "cmn.toml").open("a") as config:
        config.write('[policy]\ndirectory = "policy"\n')
    world.sessions(
        ("s1", "anna", "2026-11-03T10:00:00Z", "2026-11-03T10:30:00Z"),
        ("s2", "bert", "2026-11-10T10:00:00Z", "2026-11-10T10:30:00Z"),
    )
    world.run(ANNA, "2026-11-15", "2026-11-15T12:00:00Z")
    keys, records = world.root / "restricted/keys", world.root / "restricted/records/app"
    secrets = {week: (keys / f"{week}.key").read_bytes() for week in (ANNA, BERT)}
    assert all(holders(world, secret) == [f"restricted/keys/{week}.key"] for week, secret in secrets.items())
    world.no_sessions()
    world.run(as_of[:10], as_of[:10], as_of)
    apply_retention(world.last)
    assert weeks_below(records, ".parquet") == there
    assert weeks_below(keys, ".key") & {ANNA, BERT} == there
    assert {week for week, secret in secrets.items() if holders(world, secret)} == there, "no copy of a key is left"


def test_a_copy_of_a_key_is_found(tmp_path: Path) -> None:
    world = World(tmp_path / "home")
    (world.root / "reports").mkdir()
    (world.root / "reports/page.html").write_bytes(b"<p>" + b"a key" + b"</p>")
    assert holders(world, b"a key") == ["reports/page.html"]
