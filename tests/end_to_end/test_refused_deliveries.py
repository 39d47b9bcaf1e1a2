"""`cmn run` over deliveries that are bad as a whole: exit 3, nothing stored, the week open; mended, it freezes."""

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.end_to_end.runs import called
from tests.end_to_end.small_drop import AS_OF, MONDAY, SESSIONS, SUNDAY, write_small_drop

Called = subprocess.CompletedProcess[str]

#: What a delivery of sessions becomes (its text, its name), and what the refusal says of it.
SPOILT: dict[str, tuple[Callable[[str], str], str, str]] = {
    "times that end in UTC": (lambda text: text.replace("+00:00", " UTC"), "march.csv", "(bad_timestamp 60)"),
    "times without an offset": (lambda text: text.replace("+00:00", ""), "march.csv", "(bad_timestamp 60)"),
    "addresses with a port": (lambda text: text.replace(",,", ",192.0.2.7:51234,"), "march.csv", "(bad_ip 60)"),
    "ids in another form": (lambda text: text.replace(",user-", ",user-0"), "march.csv", "not among the users"),
    "a CSV of no byte": (lambda _: "", "march.csv", "is empty (0 bytes)"),
    "JSON lines of no byte": (lambda _: "", "march.jsonl", "is empty (0 bytes)"),
    "a JSON array": (lambda _: '[{"session_id": "s1"}]', "march.json", "JSON array"),
}


def run(config: Path) -> list[str]:
    return ["run", "--config", str(config), "--from", f"{MONDAY}", "--to", f"{SUNDAY}", "--as-of", AS_OF, "--json"]


@pytest.fixture(scope="module")
def refused(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[Called, Called]]:
    """Each member's run, and what `cmn weeks list` says then."""
    outcomes = {}
    for member, (spoil, name, _) in SPOILT.items():
        config = write_small_drop(tmp_path_factory.mktemp("drop"))
        good = config.parent / "landing" / "sessions" / "march.csv"
        text = good.read_text(encoding="utf-8")
        good.unlink()
        good.with_name(name).write_text(spoil(text), encoding="utf-8")
        outcomes[member] = (called(run(config)), called(["weeks", "list", "--config", str(config), "--json"]))
    return outcomes


@pytest.mark.clause("refuse-bad-as-a-whole", "exit-codes")
@pytest.mark.parametrize("member", SPOILT)
def test_refused_by_name_and_the_week_stays_open(refused: dict[str, tuple[Called, Called]], member: str) -> None:
    _, name, says = SPOILT[member]
    ran, weeks = refused[member]
    assert ran.returncode == 3
    told = json.loads(ran.stdout)["error"]
    assert f"sessions/{name}: " in told and says in told
    assert "user-0" not in told and "192.0.2.7" not in told and "2026-03-03" not in told
    states = json.loads(weeks.stdout)["weeks"]["app"]
    assert states == {"frozen": [], "withheld": [], "open": [f"{MONDAY}"], "retracted": []}


def test_the_right_file_on_the_next_day_mends_it_and_an_accepted_one_is_taken(tmp_path: Path) -> None:
    mended, taken = (write_small_drop(tmp_path / name) for name in ("mended", "taken"))
    right = (mended.parent / "landing" / "sessions" / "march.csv").read_text(encoding="utf-8")
    header, *records = right.splitlines()
    spoilt = [record.replace("+00:00", " UTC") if at % 3 == 0 else record for at, record in enumerate(records)]
    for config in (mended, taken):
        file = config.parent / "landing" / "sessions" / "march.csv"
        file.write_text("\n".join([header, *spoilt]) + "\n", encoding="utf-8")
    why = ["--why", "The clock was wrong.", "--config", str(taken)]
    first = [called(run(mended)), called(run(taken)), called(["deliveries", "accept", "sessions/march.csv", *why])]
    assert [one.returncode for one in first] == [3, 3, 0]
    told = [line for one in first for line in one.stderr.splitlines() if line.startswith("cmn: ")]
    assert [line.split(": ")[1:3] for line in told] == [
        ["sessions/march.csv", "20 of its 60 records are bad (bad_timestamp 20), over 20 %"]
    ] * 2
    (mended.parent / "landing" / "sessions" / "march.csv").write_text(right, encoding="utf-8")
    second = [called(run(mended)), called(run(taken))]
    assert [one.returncode for one in second] == [0, 0]
    passed, others = (json.loads(one.stdout) for one in second)
    assert passed["gate"] == {"app": {"passed": SESSIONS}}
    assert others["gate"] == {"app": {"passed": SESSIONS - 20}}
    assert others["quarantine"]["app"] == {"bad_timestamp": 20}
    for summary in (passed, others):
        assert summary["weeks"]["app"]["frozen"] == [f"{MONDAY}"]
