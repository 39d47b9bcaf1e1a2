"""What readers of the portal see of releases: each in its state, with ways to load, cite and check it that work."""

import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import duckdb
import pytest

from home.layout import Home
from portal.pages.queries import QUERIES
from portal.pages.reference_pages import BY_HAND, MARTS_LINES
from portal.site import build_portal, site_of
from refusals.errors import VerificationFailed
from releases.ledger.listed_release import ListedRelease
from releases.ledger.states import State
from releases.publishing.listing import published_releases
from tests.readers.portal_links import broken_links
from tests.readers.portal_pages import Page, Table, read_page
from tests.worlds.portal_world import AS_OF, WITHDRAWN, make_portal_home, portal_policy, publish, some_releases
from tests.worlds.release_world import USAGE, quarterly_release, some_weeks, weekly_release

PULLED = "usage_by_region_age/2026-W38-v1"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    home = make_portal_home(tmp_path_factory.mktemp("released"), some_weeks(4))
    publish(home, some_releases(), withdrawn=[PULLED])
    return home


@pytest.fixture(scope="module")
def files(home: Home) -> Mapping[str, bytes]:
    return site_of(home, portal_policy(), AS_OF, published_releases(home))


def releases_table(page: Page) -> Table:
    return page.table("Releases" if page.language == "en" else "Publicaties")


def check_states(page: Page, releases: list[ListedRelease]) -> None:
    """Every release of the ledger has its row, in its state, with its digest."""
    rows = {row[0]: row for row in releases_table(page).rows}
    words = {State.PUBLISHED: "Published", State.SUPERSEDED: "Superseded", State.WITHDRAWN: "Withdrawn"}
    for release in releases:
        row = rows.pop(f"{release.id.period.label} version {release.id.version}".replace(" version", "version", 1))
        assert row[2].startswith(words[release.state])
        assert row[4] == release.sha256
        assert release.state != State.WITHDRAWN or release.why in row[2]
        assert release.superseded_by is None or release.superseded_by.folder in row[2]
    assert rows == {}


def of_core(home: Home) -> list[ListedRelease]:
    return [release for release in published_releases(home) if release.id.dataset == "usage_by_region_age"]


def test_each_release_is_shown_in_its_state(home: Home, files: Mapping[str, bytes]) -> None:
    releases = of_core(home)
    assert [release.state for release in releases] == ["published", "withdrawn", "superseded", "published"]
    check_states(read_page(files["usage_by_region_age.html"]), releases)


def test_a_withdrawal_that_a_page_hides_is_found(home: Home, files: Mapping[str, bytes]) -> None:
    """Planted: the page is of before the withdrawal."""
    before = [replace(release, state=State.PUBLISHED, withdrawn_at=None, why="") for release in of_core(home)]
    stale = site_of(home, portal_policy(), AS_OF, before)
    with pytest.raises(AssertionError):
        check_states(read_page(stale["usage_by_region_age.html"]), of_core(home))


def test_a_withdrawn_release_is_a_tombstone_in_both_languages(files: Mapping[str, bytes]) -> None:
    english = releases_table(read_page(files["usage_by_region_age.html"])).rows[2]
    assert english[2] == f"Withdrawn on 3 Oct 2026Reason: {WITHDRAWN}"
    assert english[1] == "README.md TOMBSTONE.json"
    dutch = releases_table(read_page(files["nl/usage_by_region_age.html"])).rows[2]
    assert dutch[2] == f"Ingetrokken op 3 okt 2026Reden: {WITHDRAWN}"


def test_all_links_to_releases_lead_to_their_files(home: Home, files: Mapping[str, bytes]) -> None:
    assert broken_links(files, home.releases) == []
    page = read_page(files["nl/usage_by_region_age.html"])
    links = {value for _, _, value in page.addresses}
    assert "../../releases/usage_by_region_age/2026-W39-v2/data.csv" in links
    assert "../../releases/usage_by_region_age/2026-W39-v2/README.md" in links
    assert f"../../releases/{PULLED}/TOMBSTONE.json" in links


def test_a_planted_link_to_a_file_that_is_gone_is_found(home: Home, files: Mapping[str, bytes]) -> None:
    page = files["load.html"].replace(b"</main>", b'<a href="../releases/gone/data.csv">x</a></main>')
    assert broken_links({**files, "load.html": page}, home.releases) == ["load.html: ../releases/gone/data.csv"]


def test_the_index_says_how_many_releases_there_are_and_which_is_the_latest(files: Mapping[str, bytes]) -> None:
    text = " ".join(read_page(files["index.html"]).text.split())
    assert "Releases 4, of which 1 withdrawn Latest release 2026-W39, version 2" in text
    assert "Releases None yet" in text


def test_many_releases_are_all_there(tmp_path: Path) -> None:
    home = make_portal_home(tmp_path, some_weeks(2))
    weekly = [weekly_release("usage_by_region_age", week) for week in some_weeks(14)]
    publish(home, [*weekly, quarterly_release()], withdrawn=[str(weekly[0].id)])
    files = site_of(home, portal_policy(), AS_OF, published_releases(home))
    assert broken_links(files, home.releases) == []
    first, earlier = (
        table for table in read_page(files["usage_by_region_age.html"]).tables if "SHA" in table.heads[-1]
    )
    assert [row[0] for row in first.rows[:3]] == ["2026-W39version 1", "2026-Q3version 1", "2026-W38version 1"]
    assert (len(first.rows), len(earlier.rows)) == (13, 2)
    assert first.rows[-1][2].startswith("Withdrawn")  # the oldest of all, yet nobody can pass it over


@pytest.mark.clause("release-verify")
def test_the_ledgers_head_and_the_key_are_shown_in_full(home: Home, files: Mapping[str, bytes]) -> None:
    ledger = (home.releases / "ledger.jsonl").read_text(encoding="ascii").splitlines()
    for name in ("verify.html", "nl/verify.html"):
        text = read_page(files[name]).text
        for key in ("head", "at", "key", "signature"):
            value = ledger[-1].split(f'"{key}":"')[1].split('"')[0]
            assert value in text, key
        assert f"{len(ledger) - 1}" in text


def test_a_ledger_that_was_changed_gives_no_portal(tmp_path: Path) -> None:
    home = make_portal_home(tmp_path, some_weeks(1))
    publish(home, [weekly_release()])
    build_portal(home, portal_policy(), AS_OF)
    before = (home.portal / "index.html").read_bytes()
    ledger = home.releases / "ledger.jsonl"
    ledger.write_bytes(ledger.read_bytes().replace(b"published", b"withdrawn", 1))
    with pytest.raises(VerificationFailed):
        build_portal(home, portal_policy(), AS_OF)
    assert (home.portal / "index.html").read_bytes() == before


def test_the_lines_that_are_shown_load_the_release(
    home: Home, files: Mapping[str, bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(home.root)
    text = read_page(files["load.html"]).text
    path = "releases/usage_by_region_age/2026-W39-v2/data"
    lines = [line.strip() for line in text.splitlines() if path in line]
    sums = {"users": sum(row[2] for row in USAGE), "sessions": sum(row[3] for row in USAGE)}
    loaded = 0
    for line in lines:
        if line.startswith("select"):
            found = duckdb.sql(line).df()
        elif line.startswith("import pandas"):
            scope: dict[str, object] = {}
            exec(line, scope)  # noqa: S102  # the very line that readers are shown
            found = scope["data"]
        else:
            continue
        assert {name: found[name].sum() for name in sums} == sums, line
        loaded += 1
    assert loaded == 4
    assert sum(line.startswith("data <- read.csv") for line in lines) == 1


@pytest.mark.skipif(shutil.which("Rscript") is None, reason="R is not installed (apt-get install r-base-core)")
def test_the_line_for_r_loads_the_release(home: Home, files: Mapping[str, bytes]) -> None:
    text = read_page(files["load.html"]).text
    line = next(line.strip() for line in text.splitlines() if line.strip().startswith("data <- read.csv"))
    run = ["Rscript", "--vanilla", "-e", f"{line}; cat(sum(data$users), sum(data$sessions))"]
    done = subprocess.run(run, cwd=home.root, check=True, capture_output=True, text=True)
    assert done.stdout == f"{sum(row[2] for row in USAGE)} {sum(row[3] for row in USAGE)}"


def test_the_citation_names_the_release_and_its_version(files: Mapping[str, bytes]) -> None:
    cited = (
        "Stichting Connect Me Now (2026). App usage by region and age group, 2026-W39 (version 2) [Data set]. "
        "Release usage_by_region_age/2026-W39-v2."
    )
    assert cited in read_page(files["load.html"]).text
    assert cited in read_page(files["nl/load.html"]).text


def test_with_an_address_the_lines_read_from_the_web(home: Home) -> None:
    policy = portal_policy()
    releases = policy.releases.model_copy(update={"base_url": "https://data.example"})
    files = site_of(home, policy.model_copy(update={"releases": releases}), AS_OF, published_releases(home))
    text = read_page(files["load.html"]).text
    assert "'https://data.example/releases/usage_by_region_age/2026-W39-v2/data.parquet'" in text
    assert broken_links(files, home.releases) == []


@pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is not installed")
def test_the_steps_by_hand_verify_a_release_and_find_a_changed_byte(home: Home, tmp_path: Path) -> None:
    shutil.copytree(home.releases, tmp_path / "releases")
    folder = tmp_path / "releases" / "usage_by_region_age" / "2026-W39-v2"
    script = "set -e\n" + BY_HAND

    def steps() -> subprocess.CompletedProcess[str]:
        return subprocess.run(["bash", "-c", script], cwd=folder, check=False, capture_output=True, text=True)

    done = steps()
    assert done.returncode == 0, done.stderr
    assert "Signature Verified Successfully" in done.stdout
    for name in ("data.csv", "CHECKSUMS.sha256"):
        whole = (folder / name).read_bytes()
        (folder / name).write_bytes(whole[:-2] + bytes([whole[-2] ^ 1]) + whole[-1:])
        assert steps().returncode != 0, name
        (folder / name).write_bytes(whole)


@pytest.mark.parametrize("query", QUERIES)
def test_each_ready_query_is_shown_and_returns_rows(home: Home, files: Mapping[str, bytes], query: str) -> None:
    assert QUERIES[query] in read_page(files["analysts.html"]).text
    with duckdb.connect(str(home.marts), read_only=True) as con:
        assert con.execute(QUERIES[query]).fetchall()


def test_the_line_that_opens_the_marts_in_python_works(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(home.root)
    scope: dict[str, duckdb.DuckDBPyConnection] = {}
    exec(dict(MARTS_LINES)["Python"], scope)  # noqa: S102  # the very line that readers are shown
    assert scope["marts"].execute("select count(*) from usage_by_region_age_week").fetchone() != (0,)
