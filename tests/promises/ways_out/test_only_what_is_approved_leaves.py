"""Nothing of a dataset that no reviewer approved leaves: searched for in every byte of portal and destination.

Each mart tells figures that stand nowhere else. They are looked for as they are, however a page, a chart, a CSV or a
Parquet file writes them; the figures of what is approved must be found by the same search.
"""

import io
import json
import re
import shutil
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from itertools import combinations
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from home.layout import Home
from home.run import Run
from home.settings.destination_settings import Destination
from home.settings.settings import load_settings
from portal import readers, shown_marts, site_content
from portal.pages import index_page, pages
from portal.site import build_portal, site_of
from portal.way_out import WayOut
from refusals.errors import DeliveryRefused, MartsRefused, PublicationRefused
from releases.destinations.delivery import deliver_releases
from releases.destinations.destination import Delivered, deliver
from releases.destinations.folder_store import FolderStore
from releases.files.release_catalogue import catalogue
from releases.files.release_files import release_files
from releases.ledger.period import Period
from releases.ledger.release import Release
from releases.ledger.release_id import ReleaseId
from releases.publishing.listing import published_releases
from releases.publishing.publisher import publishing_to
from tests.readers.portal_pages import read_page
from tests.worlds.good_marts import CORE, ENGAGED, FREQUENCY, GA4, HOURS, LENGTHS, PLATFORM, QUALITY
from tests.worlds.portal_world import AS_OF, make_portal_home, portal_policy
from tests.worlds.release_home import write_policy
from tests.worlds.release_world import MONDAY, leaves_below, some_weeks, weekly_release

WEEKS = some_weeks(2)
DATASETS = (
    "usage_by_region_age", "usage_by_hour", "session_length_by_age", "ga4_engagement", "ga4_engaged_sessions",
    "usage_by_frequency", "usage_by_platform",
)  # fmt: skip
MARTS = dict(zip(DATASETS, (CORE, HOURS, LENGTHS, GA4, ENGAGED, FREQUENCY, PLATFORM), strict=True))
#: None, one, two, all but one, all.
SUBSETS = [subset for size in (0, 1, 2, 6, 7) for subset in combinations(DATASETS, size)]
NL = ("NL", "Netherlands", "country", leaves_below("NL"))


def figure(dataset: str, week: date, place: int) -> int:
    """Nine digits that no other dataset, week or column has."""
    return 700_000_000 + 10_000_000 * DATASETS.index(dataset) + 1_000_003 * WEEKS.index(week) + 101_009 * place


def planted(dataset: str) -> list[int]:
    """Every figure of a dataset: persons, sessions, minutes and, of GA4, what comes besides, of both weeks."""
    places = {"ga4_engagement": 4, "usage_by_frequency": 2, "usage_by_platform": 2}.get(dataset, 3)
    return [figure(dataset, week, place) for week in WEEKS for place in range(places)]


#: Of a source: percent of its records with consent, told with any of its datasets; cells, told with its core alone.
COVERAGE = {"app": 830_400_017, "ga4_export": 840_400_019}
CELLS = {"app": 850_600_021, "ga4_export": 860_600_023}
SOURCE = dict(zip(DATASETS, ("app", "app", "app", "ga4_export", "ga4_export", "app", "app"), strict=True))
CORE_OF = {"app": "usage_by_region_age", "ga4_export": "ga4_engagement"}


def rows_of(dataset: str, week: date) -> tuple[Any, ...]:
    one, two, three, *rest = (figure(dataset, week, place) for place in range(4))
    return {
        "usage_by_region_age": (week, *NL, "all", 0, None, one, two, three),
        "usage_by_hour": (week, *NL, "all", 0, 23, one, two, three),
        "session_length_by_age": (week, "all", 0, None, 0, None, one, two, three),
        "ga4_engagement": (week, *NL, "mobile", one, two, three, *rest),
        "ga4_engaged_sessions": (week, *NL, 1, one, two, three),
        "usage_by_frequency": (week, *NL, 1, None, one, two),
        "usage_by_platform": (week, "all", 0, None, "all", one, two),
    }[dataset]


@pytest.fixture(scope="module")
def marts(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """A home whose marts hold the planted figures, and nothing else."""
    home = make_portal_home(tmp_path_factory.mktemp("planted"), WEEKS)
    with duckdb.connect(str(home.marts)) as con:
        for table in (*MARTS.values(), QUALITY, "coverage_week"):
            con.execute(f"delete from {table}")
        for dataset, mart in MARTS.items():
            for week in WEEKS:
                row = rows_of(dataset, week)
                con.execute(f"insert into {mart} values ({', '.join('?' * len(row))})", list(row))
        for source, percent in COVERAGE.items():
            con.executemany("insert into coverage_week values (?, ?, ?)", [(week, source, percent) for week in WEEKS])
        for source, cells in CELLS.items():
            quality = [(week, source, 1, cells, 10, 0.25, None, None, None, 2, 2) for week in WEEKS]
            con.executemany(f"insert into {QUALITY} values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", quality)
    return home


def planted_release(dataset: str, week: date) -> Release:
    """The release of a week of a mart, as its rows are."""
    release = weekly_release(dataset, week)
    (resource,) = release.resources
    names = resource.table.schema.names
    table = pa.Table.from_pylist([dict(zip(names, rows_of(dataset, week), strict=True))], schema=resource.table.schema)
    evidence = replace(release.evidence, k_reached=figure(dataset, week, 0), coverage_percent={week: 81})
    return replace(release, resources=(replace(resource, table=table),), evidence=evidence)


def home_with(marts: Home, root: Path, datasets: Iterable[str]) -> Home:
    """A home of its own with those marts, in which both weeks of these datasets were released."""
    home = Home(root)
    home.make()
    home.marts.write_bytes(marts.marts.read_bytes())
    with publishing_to(home) as publisher:
        for dataset in datasets:
            for week in WEEKS:
                release = planted_release(dataset, week)
                publisher.publish(release.id, release_files(release), release.issued)
    return home


def policy_of(*approved: str) -> Any:
    policy = portal_policy()
    given = [one for one in policy.releases.approval if one.dataset in approved]
    return policy.model_copy(update={"releases": policy.releases.model_copy(update={"approval": given})})


def shown(content: bytes, name: str = "") -> str:
    """All that a file says, its numbers as bare digits."""
    if name.endswith(".parquet"):
        content += repr(pq.read_table(io.BytesIO(content)).to_pydict()).encode()
    text = content.decode("utf-8", "replace").replace("\\u202f", "\u202f")
    return re.sub(r"(?<=\d)[\u202f\u00a0.,_ ](?=\d)", "", text)


@dataclass
class Searched:
    """What was looked through, by path."""

    texts: Mapping[str, str]

    def holding(self, numbers: Iterable[int]) -> list[str]:
        return [f"{path}: {number}" for number in numbers for path, text in self.texts.items() if str(number) in text]


def searched(files: Mapping[str, bytes]) -> Searched:
    return Searched({path: shown(content, path) for path, content in files.items() if not path.startswith("assets/")})


def files_below(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def check_leaves(files: Mapping[str, bytes], approved: Iterable[str]) -> None:
    """No figure of anything else in any file, no file named after it; of what is approved, all of the last week."""
    found, approved = searched(files), set(approved)
    for dataset in DATASETS:
        if dataset in approved:
            assert all(
                found.holding([figure(dataset, WEEKS[-1], column)]) for column in range(len(planted(dataset)) // 2)
            ), dataset
        else:
            assert found.holding(planted(dataset)) == []
            assert [path for path in files if dataset in path] == []
    for source, percent in COVERAGE.items():
        told = any(SOURCE[dataset] == source for dataset in approved)
        assert bool(found.holding([percent])) == told, source
        assert bool(found.holding([CELLS[source]])) == (CORE_OF[source] in approved), source


@pytest.fixture(scope="module")
def released(marts: Home, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """All datasets are approved, released, shown and delivered."""
    folder = tmp_path_factory.mktemp("released")
    home = home_with(marts, folder / "home", DATASETS)
    build_portal(home, policy_of(*DATASETS), AS_OF)
    deliver(home, place(folder), DATASETS)
    check_leaves(files_below(home.portal), DATASETS)
    check_leaves(files_below(folder / "out"), DATASETS)
    return folder


@pytest.fixture
def world(released: Path, tmp_path: Path) -> Path:
    """A copy of it, for a test to change."""
    shutil.copytree(released, tmp_path, dirs_exist_ok=True)
    return tmp_path


def place(folder: Path, name: str = "out") -> Destination:
    return Destination(name="disk", folder=folder / name)


@pytest.mark.clause("out-approved-only")
@pytest.mark.parametrize("approved", SUBSETS, ids=lambda subset: "+".join(subset) or "none")
def test_of_any_subset_only_what_is_approved_leaves(world: Path, approved: tuple[str, ...]) -> None:
    """All were approved once; now these are. The portal, the destination that had all, and a fresh one."""
    home = Home(world / "home")
    build_portal(home, policy_of(*approved), AS_OF)
    portal = files_below(home.portal)
    check_leaves(portal, approved)
    assert portal["index.html"].count(b"<polyline") == len(approved)
    for name in ("out", "fresh"):
        deliver(home, place(world, name), approved)
        delivered = files_below(world / name)
        check_leaves(delivered, approved)
        assert ("releases/held-back.json" in delivered) == (len(approved) < len(DATASETS))
    assert deliver(home, place(world), approved) == Delivered()


def lapse(world: Path, approved: Iterable[str]) -> None:
    """A delivery under fewer approvals than the portal was built for: it is not sent, and what is there goes."""
    with pytest.raises(DeliveryRefused, match="was built for a dataset whose approval has lapsed"):
        deliver(Home(world / "home"), place(world), approved)


def test_what_is_approved_again_comes_back_byte_for_byte(world: Path) -> None:
    before = files_below(world / "out")
    lapse(world, DATASETS[:1])
    there = set(files_below(world / "out"))
    assert not [path for path in there if path.startswith("portal/")]
    assert {path.split("/")[1] for path in there if path.count("/") == 3} == {DATASETS[0]}
    deliver(Home(world / "home"), place(world), DATASETS)
    assert files_below(world / "out") == before


@pytest.mark.parametrize("after", [1, 2, 3, 7, 20])
def test_a_delivery_that_is_killed_while_it_takes_away_or_brings_back_is_finished(
    world: Path, monkeypatch: pytest.MonkeyPatch, after: int
) -> None:
    """Killed after some changes, in either direction; the next one leaves what an undisturbed one leaves."""
    home, before = Home(world / "home"), files_below(world / "out")
    for approved in (DATASETS[:1], DATASETS):
        left = [after]
        with monkeypatch.context() as patched:
            for name in ("delete", "create", "replace"):
                patched.setattr(FolderStore, name, dying(getattr(FolderStore, name), left))
            with pytest.raises(Killed):
                deliver(home, place(world), approved)
            assert left == [0]
        deliver(home, place(world), DATASETS)
        assert files_below(world / "out") == before
        lapse(world, DATASETS[:1])


class Killed(BaseException):
    """The process is gone."""


def dying(method: Any, left: list[int]) -> Any:
    def call(*arguments: Any) -> Any:
        if left[0] == 0:
            raise Killed
        left[0] -= 1
        return method(*arguments)

    return call


@pytest.mark.clause("out-approved-only")
def test_approved_but_not_released_is_shown_nowhere(marts: Home, tmp_path: Path) -> None:
    """A week that the audit refused, or that nobody released yet, is frozen and has passed no decision."""
    home = home_with(marts, tmp_path / "home", [])
    files = site_of(home, policy_of(*DATASETS), AS_OF, published_releases(home))
    assert searched(files).holding(number for dataset in DATASETS for number in planted(dataset)) == []
    assert "No week of this dataset has been published yet." in files["usage_by_hour.html"].decode()


@pytest.mark.clause("out-approved-only")
def test_the_week_of_a_withdrawn_release_is_gone_from_the_portal_too(world: Path) -> None:
    home = Home(world / "home")
    with publishing_to(home) as publisher:
        publisher.withdraw(ReleaseId("usage_by_hour", Period.week(WEEKS[0]), 1), "counted twice", AS_OF)
    build_portal(home, policy_of(*DATASETS), AS_OF)
    deliver(home, place(world), DATASETS)
    gone = [figure("usage_by_hour", WEEKS[0], column) for column in range(3)]
    for files in (files_below(home.portal), files_below(world / "out")):
        assert searched(files).holding(gone) == []
        assert all(searched(files).holding([figure("usage_by_hour", WEEKS[1], column)]) for column in range(3))


@pytest.mark.clause("out-lapsed")
def test_a_tombstone_stays_whatever_is_approved(world: Path) -> None:
    """Whoever has a copy must see that it was withdrawn: at the destination, in the catalogue, on the first page."""
    home, release = Home(world / "home"), ReleaseId("usage_by_hour", Period.week(WEEKS[0]), 1)
    with publishing_to(home) as publisher:
        publisher.withdraw(release, "counted <b>twice</b>", AS_OF)
    build_portal(home, policy_of("ga4_engagement"), AS_OF)
    deliver(home, place(world), ["ga4_engagement"])
    assert {path for path in files_below(world / "out") if "usage_by_hour" in path} == {
        f"releases/{release}/{name}" for name in ("README.md", "TOMBSTONE.json", "ledger-entry.json", "public-key.pem")
    }
    listed = json.loads(catalogue(published_releases(home), portal_policy().releases, ["ga4_engagement"]))["@graph"]
    told = {node["dct:identifier"] for node in listed if "dct:identifier" in node}
    assert told == {str(release), *(f"ga4_engagement/{Period.week(week).label}-v1" for week in WEEKS)}
    english, dutch = (read_page((home.portal / name).read_bytes()).text for name in ("index.html", "nl/index.html"))
    assert "Not published" in english and "Niet gepubliceerd" in dutch
    assert f"{release}: withdrawn on 1 Oct 2026. Reason: counted <b>twice</b>" in english
    assert f"{release}: ingetrokken op 1 okt 2026. Reden: counted <b>twice</b>" in dutch
    held = ReleaseId("usage_by_hour", Period.week(WEEKS[1]), 1)
    assert f"{held}: held back" in english and f"{held}: wordt niet verstrekt" in dutch


# What is found where a way out is planted.


def leaks(home: Home, approved: Iterable[str]) -> bool:
    try:
        check_leaves(site_of(home, policy_of(*approved), AS_OF, published_releases(home)), approved)
    except (AssertionError, PublicationRefused):  # found by the search, or refused at the way out before
        return True
    return False


@pytest.mark.parametrize(
    "plant",
    ["rows of every week", "coverage of every source", "quality of every source", "a page that reads the file itself"],
)
def test_a_way_out_that_is_planted_is_found(world: Path, monkeypatch: pytest.MonkeyPatch, plant: str) -> None:
    home, approved = Home(world / "home"), ("session_length_by_age",)
    assert not leaks(home, approved)
    if plant == "rows of every week":
        monkeypatch.setattr(shown_marts, "_is_among", lambda weeks: "true")
        monkeypatch.setattr(site_content, "approved_datasets", lambda policy, as_of: policy.dataset)
    elif plant == "a page that reads the file itself":
        real = index_page.index_page

        def telling(content: Any, root: str, texts: Any) -> dict[str, Any]:
            with duckdb.connect(str(home.marts), read_only=True) as con:
                found = con.execute("select max(users) from usage_by_hour_week").fetchone() or (0,)
            return {**real(content, root, texts), "lead": texts.number(found[0])}

        monkeypatch.setitem(pages._PAGES, "index.html", ("index.html", telling))
    else:
        table = "coverage_week" if plant.startswith("coverage") else QUALITY
        every = {"app": frozenset(WEEKS), "ga4_export": frozenset(WEEKS)}
        monkeypatch.setattr(shown_marts, "_OF_SOURCE", {**shown_marts._OF_SOURCE, table: lambda shown: every})
    assert leaks(home, approved)


def test_what_is_asked_for_by_nobody_who_may_is_refused() -> None:
    way_out = WayOut(["usage_by_hour"])
    way_out.shared("index.html", b"")
    way_out.shared("nl/verify.html", b"")
    way_out.of_datasets("usage_by_hour.html", b"", ["usage_by_hour"])
    for path, asking in (("ga4.html", ["ga4_engagement"]), ("x.csv", ["usage_by_hour", "ga4_engagement"]), ("y", [])):
        with pytest.raises(PublicationRefused, match="which no reviewer has approved"):
            way_out.of_datasets(path, b"", asking)
    for path in (
        "feed.xml",
        "search.json",
        "data/all.csv",
        "nl/nl/index.html",
        "assets/x/portal-1.css",
        "de/index.html",
    ):
        with pytest.raises(PublicationRefused, match="not on the closed list"):
            way_out.shared(path, b"")
    with pytest.raises(PublicationRefused, match="written twice"):
        way_out.of_datasets("index.html", b"another", ["usage_by_hour"])


def test_no_page_names_the_marts_file_itself() -> None:
    """What is read for a page is read through the views of shown_marts.py, which alone attaches the file."""
    portal = Path(shown_marts.__file__).parent
    naming = {
        path.name for path in portal.rglob("*.py") if re.search(r"home\.marts\b|marts_file|\bFILE\b", path.read_text())
    }
    assert naming == {"shown_marts.py", "site_content.py", "readers.py"}  # these two ask whether it is there and whole
    assert "duckdb" not in (portal / "site_content.py").read_text()


@pytest.mark.parametrize("plant", ["an unnamed file", "a changed file", "no contents", "damaged contents"])
def test_a_portal_that_is_not_what_was_asked_for_is_not_sent(world: Path, plant: str) -> None:
    home, before = Home(world / "home"), files_below(world / "out")
    if plant == "an unnamed file":
        (home.portal / "feed.xml").write_text(f"<users>{figure('usage_by_hour', WEEKS[0], 0)}</users>")
    elif plant == "a changed file":
        (home.portal / "index.html").write_text("another")
    elif plant == "no contents":
        (home.portal / "contents.json").unlink()
    else:
        (home.portal / "contents.json").write_text('{"datasets": 3}')
    with pytest.raises(DeliveryRefused, match="`cmn releases publish` builds it anew"):
        deliver(home, place(world), DATASETS)
    assert files_below(world / "out") == before


@pytest.mark.parametrize("approved", [(), ("usage_by_hour",), DATASETS[:3]])
def test_where_the_portal_cannot_be_built_what_lapsed_goes_all_the_same(
    world: Path, monkeypatch: pytest.MonkeyPatch, approved: tuple[str, ...]
) -> None:
    run = run_over(world, approved)
    monkeypatch.setattr(readers, "build_site", failing)
    with pytest.raises(MartsRefused):
        readers.build_portal(run)
    deliver_releases(run)
    for files in (files_below(run.home.portal), files_below(world / "out")):
        assert searched(files).holding(n for one in DATASETS if one not in approved for n in planted(one)) == []


def test_where_the_portal_cannot_be_built_and_nothing_lapsed_readers_keep_what_they_had(
    world: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run, before = run_over(world, DATASETS), files_below(world / "home" / "portal")
    monkeypatch.setattr(readers, "build_site", failing)
    with pytest.raises(MartsRefused):
        readers.build_portal(run)
    assert files_below(run.home.portal) == before


def failing(*_: Any) -> None:
    raise MartsRefused("planted")


def run_over(world: Path, approved: tuple[str, ...]) -> Run:
    (world / "cmn.toml").write_text(
        'home = "home"\n[ga4.export]\nfiles = "landing/ga4"\nconsent_basis = "basic"\n[policy]\ndirectory = "policy"\n'
        '[[destination]]\nname = "disk"\nfolder = "out"\n'
    )
    write_policy(world, approved)
    return Run("run-1", load_settings(world / "cmn.toml"), MONDAY, MONDAY, AS_OF)
