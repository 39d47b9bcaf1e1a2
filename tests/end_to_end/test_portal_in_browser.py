"""Every page of the portal, opened from disk in a real browser with the network off.

Nothing leaves, nothing complains, charts are drawn, and whoever cannot see, point or use a large screen is served too.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import axe_core_python
import pytest
from playwright.sync_api import Browser, Page

from portal.site import site_of
from portal.site_files import put_in_place
from releases.publishing.listing import published_releases
from tests.services.chromium import launched_chromium
from tests.worlds.portal_world import AS_OF, make_portal_home, portal_policy, publish, released_in, some_releases
from tests.worlds.release_world import some_weeks

AXE = (Path(axe_core_python.__file__).parent / "axe.min.js").read_text(encoding="utf-8")
STANDARDS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
NAMES = [
    "index", "usage_by_region_age", "usage_by_hour", "session_length_by_age", "ga4_engagement",
    "ga4_engaged_sessions", "dictionary", "anonymity", "comparison", "load", "verify", "analysts",
]  # fmt: skip
PAGES = [f"{folder}{name}.html" for folder in ("", "nl/") for name in NAMES]
#: Where each theme and width is looked at closely: a page of each kind.
SAMPLE = ["index.html", "nl/usage_by_region_age.html", "session_length_by_age.html", "verify.html"]
WIDE, PHONE = 1280, 360


@dataclass
class Opened:
    """A page in the browser, with all that it asked for and complained about."""

    page: Page
    requests: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with launched_chromium() as launched:
        yield launched


@pytest.fixture(scope="module")
def portal(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = make_portal_home(tmp_path_factory.mktemp("browser"), some_weeks(6))
    publish(home, some_releases(), withdrawn=["usage_by_region_age/2026-W38-v1"])
    published = published_releases(home)
    told = {(release.id.dataset, release.id.period) for release in published}
    others = [one for one in released_in(home) if (one.id.dataset, one.id.period) not in told]
    put_in_place(home, site_of(home, portal_policy(), AS_OF, [*published, *others]))
    return home.portal


@contextmanager
def opened(
    browser: Browser, path: Path, width: int = WIDE, theme: Any = "light", scripts: bool = True
) -> Iterator[Opened]:
    """Opens a page from disk and waits until its charts are drawn."""
    context = browser.new_context(
        viewport={"width": width, "height": 800}, color_scheme=theme, java_script_enabled=scripts, offline=True
    )
    page = context.new_page()
    found = Opened(page)
    page.on("request", lambda request: found.requests.append(request.url))
    page.on("console", lambda message: found.complaints.append(f"{message.type}: {message.text}"))
    page.on("pageerror", lambda error: found.complaints.append(str(error)))
    page.goto(path.as_uri())
    if scripts and page.locator(".chart").count():
        page.wait_for_selector("html[data-charts=drawn]", timeout=10_000)
    try:
        yield found
    finally:
        context.close()


def check_is_quiet_and_at_home(found: Opened, portal: Path) -> None:
    """No complaint in the console; nothing asked for but files of the portal."""
    assert found.complaints == []
    assert [url for url in found.requests if not url.startswith(portal.as_uri())] == []


CHARTS = """() => [...document.querySelectorAll('.chart')].map((box) => {
  const svg = box.querySelector('svg');
  if (!svg) return {id: box.dataset.spec, marks: 0, cut: [], overlapping: []};
  const frame = svg.getBoundingClientRect(), outer = box.getBoundingClientRect();
  const shown = [...svg.querySelectorAll('[class*=mark-] path, [class*=mark-] text')]
    .filter((mark) => mark.getBoundingClientRect().width > 0);
  const texts = [...svg.querySelectorAll('text')].filter((t) => t.textContent && t.getAttribute('opacity') !== '0')
    .map((t) => ({text: t.textContent, box: t.getBoundingClientRect()})).filter((t) => t.box.width > 0);
  const cut = texts.filter(({box}) => box.left < outer.left - 1 || box.right > outer.right + 1
    || box.top < frame.top - 1 || box.bottom > frame.bottom + 1).map((t) => t.text);
  const overlapping = [];
  for (const [place, one] of texts.entries()) for (const other of texts.slice(place + 1)) {
    const wide = Math.min(one.box.right, other.box.right) - Math.max(one.box.left, other.box.left);
    const high = Math.min(one.box.bottom, other.box.bottom) - Math.max(one.box.top, other.box.top);
    if (wide > 2 && high > 4) overlapping.push(one.text + ' / ' + other.text);
  }
  return {id: box.dataset.spec, marks: shown.length, cut, overlapping};
})"""


def check_charts(page: Page) -> None:
    """Each chart is drawn, with marks; no label is cut off or lies on another."""
    for chart in page.evaluate(CHARTS):
        assert chart["marks"] > 0, chart
        assert chart["cut"] == [], chart
        assert chart["overlapping"] == [], chart


def check_does_not_scroll_sideways(page: Page) -> None:
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


def violations(page: Page) -> list[str]:
    """What axe finds, of what it calls serious or critical."""
    page.evaluate(AXE)
    found = page.evaluate("(tags) => axe.run(document, {runOnly: {type: 'tag', values: tags}})", STANDARDS)
    return [
        f"{violation['id']}: {violation['nodes'][0]['html']}"
        for violation in found["violations"]
        if violation["impact"] in ("serious", "critical")
    ]


@pytest.mark.parametrize("name", PAGES)
def test_every_page_on_a_large_screen(browser: Browser, portal: Path, name: str) -> None:
    with opened(browser, portal / name) as found:
        check_charts(found.page)
        check_does_not_scroll_sideways(found.page)
        if not name.startswith("nl/"):  # the same elements in other words; the sample below has Dutch too
            assert violations(found.page) == []
        check_is_quiet_and_at_home(found, portal)


@pytest.mark.parametrize("name", [name for name in PAGES if name.startswith("nl/")])  # the longer words
def test_every_page_on_a_phone(browser: Browser, portal: Path, name: str) -> None:
    with opened(browser, portal / name, PHONE) as found:
        check_charts(found.page)
        check_does_not_scroll_sideways(found.page)
        check_is_quiet_and_at_home(found, portal)


@pytest.mark.parametrize("name", SAMPLE)
@pytest.mark.parametrize(("width", "theme"), [(WIDE, "dark"), (PHONE, "light"), (PHONE, "dark")])
def test_axe_in_each_theme_with_all_tables_open(
    browser: Browser,
    portal: Path,
    name: str,
    width: int,
    theme: str,
) -> None:
    with opened(browser, portal / name, width, theme) as found:
        found.page.evaluate("document.querySelectorAll('details').forEach((details) => { details.open = true; })")
        assert violations(found.page) == []
        check_does_not_scroll_sideways(found.page)
        check_is_quiet_and_at_home(found, portal)


def test_with_the_keyboard_alone(browser: Browser, portal: Path) -> None:
    with opened(browser, portal / "usage_by_region_age.html") as found:
        page = found.page
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.className") == "skip"
        assert page.evaluate("document.activeElement.getBoundingClientRect().top") >= 0
        assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") != "none"
        page.keyboard.press("Enter")
        assert page.evaluate("document.activeElement.id") == "content"
        for _ in range(20):
            page.keyboard.press("Tab")
            if page.evaluate("document.activeElement.tagName") == "SUMMARY":
                break
        page.keyboard.press("Enter")
        assert page.evaluate("document.activeElement.parentElement.open")
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.className") == "table-box"
        check_is_quiet_and_at_home(found, portal)


def tiles(page: Page) -> list[str]:
    return page.locator(".chart-map svg text").all_inner_texts()


def test_another_age_group_is_chosen_by_keyboard(browser: Browser, portal: Path) -> None:
    with opened(browser, portal / "usage_by_region_age.html") as found:
        page = found.page
        before = tiles(page)
        groups = page.locator(".groups li:visible")
        assert groups.count() == 1
        page.locator("select").focus()
        for _ in range(5):
            page.keyboard.press("ArrowDown")
        assert page.locator("select").input_value() == "5"
        page.wait_for_function("(before) => [...document.querySelectorAll('.chart-map svg text')]"
                               ".map((t) => t.textContent).join() !== before.join()", arg=before)  # fmt: skip
        assert groups.count() == 1
        check_charts(page)
        check_is_quiet_and_at_home(found, portal)


def test_a_tooltip_says_the_number(browser: Browser, portal: Path) -> None:
    with opened(browser, portal / "nl/usage_by_hour.html") as found:
        found.page.locator(".chart-hours svg .mark-rect path").first.hover()
        tip = found.page.locator(".tip")
        tip.wait_for(state="visible")
        assert re.search(r"Uren\s*00:00", tip.inner_text())
        check_is_quiet_and_at_home(found, portal)


def test_charts_follow_the_theme(browser: Browser, portal: Path) -> None:
    bar = "document.querySelector('.chart-ages .mark-rect path').getAttribute('fill')"
    with opened(browser, portal / "usage_by_region_age.html") as found:
        light = found.page.evaluate(bar)
        found.page.emulate_media(color_scheme="dark")
        found.page.wait_for_function(f"() => {bar} !== '{light}'")
        found.page.wait_for_timeout(300)
        check_charts(found.page)
        check_is_quiet_and_at_home(found, portal)


def test_without_scripts_every_number_is_still_there(browser: Browser, portal: Path) -> None:
    with opened(browser, portal / "usage_by_region_age.html", scripts=False) as found:
        page = found.page
        assert "Charts need scripts" in page.locator("noscript").inner_text()
        assert not page.locator("select").is_visible()
        page.locator("summary").first.click()
        rows = page.locator("table").first.locator("tbody tr").count()
        assert rows == 5, "six weeks, of which one was withdrawn"


def test_on_paper_all_tables_are_open(browser: Browser, portal: Path) -> None:
    with opened(browser, portal / "usage_by_region_age.html") as found:
        found.page.emulate_media(media="print")
        found.page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
        assert found.page.locator("details:not([open])").count() == 0
        assert not found.page.locator(".top nav").is_visible()
        found.page.evaluate("window.dispatchEvent(new Event('afterprint'))")
        assert found.page.locator("details[open]").count() == 0


def planted(portal: Path, name: str, old: str, new: str) -> Path:
    """A copy of a page with one fault, beside it."""
    content = (portal / name).read_text(encoding="utf-8")
    assert old in content
    path = portal / f"planted-{name}"
    path.write_text(content.replace(old, new, 1), encoding="utf-8")
    return path


@pytest.mark.parametrize(
    "fault",
    [
        '<img src="https://elsewhere.example/x.png" alt="">',
        '<script src="https://elsewhere.example/x.js"></script>',
        "<script>window.planted = 1;</script>",
    ],
)
def test_a_page_that_reaches_out_is_found(browser: Browser, portal: Path, fault: str) -> None:
    page = planted(portal, "index.html", "</main>", f"{fault}</main>")
    with opened(browser, page) as found, pytest.raises(AssertionError):
        check_is_quiet_and_at_home(found, portal)


def test_a_chart_that_is_not_drawn_is_found(browser: Browser, portal: Path) -> None:
    page = planted(portal, "usage_by_region_age.html", '"field": "value"', '"field": "nothing"')
    with opened(browser, page) as found, pytest.raises(AssertionError):
        check_charts(found.page)
        check_is_quiet_and_at_home(found, portal)


def test_a_label_that_is_cut_off_is_found(browser: Browser, portal: Path) -> None:
    page = planted(portal, "session_length_by_age.html", '"fontSize": 13', '"fontSize": 60')
    with opened(browser, page, PHONE) as found, pytest.raises(AssertionError):
        check_charts(found.page)


def test_text_that_is_too_pale_is_found(browser: Browser, portal: Path) -> None:
    (style,) = (portal / "assets").glob("portal-*.css")
    pale = style.read_text(encoding="utf-8").replace("--muted: #566164", "--muted: #b9c0c2")
    (portal / "assets" / "pale.css").write_text(pale, encoding="utf-8")
    page = planted(portal, "index.html", f"assets/{style.name}", "assets/pale.css")
    with opened(browser, page) as found:
        assert any(violation.startswith("color-contrast") for violation in violations(found.page))


def test_a_page_that_is_too_wide_is_found(browser: Browser, portal: Path) -> None:
    page = planted(portal, "index.html", "</main>", f"<p><code>{'x' * 80}</code></p></main>")
    with opened(browser, page, PHONE) as found, pytest.raises(AssertionError):
        check_does_not_scroll_sideways(found.page)
