"""What `cmn doctor` asks of the state in the home: that every file which a run rests on is as it was written."""

from collections.abc import Callable, Iterator
from functools import partial

from catalogue.catalogue import FROZEN_SOURCES, SOURCES
from freezing.cell_files import committed_files, look_for_committed_files
from home.home_marker import marked_home_id
from home.keys import WEEK_KEYS
from home.layout import Home
from home.register.register_file import is_register_there
from home.settings.settings import Settings
from home.state import check, check_file, expected
from home.weeks.report_weeks import REPORT_WEEK_FILES
from home.weeks.week_states import COMMITS
from ingestion.store.record_store import WEEK_FILES
from releases.folders.on_disk import is_anything_signed
from releases.publishing.inspection import check_every_release

Check = tuple[str, Callable[[], object]]


def state_checks(settings: Settings, *, deep: bool) -> Iterator[Check]:
    """Checks by name; each raises a Refusal with the mend. `deep` reads every byte; else what is small is read."""
    home = settings.home
    if not home.restricted.exists():
        return
    was_marked = marked_home_id(home) is not None
    yield "register", partial(_check_register, home)
    if not was_marked:
        yield f"mark of the home ({home.marker.name}; written anew from the register)", partial(_check_register, home)
    yield "week keys", partial(check, home, home.keys, WEEK_KEYS)
    yield "quarantine key", partial(check, home, home.keys, "quarantine.key")
    yield "key of tombstones", partial(check, home, home.keys, "tombstones.key")
    yield "key of receipts", partial(check, home, home.keys, "receipt-signing.key")
    yield "key of answered requests", partial(check, home, home.keys, "subjects-of-requests.key")
    read = "every byte" if deep else "there"
    for source in SOURCES:
        yield f"records, {source} ({read})", partial(check, home, home.records / source, WEEK_FILES, is_read=deep)
    yield f"reports of GA4 ({read})", partial(check, home, home.ga4_reports, REPORT_WEEK_FILES, is_read=deep)
    yield f"quarantine ({read})", partial(check, home, home.quarantine, "*.parquet", is_read=deep)
    for source in FROZEN_SOURCES:
        yield f"commits of weeks, {source}", partial(check, home, home.cells / "weeks" / source, COMMITS)
    yield f"cells ({read})", partial(committed_files if deep else look_for_committed_files, home)
    if deep:
        yield "marts (every byte)", partial(check_file, home, home.marts)
        if is_anything_signed(home):
            yield "releases (every byte)", partial(check_every_release, home)


def _check_register(home: Home) -> None:
    if is_register_there(home):
        expected(home)
