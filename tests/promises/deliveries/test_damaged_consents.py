"""A damaged line of the consent ledger is nobody's consent: the ledger is refused, and no grant or denial moves."""

from pathlib import Path

import pytest

from refusals.errors import InputRefused
from tests.worlds.app_deliveries import CONSENT_COLUMNS, deliver, read_all, rows_of

HEADER = ",".join(CONSENT_COLUMNS)
GRANT = "u1,analytics,true,2024-02-19,2026-01-01T00:00:00Z"
REST = "analytics,true,2024-02-19,2026-01-01T00:00:00Z"

# What is damaged, the lines of it, and the record of the ledger that is told
DAMAGED = [
    ("a comma more", ["u1,analytics,false,2024-02-19, second edition,2026-09-01T00:00:00Z"], 2),
    ("a denial cut short", ["user-29,analytics,false", f"user-3,{REST}"], 2),
    ("a denial cut short before another's denial", ["user-29,analytics,false", f"user-3,{REST}", GRANT], 2),
    ("a name broken in two", ["user-1", f"2,{REST}"], 2),
    ("a name broken in two within quotes that never close", ['"user-1', f"2,{REST}"], 2),
    ("a quote that never closes", ['u1,"analytics,false,2024-02-19,2026-09-01T00:00:00Z', GRANT], 2),
    ("a quote left open before a quoted record", ['u1,"analytics', f'u2,"analytics",{REST[10:]}'], 2),
    ("a quote in the middle", [GRANT, 'u1,ana"lytics,false,2024-02-19,2026-09-01T00:00:00Z'], 3),
    ("a carriage return in the middle", ["u1,analytics\r,false,2024-02-19,2026-09-01T00:00:00Z"], 2),
    ("a record of two lines and a field less", ['u1,"ana\nlytics",false,2024-02-19'], 2),
]


@pytest.mark.clause("consent-bad-record")
@pytest.mark.parametrize(("lines", "record"), [case[1:] for case in DAMAGED], ids=[case[0] for case in DAMAGED])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_a_damaged_line_is_nobodys_consent(tmp_path: Path, lines: list[str], record: int, end: str) -> None:
    folder = deliver(tmp_path)
    (folder / "consents.csv").write_bytes(end.join([HEADER, GRANT, *lines, GRANT, ""]).encode())
    with pytest.raises(InputRefused) as refused:
        read_all(tmp_path)
    assert f"consents.csv: record {record} cannot be read" in str(refused.value)
    assert not any(piece in str(refused.value) for piece in ("u1", "user-", "analytics", "2024"))


def test_the_same_lines_whole_are_read(tmp_path: Path) -> None:
    folder = deliver(tmp_path)
    whole = ["", '"user-1\n2",' + REST, "", 'u2,"analytics",' + REST[10:], f"{GRANT}\r", ""]
    (folder / "consents.csv").write_text("\n".join([HEADER, *whole, ""]), encoding="utf-8", newline="")
    con = read_all(tmp_path)
    assert {user for (user,) in rows_of(con, "select user_id from app_consents")} == {"user-1\n2", "u2", "u1"}
