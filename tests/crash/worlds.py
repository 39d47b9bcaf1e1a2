"""Homes to be killed in: small sources, and what an earlier, undisturbed life of the home has made of them.

A world's folder holds `pristine/` (`home/`, and the `site/` that releases are delivered to) and, once asked for,
undisturbed copies that were run to the end.
"""

import shutil
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from demonstration import make_sources, write_config
from tests.end_to_end.runs import as_installed, told

DESTINATION = '\n[[destination]]\nname = "site"\nfolder = "../site"\n'
PERSONS = 150
#: Few, so that little is gated again in each run, and some weeks are over.
RECORD_WEEKS = 2
#: The first of the thirteen weeks of 2026's third quarter.
FIRST_MONDAY = date(2026, 6, 29)


@dataclass(frozen=True)
class World:
    """`weeks_before`: how many weeks were run, published and delivered before; after them, the last week was read once.

    Without any, the home is not there yet, and each run makes keys of its own.
    """

    name: str
    weeks: int
    weeks_before: int

    @property
    def references(self) -> int:
        """Undisturbed homes: two where each has its own keys, so that what differs by them is known."""
        return 1 if self.weeks_before else 2

    def arguments(self, place: Path) -> list[str]:
        """The run that is to be disturbed: it reads the last two weeks, and freezes what is not frozen.

        Its moment is late enough that records and key of the week before the last are destroyed.
        """
        last = FIRST_MONDAY + timedelta(weeks=self.weeks)
        first = max(FIRST_MONDAY, last - timedelta(weeks=2))
        return _run(place, first, last - timedelta(days=1), last + timedelta(days=8))

    def make(self, folder: Path) -> Path:
        """Makes `folder/pristine`, where it is not there yet."""
        pristine, begun = folder / "pristine", folder / "begun"
        if pristine.exists():
            return pristine
        shutil.rmtree(folder, ignore_errors=True)
        home = begun / "home"
        home.mkdir(parents=True)
        make_sources(home / "landing", persons=PERSONS, weeks=self.weeks, first_day=FIRST_MONDAY)
        config = write_config(home)
        config.write_text(config.read_text() + DESTINATION)
        (home / "policy" / "retention.toml").write_text(f"record_weeks = {RECORD_WEEKS}\n")
        if self.weeks_before:
            last = FIRST_MONDAY + timedelta(weeks=self.weeks_before)
            told(as_installed(_run(begun, FIRST_MONDAY, last - timedelta(days=1), last + timedelta(days=3))))
            told(as_installed(_run(begun, last, last + timedelta(days=6), last + timedelta(days=7))))
        begun.rename(pristine)
        return pristine

    def undisturbed(self, folder: Path) -> list[Path]:
        """Copies of what is pristine that were run to the end, each by a process of its own; made once."""
        places = [folder / f"undisturbed-{number}" for number in range(self.references)]
        for place in places:
            if not place.exists():
                begun = begin(folder, folder / f"begun-{place.name}")
                told(as_installed(self.arguments(begun)))
                begun.rename(place)
        return places


#: A home that is not there yet: its first run.
FIRST_RUN = World("first-run", weeks=1, weeks_before=0)
#: The thirteenth week of a quarter: a week and the quarter are released, the oldest records and their key go.
QUARTER_ENDS = World("quarter-ends", weeks=13, weeks_before=12)
WORLDS = (FIRST_RUN, QUARTER_ENDS)


def begin(folder: Path, place: Path) -> Path:
    """A copy of what is pristine, to be run in; `place` itself."""
    shutil.rmtree(place, ignore_errors=True)
    shutil.copytree(folder / "pristine", place)
    return place


def _run(place: Path, first: date, last: date, as_of: date) -> list[str]:
    days = ["--from", str(first), "--to", str(last), "--as-of", f"{as_of}T06:00:00+00:00"]
    return ["run", "--config", str(place / "home" / "cmn.toml"), *days, "--json"]
