"""Builds the portal: a static site that is read from a folder, without a server and without any other host."""

import hashlib
from collections.abc import Collection, Sequence
from datetime import datetime
from functools import cache
from pathlib import Path

from catalogue.catalogue import RELEASABLE
from home.layout import Home
from home.lock import held
from policy.policy import Policy
from portal.figures.figure import Figure
from portal.pages.figure_view import download_of
from portal.pages.pages import pages_of
from portal.site_content import SiteContent, gather
from portal.site_files import put_in_place
from portal.way_out import WayOut
from releases.folders.portal_contents import CONTENTS, parse_contents
from releases.ledger.listed_release import ListedRelease
from releases.publishing.listing import published_releases

ASSETS = Path(__file__).parent / "assets"


def build_portal(home: Home, policy: Policy, as_of: datetime) -> None:
    """Writes the site over the marts and the releases into `portal/`; see site_files for how. Safe to repeat.

    Raises:
        UsageError: there are no marts yet.
        VerificationFailed: the ledger is not what was signed.
        AnotherRunHoldsTheLock: see home.lock.
    """
    with held(home):
        put_in_place(home, site_of(home, policy, as_of, published_releases(home)))


def take_down_what_lapsed(home: Home, approved: Collection[str]) -> None:
    """Removes a portal that tells of a dataset which is not approved now, where no new one could be built."""
    if not home.portal.is_dir() or not any(home.portal.iterdir()):
        return
    path = home.portal / CONTENTS
    contents = parse_contents(path.read_bytes() if path.is_file() and not path.is_symlink() else None)
    if contents is None or not contents.may_leave(approved):
        put_in_place(home, {})


def site_of(home: Home, policy: Policy, as_of: datetime, releases: Sequence[ListedRelease]) -> dict[str, bytes]:
    """Every file of the site by its path: a function of marts, releases, policy and `as_of`.

    Raises:
        PublicationRefused: a file belongs to no approved dataset and is not on the closed list.
    """
    content = gather(home, policy, as_of, releases)
    assets = _assets()
    paths = {name: path for name, (path, _) in assets.items()}
    way_out = WayOut(status.declared.name for status in content.datasets)
    for path, file in assets.values():
        way_out.shared(path, file)
    for figure, name in ((figure, name) for name, figures in content.figures.items() for figure in figures):
        way_out.of_datasets(*download_of(figure, name), [name])
    for figure in content.quality:
        way_out.of_datasets(*download_of(figure, "analysts"), _asking(figure, content))
    for page in pages_of(content, paths):
        if page.dataset is None:
            way_out.shared(page.path, page.content)
        else:
            way_out.of_datasets(page.path, page.content, [page.dataset])
    return way_out.files()


@cache
def _assets() -> dict[str, tuple[str, bytes]]:
    """Style, charts and icon, each named by its content. The charts' script holds Vega whole, and then our own."""
    import vl_convert

    vega = vl_convert.javascript_bundle("window.vegaEmbed = vegaEmbed;")
    charts = f"{vega}\n{(ASSETS / 'charts.js').read_text(encoding='utf-8')}".encode()
    return {
        "style": _named("portal", "css", (ASSETS / "portal.css").read_bytes()),
        "charts": _named("charts", "js", charts),
        "icon": _named("icon", "svg", (ASSETS / "icon.svg").read_bytes()),
    }


def _named(stem: str, ending: str, content: bytes) -> tuple[str, bytes]:
    return f"assets/{stem}-{hashlib.sha256(content).hexdigest()[:12]}.{ending}", content


def _asking(figure: Figure, content: SiteContent) -> list[str]:
    """Whose weeks a figure of quality tells: coverage goes with every dataset, the rest with the core cells."""
    marts = [mart.name for mart in RELEASABLE.values() if figure.name != "quality" or mart.kind == "core"]
    return [status.declared.name for status in content.datasets if status.weeks and status.declared.mart in marts]
