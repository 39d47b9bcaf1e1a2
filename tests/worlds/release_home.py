"""A home in which two weeks at a quarter's end are frozen and in the marts, and every dataset is approved."""

import random
import shutil
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from freezing.counting import count_leaf_cells
from freezing.freezing import freeze_weeks
from home.run import Run
from home.settings.settings import load_settings
from home.weeks.week_states import WEEK
from marts.marts import build_marts, check_marts, publish_marts
from tests.worlds.record_files import Event, Session, ingest, local, make_run, store_events, store_sessions

#: 2026-W38 and 2026-W39, the last two weeks of 2026-Q3; then 2026-W40, the first of 2026-Q4.
WEEKS = [date(2026, 9, 14), date(2026, 9, 21), date(2026, 9, 28)]
AS_OF = datetime(2026, 10, 8, 6, tzinfo=UTC)
DATASETS = ("usage_by_region_age", "usage_by_hour", "session_length_by_age", "ga4_engagement", "ga4_engaged_sessions")
APPROVAL = """
[[approval]]
dataset = "{dataset}"
reviewer = "Privacy reviewer of the foundation"
approved_on = 2026-09-01
reference = "minutes of the board, item 3"
"""
REGIONS = ["NL-NH"] * 3 + ["NL-ZH"] * 2 + ["NL-UT", "NL-GR", "NL-FL", "NL-?", "BE-VAN", "DE-NW", "??"]
BANDS = ["0-15", "16-17", "18-24", "18-24", "25-34", "25-34", "35-44", "45-54", "55-64", "65+"]


def sessions(seed: int = 5, persons: int = 350) -> list[Session]:
    """Persons at home in one region, of one age band, each week with some sessions; the same for the same seed."""
    draw = random.Random(seed)  # noqa: S311  # repeatable on purpose
    found = []
    for week in WEEKS:
        for person in range(persons):
            region, band = draw.choice(REGIONS), draw.choice(BANDS)
            for _ in range(draw.choice([1, 1, 2, 4])):
                start = local(week, draw.randrange(7), draw.choice([7, 8, 12, 18, 20, 22]), draw.randrange(60))
                length = timedelta(seconds=draw.choice([20, 59, 60, 299, 300, 900, 3599]))
                found.append(Session(person + 1000 * week.day, start, start + length, region, band))
    return found


def events(seed: int = 6, persons: int = 120) -> list[Event]:
    """Browsers in a few places on a few devices."""
    draw = random.Random(seed)  # noqa: S311  # repeatable on purpose
    return [
        Event(
            person + 1000 * week.day,
            person * 10 + number,
            local(week, draw.randrange(7), draw.randrange(8, 23), draw.randrange(60)),
            draw.choice(["NL-NH", "NL-ZH", "BE-?", "??"]),
            draw.choice(["desktop", "mobile", "tablet"]),
            draw.choice([False, True]),
            draw.random() < 0.5,
            draw.choice([0, 1_500_000, 90_000_000]),
        )
        for week in WEEKS
        for person in range(persons)
        for number in range(draw.choice([1, 2, 3]))
    ]


def make_frozen_home(folder: Path) -> Run:
    """Counted, frozen, built, checked and swapped in; nothing is released."""
    write_policy(folder)
    run = reopened(folder)
    store_sessions(run, sessions())
    store_events(run, events())
    for source in run.settings.sources:
        ingest(run, source, WEEKS)
    for step in (count_leaf_cells, freeze_weeks, build_marts, check_marts, publish_marts):
        step(run)
    return run


def write_policy(folder: Path, approved: tuple[str, ...] = DATASETS) -> None:
    """A policy directory that approves these datasets."""
    (folder / "policy").mkdir(parents=True, exist_ok=True)
    text = "".join(APPROVAL.format(dataset=dataset) for dataset in approved) or "approval = []\n"
    (folder / "policy" / "releases.toml").write_text(text)


def reopened(folder: Path, run_id: str = "run-1", k: int = 10, as_of: datetime = AS_OF) -> Run:
    """A run over the home, with the policy as it stands there now."""
    make_run(folder, run_id, k)
    return Run(run_id, load_settings(folder / "cmn.toml"), WEEKS[0], WEEKS[-1] + WEEK, as_of)


def copied(run: Run, folder: Path) -> Run:
    """The same home in another folder, for a test to change."""
    shutil.copytree(run.settings.file.parent, folder, dirs_exist_ok=True)
    return reopened(folder, run.run_id)


def files_below(folder: Path) -> dict[str, bytes]:
    """Every file and its bytes."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}
