"""What is released: every frozen week of what is approved, and quarters of whole frozen cells; each once."""

import hashlib
import json
import shutil
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import duckdb
import pyarrow.parquet as pq
import pytest

from anonymisation.hierarchies.hierarchy import region_hierarchy
from freezing.cell_files import remove_uncommitted
from freezing.cell_rows import region_codes, region_columns
from freezing.counting import count_leaf_cells
from freezing.freezing import freeze_weeks
from home.register.register import Register
from home.run import Run
from home.state import replacing
from home.weeks.week_states import WeekCommit, commit_week
from marts.marts import build_marts, check_marts, publish_marts
from policy.policy import load_policy
from policy.region_table import regions
from refusals.errors import PublicationRefused, StateDamaged, UsageError, VerificationFailed
from releases.due.frozen_cells import FrozenCells
from releases.due.release_step import publish_named, publish_quarters, publish_weeks, withdraw_retracted
from releases.ledger.ledger import Ledger
from releases.ledger.ledger_entry import LedgerEntry
from releases.ledger.period import Period
from releases.ledger.release_id import ReleaseId
from releases.ledger.signing import SigningKey, signature_text
from releases.ledger.states import State
from releases.publishing.listing import published_releases, read_ledger
from releases.publishing.publisher import withdraw
from tests.worlds.record_files import ingest, store_sessions
from tests.worlds.release_home import (
    APPROVAL,
    AS_OF,
    DATASETS,
    WEEKS,
    copied,
    files_below,
    make_frozen_home,
    reopened,
    sessions,
    write_policy,
)

MARTS = {
    "usage_by_region_age": "usage_by_region_age_week",
    "usage_by_hour": "usage_by_hour_week",
    "session_length_by_age": "session_length_by_age_week",
    "ga4_engagement": "ga4_engagement_week",
    "ga4_engaged_sessions": "ga4_engaged_sessions_week",
}
LABELS = ("2026-W38", "2026-W39", "2026-W40")


@pytest.fixture(scope="module")
def frozen(tmp_path_factory: pytest.TempPathFactory) -> Run:
    return make_frozen_home(tmp_path_factory.mktemp("frozen"))


@pytest.fixture(scope="module")
def released(frozen: Run, tmp_path_factory: pytest.TempPathFactory) -> Run:
    run = copied(frozen, tmp_path_factory.mktemp("released"))
    publish_weeks(run)
    publish_quarters(run)
    return run


def names(run: Run) -> set[str]:
    return {str(release.id) for release in published_releases(run.home)}


def rows(run: Run, release: str, table: str = "data") -> list[dict[str, Any]]:
    return pq.read_table(run.home.releases / release / f"{table}.parquet").to_pylist()


def sorted_rows(found: list[dict[str, Any]]) -> list[str]:
    return sorted(repr({name: row[name] for name in sorted(row)}) for row in found)


def test_every_frozen_week_of_every_approved_dataset_and_the_quarter_that_ended(released: Run) -> None:
    expected = {f"{dataset}/{label}-v1" for dataset in DATASETS for label in LABELS}
    assert names(released) == expected | {"usage_by_region_age/2026-Q3-v1"}
    with Register(released.home) as register:
        assert set(register.run("run-1")["counts"]["releases"]["published"]) == names(released)


@pytest.mark.parametrize("dataset", DATASETS)
def test_a_week_is_the_marts_rows_of_that_week(released: Run, dataset: str) -> None:
    for label, week in zip(LABELS, WEEKS, strict=True):
        with duckdb.connect(str(released.home.marts), read_only=True) as con:
            mart = con.execute(f"from {MARTS[dataset]} where week_start = ?", [week]).to_arrow_table().to_pylist()
        assert mart
        assert sorted_rows(rows(released, f"{dataset}/{label}-v1")) == sorted_rows(mart)


def points(row: dict[str, Any]) -> set[tuple[str, int]]:
    """Region and single year of age, for a plain comparison of what rows cover."""
    return {(leaf, age) for leaf in row["region_members"] for age in range(row["age_from"], (row["age_to"] or 120) + 1)}


@pytest.mark.clause("release-quarters")
def test_a_quarter_sums_whole_cells_of_its_weeks(released: Run) -> None:
    told = rows(released, "usage_by_region_age/2026-Q3-v1")
    with duckdb.connect(str(released.home.marts), read_only=True) as con:
        mart = con.execute("from usage_by_region_age_week where week_start < '2026-09-28'").to_arrow_table().to_pylist()
    covers = [(row, points(row)) for row in told]
    sums = [Counter[str]() for _ in told]
    for cell in mart:
        inside = [number for number, (_, block) in enumerate(covers) if points(cell) <= block]
        touched = [number for number, (_, block) in enumerate(covers) if points(cell) & block]
        assert inside == touched and len(inside) == 1, "every cell is in exactly one row as a whole"
        sums[inside[0]].update({name: cell[name] for name in ("users", "sessions", "minutes")})
    assert [(row["person_weeks"], row["sessions"], row["minutes"]) for row in told] == [
        (total["users"], total["sessions"], total["minutes"]) for total in sums
    ]
    assert {(row["quarter"], row["weeks"]) for row in told} == {("2026-Q3", 2)}
    assert min(row["person_weeks"] for row in told) >= 10
    assert 1 < len(told) <= len(mart) / 2


@pytest.mark.clause("release-quarters")
def test_a_quarter_counts_every_person_once_a_week(released: Run) -> None:
    people = {(one.week, one.person) for one in sessions() if one.week in WEEKS[:2]}
    told = rows(released, "usage_by_region_age/2026-Q3-v1")
    by_week = rows(released, "usage_by_region_age/2026-Q3-v1", "weeks")
    assert sum(row["person_weeks"] for row in told) == sum(row["person_weeks"] for row in by_week) == len(people)
    cells = sum(len(FrozenCells(released.home).rows("usage_by_region_age_week", week)) for week in WEEKS[:2])
    beyond = sum(row["sessions"] for row in told) - sum(one.week in WEEKS[:2] for one in sessions())
    assert -5 * cells <= beyond <= 4 * cells, "each weekly cell tells at most 4 more, or 5 fewer"


def test_a_quarter_tells_each_week_in_the_same_cells(released: Run) -> None:
    key = ("region_code", "age_group")
    quarter = {tuple(row[name] for name in key): row for row in rows(released, "usage_by_region_age/2026-Q3-v1")}
    sums: dict[tuple[str, ...], Counter[str]] = {}
    for row in rows(released, "usage_by_region_age/2026-Q3-v1", "weeks"):
        cell = tuple(row[name] for name in key)
        assert row["region_members"] == quarter[cell]["region_members"]
        sums.setdefault(cell, Counter()).update({n: row[n] for n in ("person_weeks", "sessions", "minutes")})
    assert {cell: dict(total) for cell, total in sums.items()} == {
        cell: {name: row[name] for name in ("person_weeks", "sessions", "minutes")} for cell, row in quarter.items()
    }


def test_a_quarter_says_which_weeks_are_missing_and_why(released: Run) -> None:
    readme = (released.home.releases / "usage_by_region_age/2026-Q3-v1/README.md").read_text()
    assert "no data were collected" in readme
    assert all(str(week) in readme for week in Period.parse("2026-Q3").mondays[:-2])


def test_what_is_released_stays_and_comes_once(released: Run, tmp_path: Path) -> None:
    run = copied(released, tmp_path)
    before = files_below(run.home.releases)
    later = reopened(tmp_path, "run-2", as_of=datetime(2026, 10, 20, tzinfo=UTC))
    publish_weeks(later)
    publish_quarters(later)
    assert files_below(run.home.releases) == before


def test_the_same_home_gives_the_same_releases_but_for_the_key(frozen: Run, released: Run, tmp_path: Path) -> None:
    run = copied(frozen, tmp_path)
    publish_weeks(run)
    publish_quarters(run)
    signed = {"CHECKSUMS.sha256", "CHECKSUMS.sha256.sig", "ledger-entry.json", "public-key.pem", "ledger.jsonl"}
    one, other = (
        {n: b for n, b in files_below(r.home.releases).items() if Path(n).name not in signed} for r in (run, released)
    )
    assert one == other and len(one) > 50


def test_without_an_approval_nothing_is_released(frozen: Run, tmp_path: Path) -> None:
    run = copied(frozen, tmp_path)
    write_policy(tmp_path, ("usage_by_hour",))
    run = reopened(tmp_path)
    publish_weeks(run)
    publish_quarters(run)
    assert {name.split("/")[0] for name in names(run)} == {"usage_by_hour"}
    with pytest.raises(PublicationRefused, match=r"dataset ga4_engagement is not approved.*releases\.toml"):
        publish_named(run, [("ga4_engagement", Period.parse("2026-W39"))])


def test_a_moment_ahead_of_the_clock_brings_no_approval_into_force(frozen: Run, tmp_path: Path) -> None:
    run = copied(frozen, tmp_path)
    text = APPROVAL.format(dataset="usage_by_hour").replace("2026-09-01", "2099-01-01")
    (tmp_path / "policy" / "releases.toml").write_text(text)
    publish_weeks(reopened(tmp_path, as_of=datetime(2099, 1, 2, tzinfo=UTC)))
    assert names(run) == set()


def test_an_approval_of_tomorrow_does_not_count(frozen: Run, tmp_path: Path) -> None:
    run = copied(frozen, tmp_path)
    tomorrow = AS_OF.date().replace(day=AS_OF.day + 1)
    text = APPROVAL.format(dataset="usage_by_hour").replace("2026-09-01", str(tomorrow))
    (tmp_path / "policy" / "releases.toml").write_text(text)
    publish_weeks(reopened(tmp_path))
    assert names(run) == set()


@pytest.mark.parametrize(
    ("dataset", "label", "says"),
    [
        ("usage_by_nobody", "2026-W39", "usage_by_region_age, usage_by_hour"),
        ("usage_by_hour", "2026-Q3", "no quarter releases"),
        ("usage_by_hour", "2026-W41", "cmn weeks list"),
        ("usage_by_region_age", "2026-Q4", "cmn weeks list"),
        ("usage_by_hour", "2026-W39", "--correction"),
    ],
)
def test_what_cannot_be_released_is_told_in_one_line(
    released: Run, tmp_path: Path, dataset: str, label: str, says: str
) -> None:
    run = copied(released, tmp_path)
    before = files_below(run.home.releases)
    with pytest.raises(UsageError) as refused:
        publish_named(run, [(dataset, Period.parse(label))])
    assert says in str(refused.value) and "\n" not in str(refused.value)
    assert files_below(run.home.releases) == before


def test_a_correction_is_a_new_version_that_says_what_changed(released: Run, tmp_path: Path) -> None:
    run = copied(released, tmp_path)
    (name,) = publish_named(run, [("usage_by_hour", Period.parse("2026-W39"))], "region names are spelt anew")
    assert name == "usage_by_hour/2026-W39-v2"
    states = {str(release.id): release.state for release in published_releases(run.home)}
    assert (states["usage_by_hour/2026-W39-v1"], states[name]) == (State.SUPERSEDED, State.PUBLISHED)
    assert "region names are spelt anew" in (run.home.releases / name / "README.md").read_text()
    assert sorted_rows(rows(run, name)) == sorted_rows(rows(run, "usage_by_hour/2026-W39-v1"))


@pytest.mark.clause("command-weeks-retract")
def test_a_retracted_week_is_withdrawn_and_its_quarter_corrected(released: Run, tmp_path: Path) -> None:
    run = copied(released, tmp_path)
    retract(run, WEEKS[0])
    publish_quarters(run)
    assert withdrawn(run) == {
        "usage_by_region_age/2026-W38-v1", "usage_by_hour/2026-W38-v1", "session_length_by_age/2026-W38-v1",
        "usage_by_region_age/2026-Q3-v1",
    }  # fmt: skip
    told = rows(run, "usage_by_region_age/2026-Q3-v2", "weeks")
    assert {row["week_start"] for row in told} == {WEEKS[1]}
    readme = (run.home.releases / "usage_by_region_age/2026-Q3-v2/README.md").read_text()
    assert "left out, since retracted: the week of 2026-09-14" in readme and "counted twice" in readme
    ledger = (run.home.releases / "ledger.jsonl").read_bytes()
    publish_quarters(run)
    assert (run.home.releases / "ledger.jsonl").read_bytes() == ledger


def withdrawn(run: Run) -> set[str]:
    return {str(release.id) for release in published_releases(run.home) if release.state == State.WITHDRAWN}


@pytest.mark.parametrize("damaged", ["2026-W40-v1", "2026-W38-v1", "2026-Q3-v1"])
def test_a_damaged_folder_keeps_no_other_release_of_a_retracted_week_published(
    released: Run, tmp_path: Path, damaged: str
) -> None:
    """A week's release is known by its name; what a quarter holds, only its own report says."""
    run = copied(released, tmp_path)
    (run.home.releases / "usage_by_region_age" / damaged / "data.parquet").unlink()
    retract(run, WEEKS[0])
    with pytest.raises(VerificationFailed, match=damaged) if "Q3" in damaged else nullcontext():
        publish_quarters(run)
    assert {"usage_by_region_age/2026-W38-v1", "usage_by_hour/2026-W38-v1"} <= withdrawn(run)


@pytest.mark.clause("command-weeks-retract")
def test_cells_of_a_retracted_week_that_come_back_are_not_released_again(released: Run, tmp_path: Path) -> None:
    run = copied(released, tmp_path)
    retract(run, WEEKS[0])
    publish_quarters(run)
    shutil.rmtree(run.home.cells)
    shutil.copytree(released.home.cells, run.home.cells)
    with pytest.raises(StateDamaged, match=r"2026-09-14\.json is not as this home wrote"):
        publish_weeks(run)
    for path in ("register", "marts"):  # of the same day: only the ledger knows better
        shutil.copyfile(getattr(released.home, path), getattr(run.home, path))
    before = files_below(run.home.releases)
    for publish in (publish_weeks, publish_quarters):
        with pytest.raises(VerificationFailed, match="the week of 2026-09-14 is frozen, and the ledger says"):
            publish(run)
    assert files_below(run.home.releases) == before


ALIKE = "the week of 2026-09-14 was retracted: counted twice"


def before_causes(patched: pytest.MonkeyPatch) -> None:
    """The software of before: its entries say no cause."""
    real = Ledger.next_entry

    def next_entry(self: Ledger, key: SigningKey, *arguments: Any, **named: Any) -> LedgerEntry:
        entry = replace(real(self, key, *arguments, **named), cause=None, week=None, signature="")
        signed = {name: value for name, value in entry.content().items() if name != "signature"}
        line = json.dumps(signed, sort_keys=True, separators=(",", ":")).encode()
        return replace(entry, signature=signature_text(key.sign(line)))

    patched.setattr(Ledger, "next_entry", next_entry)


@dataclass
class Era:
    """A home with releases, by the software of now or of before; `then()`: what is done in it, that one does."""

    run: Run
    is_old: bool
    patcher: pytest.MonkeyPatch

    @contextmanager
    def then(self) -> Iterator[None]:
        with self.patcher.context() as patched:
            if self.is_old:
                before_causes(patched)
            yield


@pytest.fixture(params=["now", "before"])
def era(request: pytest.FixtureRequest, frozen: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Era:
    era = Era(copied(frozen, tmp_path), request.param == "before", monkeypatch)
    with era.then():
        publish_weeks(era.run)
        publish_quarters(era.run)
    return era


@pytest.mark.clause("release-typed-text")
@pytest.mark.parametrize("release", ["usage_by_hour/2026-W38-v1", "usage_by_region_age/2026-Q3-v1"])
def test_a_withdrawal_whose_reason_reads_like_a_retraction_is_a_decision(era: Era, release: str) -> None:
    """It blocks nothing, and brings nothing back."""
    run = era.run
    with era.then():
        withdraw(run.home, ReleaseId.parse(release), why=ALIKE, at=AS_OF)
    before = names(run)
    publish_weeks(run)
    publish_quarters(run)
    assert names(run) == before and withdrawn(run) == {release}


def test_a_quarter_that_went_for_a_retraction_comes_back_corrected(era: Era) -> None:
    """The withdrawal came first, since the correction was refused then: it is made later."""
    run = era.run
    retract(run, WEEKS[0])
    with era.then():
        withdraw_retracted(run)
    assert "usage_by_region_age/2026-Q3-v1" in withdrawn(run)
    told = {(entry.cause, entry.week) for entry in read_ledger(run.home).entries if entry.action == "withdrawn"}
    assert told == {(None, None) if era.is_old else ("retracted_week", "2026-09-14")}
    publish_quarters(run)
    assert "usage_by_region_age/2026-Q3-v2" in names(run)


def test_of_several_that_are_named_none_is_published_when_one_cannot_be(frozen: Run, tmp_path: Path) -> None:
    run = copied(frozen, tmp_path)
    with pytest.raises(UsageError, match="2026-W41"):
        publish_named(run, [("usage_by_hour", Period.parse("2026-W39")), ("usage_by_hour", Period.parse("2026-W41"))])
    assert names(run) == set()


def test_other_age_bands_of_today_change_nothing_that_a_quarter_tells(released: Run, tmp_path: Path) -> None:
    run = copied(released, tmp_path)
    (tmp_path / "policy" / "ages.toml").write_text("bands = [0, 16, 18, 30, 50]\n")
    again = reopened(tmp_path, "run-2")
    publish_named(again, [("usage_by_region_age", Period.parse("2026-Q3"))], "other bands today")
    told = rows(run, "usage_by_region_age/2026-Q3-v1")
    assert told == rows(run, "usage_by_region_age/2026-Q3-v2")
    ends = {row["age_from"] for row in told} | {row["age_to"] + 1 for row in told if row["age_to"] is not None}
    with duckdb.connect(str(released.home.marts), read_only=True) as con:
        mart = con.execute("select age_from, age_to from usage_by_region_age_week where week_start < '2026-09-28'")
        ends |= {end for low, high in mart.fetchall() for end in (low, high + 1 if high is not None else 0)}
    leaves = sum(region.level == "subdivision" for region in regions().values())
    lost = [
        row["person_weeks"]
        * (
            (len(row["region_members"]) - 1) / (leaves - 1)
            + (sum(row["age_from"] <= end <= (row["age_to"] or 120) for end in ends) - 1) / (len(ends) - 1)
        )
        / 2
        for row in told
    ]
    report = json.loads((run.home.releases / "usage_by_region_age/2026-Q3-v2/disclosure-report.json").read_text())
    assert report["information_loss"]["gcp"] == pytest.approx(sum(lost) / sum(row["person_weeks"] for row in told))


def retract(run: Run, week: date) -> None:
    commit_week(run.home, WeekCommit(week, "app", "retracted", "counted twice", 10, 10))
    remove_uncommitted(run.home)
    for step in (build_marts, check_marts, publish_marts):
        step(run)


def test_a_week_that_is_not_in_the_marts_yet_waits(frozen: Run, tmp_path: Path) -> None:
    run = copied(frozen, tmp_path)
    run.home.marts.unlink()
    publish_weeks(run)
    assert names(run) == set()


def declare(folder: Path, *names: str) -> None:
    """A policy that declares, and approves, these datasets of the core mart; `names` may be new ones."""
    shipped = load_policy().releases.dataset[0].model_dump()
    text = ""
    for name in names:
        lines = [f"{key} = {json.dumps(value)}" for key, value in {**shipped, "name": name}.items()]
        text += "[[dataset]]\n" + "\n".join(lines) + APPROVAL.format(dataset=name)
    (folder / "policy" / "releases.toml").write_text(text)


def test_two_datasets_of_one_mart_are_released_side_by_side(frozen: Run, tmp_path: Path) -> None:
    copied(frozen, tmp_path)
    declare(tmp_path, "usage_by_region_age", "second")
    run = reopened(tmp_path)
    publish_weeks(run)
    publish_quarters(run)
    expected = {"2026-W38-v1", "2026-W39-v1", "2026-W40-v1", "2026-Q3-v1"}
    assert names(run) == {f"{name}/{release}" for name in ("usage_by_region_age", "second") for release in expected}


def test_a_retraction_reaches_datasets_that_are_not_declared_any_more(frozen: Run, tmp_path: Path) -> None:
    copied(frozen, tmp_path)
    declare(tmp_path, "second")
    publish_weeks(reopened(tmp_path))
    declare(tmp_path, "usage_by_region_age")
    run = reopened(tmp_path)
    retract(run, WEEKS[0])
    assert withdraw_retracted(run) == ["second/2026-W38-v1"]
    (release,) = [one for one in published_releases(run.home) if one.state == State.WITHDRAWN]
    assert release.why == "the week of 2026-09-14 was retracted: counted twice"


def test_a_correction_that_was_refused_at_first_comes_when_it_may(released: Run, tmp_path: Path) -> None:
    run = copied(released, tmp_path)
    retract(run, WEEKS[0])
    (tmp_path / "policy" / "anonymity.toml").write_text("k = 500\ncount_step = 500\n")
    with pytest.raises(PublicationRefused):
        publish_quarters(reopened(tmp_path, k=500))
    assert "usage_by_region_age/2026-Q3-v1" in withdrawn(run)
    publish_quarters(reopened(tmp_path, "run-3", k=10))
    assert "usage_by_region_age/2026-Q3-v2" in names(run)


def test_a_quarter_that_was_withdrawn_for_another_reason_stays_so(released: Run, tmp_path: Path) -> None:
    run = copied(released, tmp_path)
    release = ReleaseId.parse("usage_by_region_age/2026-Q3-v1")
    withdraw(run.home, release, why="the README was of another quarter", at=AS_OF)
    publish_quarters(run)
    assert "usage_by_region_age/2026-Q3-v2" not in names(run)
    again = publish_named(run, [("usage_by_region_age", Period.parse("2026-Q3"))], "a README of its own")
    assert again == ["usage_by_region_age/2026-Q3-v2"]


def test_a_week_that_never_froze_holds_its_quarter_back_only_as_long_as_it_could(tmp_path: Path) -> None:
    """The quarter's last week was never read: until its records' time is over it could still freeze."""
    write_policy(tmp_path)
    run = reopened(tmp_path)
    store_sessions(run, [one for one in sessions() if one.week == WEEKS[0]])
    ingest(run, "app", WEEKS[:1])
    for step in (count_leaf_cells, freeze_weeks, build_marts, check_marts, publish_marts, publish_quarters):
        step(run)
    assert names(run) == set()
    publish_quarters(reopened(tmp_path, "run-2", as_of=datetime(2026, 12, 27, 12, tzinfo=UTC)))
    assert names(run) == set(), "the records of the week of 21 September are kept for thirteen weeks"
    publish_quarters(reopened(tmp_path, "run-3", as_of=datetime(2026, 12, 28, 12, tzinfo=UTC)))
    assert names(run) == {"usage_by_region_age/2026-Q3-v1"}
    report = json.loads((run.home.releases / "usage_by_region_age/2026-Q3-v1/disclosure-report.json").read_text())
    why = {gap["week"]: gap["why"] for gap in report["gaps"]}
    assert why["2026-09-21"] == "it did not freeze before the time of its records was over"
    assert why["2026-09-07"] == "no data were collected"


def test_two_rests_of_one_parent_beside_one_another_are_told_apart_by_few_codes() -> None:
    """Two groups that both read `rest of 001`: neither name may be a list of thousands of leaves."""
    regions = region_hierarchy()
    subregions = regions.nodes["001"].children
    halves = [
        [leaf for node in part for leaf in regions.nodes[node].leaves] for part in (subregions[::2], subregions[1::2])
    ]
    groups = [regions.group(half) for half in halves]
    assert [group.label for group in groups] == ["rest of 001", "rest of 001"]
    codes = region_codes((group, "all") for group in groups)
    told = [region_columns(codes, group, "all") for group in groups]
    assert [row["region_code"].split("+") for row in told] == [sorted(subregions[::2]), sorted(subregions[1::2])]
    assert max(len(row["region_name"]) for row in told) < 1000


def test_a_quarter_of_weeks_of_two_editions_says_which(frozen: Run, tmp_path: Path) -> None:
    """The first week's commit is made one of edition 1; its cells are in steps of ten already, and come to the same."""
    run = copied(frozen, tmp_path)
    path = run.home.cells / "weeks" / "app" / f"{WEEKS[0]}.json"
    older = {**json.loads(path.read_bytes()), "rules_edition": 1, "count_step": 1}
    content = json.dumps(older, indent=1, sort_keys=True).encode() + b"\n"
    with replacing(run.home, {path: hashlib.sha256(content).hexdigest()}):
        path.write_bytes(content)
    for step in (build_marts, check_marts, publish_marts, publish_quarters):
        step(run)
    folder = run.home.releases / "usage_by_region_age" / "2026-Q3-v1"
    report = json.loads((folder / "disclosure-report.json").read_bytes())
    assert (report["rules"]["edition"], report["rules"]["count_step"]) == (2, 10)
    assert report["weeks"] == [str(week) for week in WEEKS[:2]]
    assert report["older_weeks"] == {str(WEEKS[0]): 1}
    readme = (folder / "README.md").read_text(encoding="utf-8")
    assert f"**The week of {WEEKS[0]} froze under older rules** (edition 1)" in readme
    assert f"De week van {WEEKS[0]} is vastgezet volgens oudere regels (editie 1)" in readme
    assert "6. **Checked, approved, signed.**" in readme
