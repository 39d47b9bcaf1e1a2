"""Erased: out of every stored week and every other place, proven by bytes, only then told; a kill changes nothing."""

import base64
import json
import shutil
import sqlite3
import subprocess
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from home import state
from home.layout import Home
from home.register.register import Register
from policy.policy import load_policy
from rights import stored_rows
from rights.answers import answer_files
from rights.removal import erasure
from rights.requests import request_book
from rights.requests.request_book import RequestBook
from tests.worlds.rights_world import RightsWorld

ANNA, BERT, CARL = "anna-with-a-long-id", "bert-with-a-long-id", "42"
WEEKS = ("2026-01-26", "2026-02-08", "2026-02-10T12:00:00Z")
BOTH = ("app", "ga4_export")


def sources(world: RightsWorld, *people: str) -> None:
    """Each person with two sessions in each of two weeks, and a phone and a rows without account on it."""
    world.users(*people)
    world.consents(*((one, True, "2026-01-01T00:00:00Z") for one in people))
    days = ("2026-01-27", "2026-01-28", "2026-02-03", "2026-02-04")
    world.sessions(*((f"{one}-{day}", one, f"{day}T12:00:00Z", f"{day}T12:30:00Z") for one in people for day in days))
    for day in days:
        events = [
            (f"phone-{one[:4]}-of-them", user, f"{day}T1{n}:00:00Z")
            for one in people
            for n, user in enumerate((one, None))
        ]
        world.events(day, *events)


@pytest.fixture
def world(tmp_path: Path) -> RightsWorld:
    world = RightsWorld(tmp_path / "world")
    sources(world, ANNA, BERT, CARL)
    world.run(*WEEKS, ingest=BOTH)
    return world


def content(rows: list[dict[str, Any]]) -> list[str]:
    """Rows without pseudonyms, which are those of a home's own keys."""
    keys = ("person", "session", "browser", "gate_persons")
    return sorted(repr({name: value for name, value in row.items() if name not in keys}) for row in rows)


def erase(world: RightsWorld, who: str = ANNA, *, action: str = "erase") -> str:
    return world.done(action, who, "--identified", "saw a passport", "--by", "Noor")


def receipt(world: RightsWorld) -> dict[str, Any]:
    (path,) = (world.root / "restricted/answers").glob("*/receipt.json")
    return dict(json.loads(path.read_text()))


@pytest.mark.clause("rights-erasure", "rights-verify", "rights-receipt")
@pytest.mark.parametrize(("action", "reason"), [("erase", "erased"), ("object", "objected")])
@pytest.mark.parametrize("who", [ANNA, CARL])
def test_everything_of_a_person_goes_and_nothing_comes_back(
    world: RightsWorld, tmp_path: Path, who: str, action: str, reason: str
) -> None:
    assert world.cmn("verify", who)[0] == 1
    erase(world, who, action=action)
    assert world.cmn("verify", who)[0] == 0
    found = receipt(world)
    assert (found["rows"], found["rows_removed"]["app"]) == (12, {"2026-01-26": 2, "2026-02-02": 2})
    assert found["rows_removed"]["ga4_export"] == {"2026-01-26": 4, "2026-02-02": 4}
    without = RightsWorld(tmp_path / "without")
    sources(without, *(one for one in (ANNA, BERT, CARL) if one != who))
    without.run(*WEEKS, ingest=BOTH)
    for source in BOTH:
        assert content(world.stored(source)) == content(without.stored(source))
    counts = world.run(*WEEKS, ingest=BOTH)
    assert counts["gate"] == {"app": {reason: 4, "passed": 8}, "ga4_export": {reason: 8, "passed": 16}}
    assert world.cmn("verify", who)[0] == 0
    for source in BOTH:
        assert content(world.stored(source)) == content(without.stored(source))


@pytest.mark.clause("rights-identity", "rights-delivered")
def test_nothing_is_carried_out_before_the_identity_was_checked(world: RightsWorld) -> None:
    request = world.ask("erase", ANNA)
    world.done("erase", ANNA)
    assert len(world.stored()) == 12
    world.done("identify", request, "--how", "saw a passport")
    assert "carried out" in world.done("erase", ANNA)
    assert len(world.stored()) == 8


def planted(world: RightsWorld) -> Home:
    """The id where it should never be: a log, a work file, a page, Airflow's database, a message of the register."""
    home = Home(world.root)
    (home.airflow / "logs").mkdir()
    (home.airflow / "logs" / "old.log").write_text(f"ERROR could not cast {ANNA}\n")
    (home.airflow / "logs" / "other.log").write_text(f"ERROR could not cast {BERT}\n")
    (home.work / "warehouse.duckdb.tmp").write_bytes(ANNA.encode("utf-16-le"))
    (home.reports / "run.html").write_text(f"<p>{ANNA}</p>")
    with closing(sqlite3.connect(home.airflow / "airflow.db")) as db:
        db.execute("pragma secure_delete = off")
        db.execute("create table xcom (id integer primary key, value text)")
        db.executemany("insert into xcom (value) values (?)", [(f"row of {one}",) for one in (ANNA, BERT) * 50])
        db.execute("create table gone (value text)")
        db.execute("insert into gone values (?)", (ANNA,))
        db.execute("delete from gone")
        db.commit()
    with Register(home) as register:
        register.finish_run(world.last.run_id, 1, f"could not read {ANNA}")
    return home


@pytest.mark.clause("rights-erasure")
def test_other_places_are_cleared_and_nobody_elses_rows_go(world: RightsWorld) -> None:
    home = planted(world)
    assert world.cmn("verify", ANNA)[0] == 1
    erase(world)
    assert not (home.airflow / "logs" / "old.log").exists()
    assert (home.airflow / "logs" / "other.log").read_text().endswith(f"{BERT}\n")
    assert not (home.reports / "run.html").exists()
    with closing(sqlite3.connect(home.airflow / "airflow.db")) as db:
        assert db.execute("select distinct value, count(*) from xcom").fetchall() == [(f"row of {BERT}", 50)]
    assert ANNA.encode() not in (home.airflow / "airflow.db").read_bytes()
    with Register(home) as register:
        assert register.run(world.last.run_id)["message"] == "could not read [removed]"
    assert receipt(world)["files_mended"] == {"airflow": 2, "register": 1, "reports": 1, "work": 1}


@pytest.mark.clause("rights-receipt", "rights-verify")
def test_a_receipt_is_never_given_while_something_is_left(world: RightsWorld) -> None:
    home = Home(world.root)
    (home.portal / "page.html").write_text(f"<p>{ANNA}</p>")
    code, said = world.cmn("erase", ANNA, "--identified", "saw a passport")
    assert (code, "portal/page.html (its bytes): an identifier as UTF-8" in said, ANNA in said) == (1, True, False)
    assert not list(home.answers.rglob("receipt*"))
    (request,) = world.requests().values()
    assert request["state"] == "identified"
    (home.portal / "page.html").unlink()
    erase(world)
    assert receipt(world)["rows"] == 12


class Killed(BaseException):
    """As a signal would end it."""


#: Where a process may die: before a call of this name, in the module that calls it; and every how many calls of it.
MOMENTS: list[tuple[Any, str, int]] = [
    (erasure, "browsers_of", 1), (erasure, "lay_tombstones", 1), (erasure, "count_rows", 1),
    (erasure, "remove_rows", 1), (erasure, "clear_places", 1), (erasure, "check_gone", 1),
    (erasure, "write_receipt", 1), (RequestBook, "answer", 1), (RequestBook, "tidy", 1),
    (stored_rows, "put_in_place", 1), (stored_rows, "write_pending", 3), (answer_files, "sync_folder", 1),
    (state, "register_open", 7), (request_book, "register_open", 6),
]  # fmt: skip


class DeathAt:
    """In place of a function: does what it does until one call, before which it dies."""

    def __init__(self, real: Callable[..., Any], last: int) -> None:
        self.real, self.last, self.calls = real, last, 0

    def __get__(self, one: Any, _: Any) -> Callable[..., Any]:
        return self if one is None else lambda *given, **named: self(one, *given, **named)

    def __call__(self, *given: Any, **named: Any) -> Any:
        self.calls += 1
        if self.calls == self.last:
            raise Killed
        return self.real(*given, **named)


@pytest.fixture(scope="module")
def asked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with one identified request."""
    world = RightsWorld(tmp_path_factory.mktemp("asked") / "home")
    sources(world, ANNA, BERT)
    world.run("2026-02-02", "2026-02-08", WEEKS[2], ingest=BOTH)
    world.ask("erase", ANNA, "--request", "r1")
    world.done("identify", "r1", "--how", "saw a passport")
    return world.root


@pytest.mark.clause("rights-killed")
@pytest.mark.parametrize("moment", MOMENTS, ids=lambda moment: f"{moment[0].__name__}.{moment[1]}")
def test_a_kill_anywhere_is_finished_by_the_same_command(
    asked: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, moment: tuple[Any, str, int]
) -> None:
    place, name, every = moment
    kills = 0
    for last in range(1, 60, every):
        world = object.__new__(RightsWorld)
        world.root = tmp_path / f"copy-{last}"
        shutil.copytree(asked, world.root)
        death = DeathAt(getattr(place, name), last)
        with monkeypatch.context() as patched:
            patched.setattr(place, name, death)
            try:
                world.cmn("erase", ANNA)
                break
            except Killed:
                kills += 1
        steps = RequestBook(Home(world.root), load_policy(), datetime(2026, 2, 10, 12, tzinfo=UTC)).steps("r1")
        assert "verified" in steps or not list((world.root / "restricted/answers").glob("r1/*")), (
            "told before its proof"
        )
        assert "carried out: request r1" in world.done("erase", ANNA)
        assert (receipt(world)["rows"], list(world.requests())) == (6, ["r1"])
        assert world.cmn("verify", ANNA)[0] == 0
        assert ANNA.encode() not in Home(world.root).register.read_bytes()
        assert (len(world.stored()), len(world.stored("ga4_export"))) == (2, 4)
    assert kills > 0


@pytest.mark.clause("rights-receipt")
def test_a_receipt_is_signed_and_found_again_a_year_later(world: RightsWorld, tmp_path: Path) -> None:
    erase(world)
    (request,) = world.requests()
    out = tmp_path / "for-anna"
    assert "nothing of it is left in the home" in world.done("hand-over", request, "--out", str(out))
    assert not list((world.root / "restricted/answers").iterdir())
    assert ANNA.encode() not in b"".join(
        path.read_bytes() for path in world.root.glob("restricted/**/*") if path.is_file()
    )
    late = "2027-02-10T12:00:00Z"
    said = world.done("show", "--user", ANNA, "--receipt", str(out / "receipt.json"), as_of=late)
    assert f"the receipt is that of request {request}, as it was signed" in said and ANNA not in said
    openssl = [
        "openssl", "pkeyutl", "-verify", "-pubin", "-inkey", "public-key.pem", "-rawin", "-in", "receipt.json",
        "-sigfile", "receipt.raw",
    ]  # fmt: skip
    (out / "receipt.raw").write_bytes(base64.b64decode((out / "receipt.sig").read_bytes()))
    assert subprocess.run(openssl, cwd=out, capture_output=True, check=False).returncode == 0
    (out / "receipt.json").write_bytes((out / "receipt.json").read_bytes().replace(b'"rows": 12', b'"rows": 13'))
    code, said = world.cmn("show", request, "--receipt", str(out / "receipt.json"), as_of=late)
    assert (code, "is not what this home signed" in said) == (1, True)
    assert world.cmn("hand-over", request, "--out", str(tmp_path / "again"))[0] == 2
    assert world.cmn("show", request, "--receipt", str(tmp_path / "gone.json"))[0] == 2


@pytest.mark.clause("rights-answers")
@pytest.mark.parametrize("out", ["restricted/copy", "restricted"])
def test_an_answer_is_handed_over_to_a_new_folder_outside_alone(world: RightsWorld, out: str) -> None:
    erase(world)
    (request,) = world.requests()
    code, said = world.cmn("hand-over", request, "--out", str(world.root / out))
    assert (code, "unexpected" in said) == (2, False)
    assert world.requests()[request]["state"] == "answered"


@pytest.mark.clause("rights-receipt")
def test_a_receipt_is_a_page_in_dutch_and_english_that_names_google(world: RightsWorld) -> None:
    erase(world)
    (folder,) = (world.root / "restricted/answers").iterdir()
    dutch, english = ((folder / f"receipt.{one}.html").read_text() for one in ("nl", "en"))
    assert '<html lang="nl">' in dutch and '<html lang="en">' in english
    for text, words in (
        (dutch, ("Bewijs van verwijdering", "Autoriteit Persoonsgegevens", "minstens 10 mensen", "Vraag daar ook")),
        (
            english,
            ("Receipt of erasure", "Autoriteit Persoonsgegevens", "at least 10 people", "Ask for deletion there"),
        ),
    ):
        assert all(word in text for word in (*words, ANNA, "phone-anna-of-them", "2026-01-26"))


@pytest.mark.clause("rights-erasure", "ga4-persons")
def test_who_shared_a_browser_with_them_is_named_after_one_of_their_own(tmp_path: Path) -> None:
    world = RightsWorld(tmp_path)
    world.users(ANNA, BERT)
    world.consents((ANNA, True, "2026-01-01T00:00:00Z"), (BERT, True, "2026-01-01T00:00:00Z"))
    noon = "2026-02-03T12:00:00Z"
    berts_own = [("phone-of-bert", BERT, noon), ("tablet-of-bert", BERT, noon)]
    world.events(
        "2026-02-03", ("both-of-them", ANNA, noon), ("both-of-them", BERT, noon), *berts_own, ("x", None, noon)
    )
    world.run(*WEEKS, ingest=("ga4_export",))
    assert len({row["person"] for row in world.stored("ga4_export")}) == 2
    erase(world)
    left = world.stored("ga4_export")
    (berts,) = {row["person"] for row in left if row["gate_persons"]}
    assert (len(left), len({row["person"] for row in left})) == (3, 2)
    assert {tuple(row["gate_persons"]) for row in left if row["gate_persons"]} == {(berts,)}


@pytest.mark.clause("rights-erasure")
def test_a_week_of_which_nothing_is_left_has_no_file(tmp_path: Path) -> None:
    world = RightsWorld(tmp_path)
    sources(world, ANNA)
    world.run(*WEEKS, ingest=BOTH)
    erase(world)
    assert not list((tmp_path / "restricted/records").rglob("*.parquet"))
    world.run(*WEEKS, ingest=BOTH)
    assert world.stored() == []


def test_a_rewritten_week_says_which_key_it_was_made_with(world: RightsWorld) -> None:
    erase(world)
    for path in (world.root / "restricted/records").rglob("*.parquet"):
        assert b"week_key_fingerprint" in (pq.read_metadata(path).metadata or {})
