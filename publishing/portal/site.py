"""Builds the portal: a static site that is read from a folder, without a server and without any other host."""

import hashlib
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from home.layout import Home
from home.lock import held
from policy.policy import Policy
from publishing.portal.figure_view import download_of
from publishing.portal.pages import pages_of
from publishing.portal.site_content import SiteContent, gather
from publishing.portal.site_files import put_in_place
from publishing.releases.listing import published_releases
from publishing.releases.published import PublishedRelease

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


def site_of(home: Home, policy: Policy, as_of: datetime, releases: Sequence[PublishedRelease]) -> dict[str, bytes]:
    """Every file of the site by its path: a function of marts, releases, policy and `as_of`."""
    content = gather(home, policy, as_of, releases)
    assets = _assets()
    paths = {name: path for name, (path, _) in assets.items()}
    return {**dict(assets.values()), **_downloads(content), **pages_of(content, paths)}


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


def _downloads(content: SiteContent) -> dict[str, bytes]:
    files = [download_of(figure, name) for name, figures in content.figures.items() for figure in figures]
    return dict([*files, *(download_of(figure, "analysts") for figure in content.quality)])
