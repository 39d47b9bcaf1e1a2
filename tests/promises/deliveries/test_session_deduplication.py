"""A session counts once, however often it is delivered."""

from itertools import permutations
from pathlib import Path

import pytest

from tests.worlds.app_deliveries import SESSION, Row, deliver, read_all, rows_of

OPEN: Row = {**SESSION, "ended_at": None}
LATER: Row = {**SESSION, "ended_at": "2026-10-20T11:00:00+02:00"}

# What is delivered, the deliveries, and which one counts
CASES: list[tuple[str, list[Row], Row]] = [
    ("the same twice", [SESSION, SESSION], SESSION),
    ("open, then closed", [OPEN, SESSION], SESSION),
    ("two ends", [SESSION, LATER], LATER),
    ("open, closed, closed later", [OPEN, SESSION, LATER], LATER),
    ("one end, two starts", [SESSION, {**SESSION, "started_at": "2026-10-20T09:59:00+02:00"}],
     {**SESSION, "started_at": "2026-10-20T09:59:00+02:00"}),
    ("text order is not that of time", [SESSION, {**SESSION, "started_at": "2026-10-20T09:00:00Z"}], SESSION),
    ("two users", [{**SESSION, "user_id": "u2"}, {**SESSION, "user_id": "u10"}], {**SESSION, "user_id": "u10"}),
    ("upper case comes first", [{**SESSION, "user_id": "a"}, {**SESSION, "user_id": "Z"}], {**SESSION, "user_id": "Z"}),
    ("address or none", [SESSION, {**SESSION, "ip_address": None}], {**SESSION, "ip_address": None}),
    ("two platforms", [SESSION, {**SESSION, "platform": "android"}], {**SESSION, "platform": "android"}),
    ("a bad one never counts", [SESSION, {**LATER, "ip_address": "nowhere"}], SESSION),
]  # fmt: skip


@pytest.mark.clause("session-once")
@pytest.mark.parametrize(("deliveries", "counts"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_one_delivery_counts(tmp_path: Path, deliveries: list[Row], counts: Row) -> None:
    alone = deliver(tmp_path / "alone", [counts])
    expected = rows_of(read_all(tmp_path / "alone"), "from app_sessions")
    assert len(expected) == 1
    for number, order in enumerate(permutations(deliveries)):
        home = tmp_path / str(number)
        deliver(home, [*order, {**SESSION, "session_id": "another"}])
        assert rows_of(read_all(home), "from app_sessions where session_id = 's1'") == expected
    assert alone.is_dir()
