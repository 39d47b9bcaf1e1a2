"""Access: all that is held of a person and nothing of anybody else. Rectification: what changed once a source did."""

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from home.keys import week_key
from home.layout import Home
from ingestion.store.pseudonyms import BROWSER, PERSON, pseudonym_of
from rights.answers.answer_pages import texts_of
from tests.worlds.rights_world import RightsWorld

ANNA, BERT = "anna-with-a-long-id", "bert-with-a-long-id"
NOON = "2026-02-03T12:00:00Z"
WEEK = ("2026-02-02", "2026-02-08", "2026-02-10T12:00:00Z")


@pytest.fixture
def world(tmp_path: Path) -> RightsWorld:
    """Anna and Bert behind one address; a browser of hers alone, one of both, one of his."""
    world = RightsWorld(tmp_path / "world")
    world.users(ANNA, BERT)
    world.consents((ANNA, True, "2026-02-02T00:00:00Z"), (BERT, True, "2026-01-01T00:00:00Z"))
    world.sessions(
        ("of-anna-1", ANNA, NOON, "2026-02-03T12:30:00Z"),
        ("of-anna-2", ANNA, "2026-02-01T12:00:00Z", "2026-02-01T12:30:00Z"),
        ("of-bert-1", BERT, NOON, "2026-02-03T12:30:00Z"),
    )
    world.events("2026-02-03", ("annas-phone", ANNA, NOON), ("annas-phone", None, "2026-02-03T13:00:00Z"),
                 ("both-use-it", ANNA, NOON), ("both-use-it", BERT, NOON), ("berts-phone", BERT, NOON))  # fmt: skip
    world.run("2026-01-26", *WEEK[1:], ingest=("app", "ga4_export"))
    return world


def given(world: RightsWorld, name: str, action: str, who: str = ANNA) -> tuple[dict[str, Any], str, str]:
    world.done(action, who, "--identified", "saw a passport")
    (folder,) = (world.root / "restricted/answers").iterdir()
    pages = [(folder / f"{name}.{language}.html").read_text() for language in ("nl", "en")]
    return json.loads((folder / f"{name}.json").read_text()), *pages


@pytest.mark.clause("rights-access")
def test_what_is_held_is_told_and_nothing_of_anybody_else(world: RightsWorld) -> None:
    facts, dutch, english = given(world, "access", "access")
    held = facts["held"]
    rows = {(week["source"], week["week"]): week["rows"] for week in held["weeks"]}
    assert {key: len(found) for key, found in rows.items()} == {
        ("app", "2026-02-02"): 1,
        ("ga4_export", "2026-02-02"): 2,
    }
    (row,) = rows["app", "2026-02-02"]
    assert (row["started_at"], row["region_code"], row["age_band"]) == ("2026-02-03T12:00:00+00:00", "NL-GE", "35-44")
    assert held["shared_browser_weeks"] == ["2026-02-02"]
    text = json.dumps(facts) + dutch + english
    assert not [one for one in (BERT, "of-bert-1", "berts-phone", "10.1.2.4") if one in text]
    key = week_key(Home(world.root), date(2026, 2, 2))
    others = [
        pseudonym_of(key, PERSON, BERT),
        pseudonym_of(key, BROWSER, "berts-phone"),
        pseudonym_of(key, BROWSER, "both-use-it"),
    ]
    assert not [one for one in others if str(one) in text]


@pytest.mark.clause("rights-access")
def test_what_is_held_is_what_a_byte_search_finds(world: RightsWorld) -> None:
    """Plain Python over the files: rows with a pseudonym of hers, those of a browser of several aside."""
    import pyarrow.parquet as pq

    facts, *_ = given(world, "access", "access")
    key = week_key(Home(world.root), date(2026, 2, 2))
    mine = pseudonym_of(key, PERSON, ANNA)
    found = []
    for path in (world.root / "restricted/records").rglob("2026-02-02.parquet"):
        for row in pq.read_table(path).to_pylist():
            owners = {row["person"]} if "gate_persons" not in row else set(row["gate_persons"])
            found += [str(row["session"])] if {str(one) for one in owners} == {str(mine)} else []
    told = [row["session"] for week in facts["held"]["weeks"] for row in week["rows"]]
    assert sorted(told) == sorted(found) and len(told) == 3


@pytest.mark.clause("rights-access")
def test_what_is_worked_out_from_the_source_stands_apart_with_each_outcome(world: RightsWorld) -> None:
    facts, dutch, english = given(world, "access", "access")
    source = facts["worked_out_and_not_held"]
    assert [(one["session_id"], one["outcome"]) for one in source["sessions"]] == [
        ("of-anna-2", "no_consent"),
        ("of-anna-1", "passed"),
    ]
    assert (source["user"]["country"], len(source["consents"])) == ("BE", 1)
    assert "Wat nu in de bron staat" in dutch and "niet gebruikt: er was toen geen toestemming" in dutch
    assert "not used: there was no consent then" in english


@pytest.mark.clause("rights-access")
def test_who_is_not_known_is_told_that_nothing_is_held(world: RightsWorld) -> None:
    facts, dutch, english = given(world, "access", "access", who="dora-who-is-nobody")
    assert facts["held"]["weeks"] == [] and facts["worked_out_and_not_held"]["user"] is None
    assert "Wij bewaren niets over jou." in dutch and "We hold nothing about you." in english


def test_both_languages_have_the_same_words_and_every_outcome_has_one() -> None:
    from consent.reasons import REASONS

    def keys(table: Any, above: str = "") -> set[str]:
        return {
            key for name, value in table.items()
            for key in (keys(value, f"{above}{name}.") if isinstance(value, dict) else {above + name})
        }  # fmt: skip

    assert keys(texts_of("nl")) == keys(texts_of("en"))
    assert set(texts_of("nl")["access"]["outcomes"]) == {"passed", "open", *REASONS}


@pytest.mark.clause("rights-rectification")
def test_a_corrected_birth_date_and_session_change_what_is_not_frozen_and_are_told(world: RightsWorld) -> None:
    world.births(**{ANNA: "2004-05-17", BERT: "1990-05-17"})
    world.sessions(("of-anna-1", ANNA, NOON, "2026-02-03T12:45:00Z"), ("of-bert-1", BERT, NOON, "2026-02-03T12:30:00Z"))
    facts, dutch, _ = given(world, "correction", "rectify")
    assert facts["changed"] == [
        {"field": "app.age_band", "was": "35-44", "is": "18-24", "rows": 1},
        {"field": "app.ended_at", "was": "2026-02-03T12:30:00+00:00", "is": "2026-02-03T12:45:00+00:00", "rows": 1},
    ]
    assert "was 35-44, is 18-24" in dutch and BERT not in json.dumps(facts)


@pytest.mark.clause("rights-rectification", "rights-killed")
def test_a_correction_that_was_killed_still_tells_what_changed(
    world: RightsWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    from rights.answers import correction

    class Killed(BaseException):
        pass

    def dies(*_: Any) -> str:
        raise Killed

    world.births(**{ANNA: "2004-05-17", BERT: "1990-05-17"})
    with monkeypatch.context() as patched:
        patched.setattr(correction, "write_signed", dies)
        with pytest.raises(Killed):
            world.cmn("rectify", ANNA, "--identified", "saw a passport")
    facts, *_ = given(world, "correction", "rectify")
    assert [one["field"] for one in facts["changed"]] == ["app.age_band"]


@pytest.mark.clause("rights-answers")
def test_what_nobody_hands_over_goes_after_the_policys_days(world: RightsWorld) -> None:
    given(world, "access", "access")
    (request,) = world.requests()
    answers = world.root / "restricted/answers"
    (answers / "r9.new").mkdir()
    for day, there in (("2026-03-11", True), ("2026-03-12", False)):
        world.work_off(f"{day}T12:00:00Z")
        assert [path.name for path in answers.iterdir()] == ([request] if there else [])
    assert world.requests()[request]["state"] == "closed"


@pytest.mark.clause("rights-register", "rights-tombstones")
def test_after_its_years_nothing_of_a_request_or_a_tombstone_is_left(world: RightsWorld) -> None:
    from consent.tombstones import read_tombstones

    world.done("erase", ANNA, "--identified", "saw a passport")
    for day, left in (("2031-02-10", 1), ("2031-02-11", 0)):
        world.work_off(f"{day}T12:00:00Z")
        assert (len(world.requests()), bool(read_tombstones(Home(world.root)))) == (left, bool(left))


@pytest.mark.clause("rights-delivered")
def test_the_daily_work_carries_out_what_was_identified(world: RightsWorld) -> None:
    request = world.ask("erase", ANNA)
    waiting = world.ask("access", BERT)
    world.done("identify", request, "--how", "saw a passport")
    world.work_off()
    found = world.requests()
    assert (found[request]["outcome"], found[request]["answered_by"]) == ("carried_out", "subject_requests")
    assert found[waiting]["state"] == "open"
