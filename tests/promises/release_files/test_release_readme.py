"""The README of a release says what a researcher must know, its commands work, and its report can be looked up."""

import base64
import hashlib
import html
import json
import re
import shutil
import subprocess
import sys
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import marko
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from policy.region_table import regions
from releases.files.release_files import release_files
from releases.ledger.release import Gap, Release
from tests.conventions.tracked import ROOT
from tests.readers.markdown_nodes import READERS, kinds
from tests.readers.release_tables import write
from tests.worlds.hostile_texts import HOSTILE
from tests.worlds.release_world import MONDAY, REVIEWER, corrected_release, every_release, weekly_release

RELEASES = [pytest.param(release, id=str(release.id)) for release in every_release()]
CAVEATS = (
    "coalition", "differential privacy", "true of everyone", "k - 1 invented accounts", "who did not consent",
    "minutes of a cell less a part", "choice of the cells", "users over three and more overlapping parts",
)  # fmt: skip


def readme(release: Release) -> str:
    """Its words, line ends aside."""
    return " ".join(release_files(release)["README.md"].decode().split())


def report(release: Release) -> dict[str, Any]:
    return json.loads(release_files(release)["disclosure-report.json"])


#: Datasets of how people came: users and minutes alone, each person in one row.
WITHOUT_SESSIONS = {"usage_by_frequency", "usage_by_platform"}


@pytest.mark.parametrize("release", RELEASES)
def test_it_says_what_a_reader_must_know(release: Release) -> None:
    text, evidence = readme(release), release.evidence
    assert text.startswith(f"# {release.dataset.title}, {release.id.period.label} {release.dataset.description} ")
    assert f"`{release.id}`" in text
    assert all(caveat in text.lower() for caveat in CAVEATS)
    assert f"k = {evidence.k} of them; in this release the smallest has {evidence.k_reached}" in text
    assert f"{evidence.expectations} rules of the door out held" in text
    assert f"Approved by {REVIEWER} on 2026-09-14 (minutes of the board, 14 September 2026, item 3)" in text
    assert "info@connectmenow.nl" in text
    assert "CC-BY-4.0" in text
    assert "docs/privacy-promise.md" in text
    assert "## Samenvatting" in text
    assert release.dataset.description_nl in text
    for resource in release.resources:
        for column in resource.columns:
            assert f"| `{column.name}` | " in text
    assert "None" not in text
    assert "undefined" not in text.lower()


@pytest.mark.parametrize("release", RELEASES)
def test_it_says_what_may_be_added_up(release: Release) -> None:
    text = readme(release)
    if release.id.period.kind == "quarter":
        assert "**never distinct persons**" in text
        assert "`users` " not in text
        return
    assert "`users` do **not** add up over weeks" in text
    overlapping = release.dataset.name in ("usage_by_hour", "session_length_by_age")
    assert ("`users` do **not** add up over rows" in text) == overlapping
    assert ("browser or device" in text) == (release.dataset.name in ("ga4_engagement", "ga4_engaged_sessions"))


@pytest.mark.parametrize("release", RELEASES)
def test_it_says_where_a_code_has_several_meanings(release: Release) -> None:
    """Only where one region stands beside several ages or devices."""
    beside = {"usage_by_region_age": "age group", "ga4_engagement": "device"}.get(release.dataset.name)
    _, _, units = readme(release).partition("## Units, and what may be added up")
    units, _, _ = units.partition("## Known gaps")
    assert ("One `region_code` can cover **other regions in another row**" in units) == bool(beside)
    if beside:
        assert f"`rest of 001` beside one {beside} need not be what it is beside another" in units
        assert "`region_members` (`region_covers` in the CSV): group by that" in units


@pytest.mark.parametrize("release", RELEASES)
def test_it_says_how_far_a_count_is_from_what_there_was(release: Release) -> None:
    """In both languages; and of weeks from before there were steps, nothing of the kind."""
    text, quarter = readme(release), release.id.period.kind == "quarter"
    if release.dataset.name in WITHOUT_SESSIONS:
        assert "than there were" not in text.replace("of what there were", "")
        assert "in stappen van" not in text
        assert "told in steps of" not in text
        return
    assert "at most 4 more or 5 fewer than there were" in text
    assert "no row and no sum of rows says that one to 9 persons did" in text
    counts = {"ga4_engagement": "`sessions` en `views`", "ga4_engaged_sessions": "`sessions` en `engaged_sessions`"}
    row = "per weekcel " if quarter else "per rij " if release.dataset.name != "ga4_engaged_sessions" else ""
    told = counts.get(release.dataset.name, "`sessions`")
    assert f"{told} staan in stappen van 10: {row}hoogstens 4 te veel of 5 te weinig" in text
    reckoned = "Sessions a user lie between (`sessions` - 4) / `users` and (`sessions` + 5) / `users`"
    assert (reckoned in text) == (not quarter and not release.dataset.name.startswith("ga4"))
    exact = replace(release, evidence=replace(release.evidence, count_step=1))
    assert "than there were" not in readme(exact).replace("of what there were", "")
    assert "in stappen van" not in readme(exact)


@pytest.mark.parametrize("release", RELEASES)
def test_it_says_how_often_minutes_were_rounded(release: Release) -> None:
    quarter = release.id.period.kind == "quarter"
    often = "once a weekly cell, then summed." if quarter else "once a row."
    has_minutes = release.dataset.name != "ga4_engaged_sessions"
    assert (f"Minutes are rounded half up {often}" in readme(release)) == has_minutes
    assert ("the rest of its minutes" in readme(release)) == has_minutes


@pytest.mark.parametrize("release", RELEASES)
def test_the_loss_of_regions_is_said_to_be_small_by_nature(release: Release) -> None:
    """Leaves and shares counted here, from the region table and the rows."""
    if release.evidence.gcp is None:
        assert "small by nature" not in readme(release)
        return
    parents = {region.parent for region in regions().values()}
    leaves = sum(code not in parents for code in regions())
    persons = "person_weeks" if release.id.period.kind == "quarter" else "users"
    rows = release.resources[0].table.to_pylist()
    alone = sum(row[persons] for row in rows if row["region_level"] == "subdivision")
    share = f"{100 * alone / sum(row[persons] for row in rows):.1f} %"
    if release.id.period.kind == "week":
        assert share == {"usage_by_region_age": "61.4 %", "ga4_engagement": "0.0 %"}[release.dataset.name]
    told = f"Regions are set against all {leaves} of the world, so for them it is small by nature, even where every"
    alone_told = f"{share} of the `{persons}` are in rows of a single subdivision."
    assert f"{told} province is merged; {alone_told}" in readme(release)


@pytest.mark.parametrize("release", RELEASES)
def test_loss_is_told_or_why_not(release: Release) -> None:
    gcp = release.evidence.gcp
    assert (
        (f"(Ghinita et al. 2007) is **{gcp:.3f}**" in readme(release))
        if gcp
        else (
            "Rows are unions of cells of `ga4_engagement` of the same week" in readme(release)
            if release.dataset.name == "ga4_engaged_sessions"
            else "Rows of this dataset divide unions of cells of `usage_by_region_age` of the same week"
            in readme(release)
            if release.dataset.name in WITHOUT_SESSIONS
            else "Rows of this dataset overlap" in readme(release)
        )
    )


def test_gaps_and_coverage_are_told() -> None:
    quarter = every_release()[-1]
    text = readme(quarter)
    (gap,) = quarter.gaps
    assert f"The week of {gap.week} is not in it: withheld" in text
    assert "12 of the 13 weeks of 2026-Q3 (29 June 2026 to 27 September 2026)" in text
    assert "12 van de 13 weken van 2026-Q3 (29 juni 2026 tot en met 27 september 2026)" in text
    for week, percent in quarter.evidence.coverage_percent.items():
        assert f"| {week} | {'not told' if percent is None else f'{percent} %'} |" in text
    assert "No week of the period is missing." in readme(weekly_release())


def test_a_correction_says_what_changed_and_a_first_version_does_not() -> None:
    text = readme(corrected_release())
    assert "This is a correction of `usage_by_region_age/2026-W39-v1`" in text
    assert "The name of one region was put right; no figure changed." in text
    assert "What changed" not in readme(weekly_release())


def test_what_was_left_unproven_is_told() -> None:
    release = weekly_release()
    release = replace(release, evidence=replace(release.evidence, unproven=("one combination",)))
    assert "It could neither show nor exclude: one combination." in readme(release)
    assert report(release)["unproven"] == ["one combination"]


def test_nothing_in_it_is_taken_for_html() -> None:
    text = re.sub(r"```.*?```", "", release_files(weekly_release())["README.md"].decode(), flags=re.S)
    assert re.findall(r"(?<!\\)<", text) == []


TYPED = "<script>alert(1)</script> [x](javascript:alert(3)) ![y](z) # Head *b* `c` | d \\ &lt; ~e~"


def test_what_somebody_typed_stands_as_it_was_typed() -> None:
    """A correction, an approval, the reason of a gap: a reader of Markdown makes nothing of it."""
    made = corrected_release()
    approval = made.approval.model_copy(update={"reviewer": TYPED, "reference": TYPED})
    gaps = (*made.gaps, Gap(MONDAY, TYPED))
    rendered = marko.convert(readme(replace(made, changes=TYPED, approval=approval, gaps=gaps)))
    assert html.unescape(rendered).count(TYPED) == 4
    assert not re.search(r"<script|javascript:alert\(3\)\"|<img|<h\d>Head", rendered)
    unescaped = marko.convert(f"{TYPED}\n")
    assert "<script" in unescaped and TYPED not in html.unescape(unescaped), "it would be taken for markup"


#: Every setting that people type and that a README tells, as it is in the README of a word.
SETTINGS = ("title", "description", "description_nl", "publisher", "licence", "changes", "reviewer", "reference", "gap")


def typed(setting: str, text: str) -> Release:
    """A release with one setting so typed, as the policy's loader takes it."""
    made = corrected_release()
    if setting == "gap":
        return replace(made, gaps=(Gap(MONDAY, text),))
    if setting == "changes":
        return replace(made, changes=text)
    if setting in ("reviewer", "reference"):
        return replace(made, approval=made.approval.model_copy(update={setting: text}))
    if setting in ("publisher", "licence"):
        return replace(made, policy=made.policy.model_copy(update={setting: text}))
    dataset = made.dataset.model_copy(update={setting: text})
    (resource,) = made.resources
    return replace(made, dataset=dataset, resources=(replace(resource, title=dataset.title),))


@pytest.mark.clause("release-typed-text")
@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize("setting", SETTINGS)
def test_whatever_is_typed_a_reader_of_markdown_makes_nothing_of_it(setting: str, reader: str) -> None:
    """The document of a hostile text has the nodes of the document of a word, and no others."""
    markdown = READERS[reader]

    def nodes(text: str) -> Counter[str]:
        return kinds(markdown.parse(release_files(typed(setting, text))["README.md"].decode()))

    expected = nodes("word")
    assert {text: nodes(text) - expected for text in TYPED_EACH if nodes(text) != expected} == {}


TYPED_EACH = (*HOSTILE[::5], TYPED)


@pytest.mark.parametrize("release", RELEASES)
def test_its_tables_are_whole(release: Release) -> None:
    """Every row of a Markdown table has the cells of its head."""
    lines = release_files(release)["README.md"].decode().splitlines()
    cells = 0
    for line, before in zip(lines, ["", *lines], strict=False):
        if line.startswith("|"):
            count = len(re.findall(r"(?<!\\)\|", line))
            assert not before.startswith("|") or count == cells
            cells = count
        assert not re.search(r"\n{3}", "\n".join(lines))


def test_its_links_within_lead_somewhere() -> None:
    text = release_files(corrected_release())["README.md"].decode()
    heads = {
        re.sub(r"[^a-z0-9 -]", "", head.lower()).replace(" ", "-") for head in re.findall(r"^## (.+)$", text, re.M)
    }
    assert set(re.findall(r"\]\(#([^)]+)\)", text)) <= heads


@pytest.fixture
def signed(tmp_path: Path) -> Path:
    """A release with checksums and signature, made here with nothing of the project."""
    files = release_files(weekly_release())
    key = Ed25519PrivateKey.generate()
    files["public-key.pem"] = key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    sums = "".join(f"{hashlib.sha256(files[name]).hexdigest()}  {name}\n" for name in sorted(files)).encode()
    files |= {"CHECKSUMS.sha256": sums, "CHECKSUMS.sha256.sig": base64.b64encode(key.sign(sums)) + b"\n"}
    return write(tmp_path / "release", files)


def commands() -> list[str]:
    """The lines that the README gives for verifying, except the project's own command, which its own tests run."""
    (block,) = re.findall(r"```sh\n(.*?)```", release_files(weekly_release())["README.md"].decode(), re.S)
    return [line.partition("#")[0].strip() for line in block.splitlines() if not line.startswith("cmn ")]


def run_all(folder: Path) -> list[int]:
    path = f"{Path(sys.executable).parent}:/usr/local/bin:/usr/bin:/bin"
    return [
        subprocess.run(["sh", "-c", line], cwd=folder, env={"PATH": path}, capture_output=True, check=False).returncode
        for line in commands()
    ]


def test_its_commands_verify_and_find_a_change(signed: Path) -> None:
    if shutil.which("openssl") is None or shutil.which("sha256sum") is None:
        pytest.skip("no openssl or sha256sum is installed (apt-get install openssl coreutils)")
    assert [line.split()[0] for line in commands()] == ["sha256sum", "base64", "openssl", "frictionless"]
    assert run_all(signed) == [0, 0, 0, 0]
    content = (signed / "data.csv").read_bytes()
    (signed / "data.csv").write_bytes(content.replace(b",57,290,", b",57,291,"))
    summed, _, signature, package = run_all(signed)
    assert summed != 0 and signature == 0 and package != 0
    (signed / "data.csv").write_bytes(content)
    sums = (signed / "CHECKSUMS.sha256").read_bytes()
    (signed / "CHECKSUMS.sha256").write_bytes(sums.replace(b"  ", b" *", 1))
    assert run_all(signed)[2] != 0


@pytest.mark.parametrize("release", RELEASES)
def test_the_report_says_what_was_found(release: Release) -> None:
    told, evidence = report(release), release.evidence
    assert told["release"] == str(release.id)
    assert told["rules"] == {"k": 10, "dominance_p": 10, "count_step": 10, "edition": 2}
    assert (told["older_weeks"], told["not_judged_anew"]) == ({}, [])
    name = "users" if "W" in release.id.period.label else "person_weeks"
    assert told["reached"]["k"] == min(
        value for resource in release.resources for value in resource.table.column(name).to_pylist()
    )
    assert told["reached"]["rows"] == {resource.name: len(resource.table) for resource in release.resources}
    assert told["information_loss"]["gcp"] == evidence.gcp
    assert told["checks"]["audit"]["figures"] == evidence.audited_figures
    assert told["approval"]["reviewer"] == REVIEWER
    assert told["coverage_percent"] == {str(week): share for week, share in evidence.coverage_percent.items()}
    assert told["replaces"] == (str(release.replaces) if release.replaces else None)
    assert len(told["weeks"]) + len(told["gaps"]) == len(release.id.period.mondays)


def test_every_key_of_the_report_is_documented() -> None:
    text = (ROOT / "docs" / "disclosure-report.md").read_text(encoding="utf-8")
    told = report(every_release()[-1])
    inner = {
        name
        for key in ("rules", "reached", "information_loss", "checks", "approval", "software")
        for name in told[key]
    } | set(told["gaps"][0]) | set(told["checks"]["door_out"]) | set(told["checks"]["audit"])  # fmt: skip
    assert {name for name in {*told, *inner} if not re.search(rf"`([a-z_]+\.)?{name}[.`]", text)} == set()
