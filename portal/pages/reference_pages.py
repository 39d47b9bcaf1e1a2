"""The pages beside the datasets: dictionary, anonymity, the app beside Google, loading, verifying, the analysts'."""

from collections.abc import Callable
from typing import Any

from portal.figures.dictionary import TableEntry
from portal.pages.dataset_page import page_name, title_of
from portal.pages.figure_view import view_of
from portal.pages.queries import QUERIES, answered
from portal.pages.release_view import citation_of, lines_of
from portal.site_content import SiteContent
from portal.texts.texts import Texts
from releases.files.release_catalogue import CATALOGUE
from releases.ledger.ledger import LEDGER
from releases.ledger.signing import PUBLIC_KEY

LEVELS = (
    ("subdivision", ("NL-UT", "NL-?", "??")),
    ("country", ("NL",)),
    ("subregion", ("155",)),
    ("world", ("001",)),
    ("group", ("NL-FL+NL-ZE", "rest of NL")),
)
#: How the marts are opened; run by the tests.
MARTS_LINES = (
    ("DuckDB", "duckdb -readonly marts/marts.duckdb"),
    ("Python", 'import duckdb; marts = duckdb.connect("marts/marts.duckdb", read_only=True)'),
)
#: What checks a release by hand; run by the tests where openssl is.
BY_HAND = """\
sha256sum --check CHECKSUMS.sha256
base64 --decode CHECKSUMS.sha256.sig > ../signature
openssl pkeyutl -verify -pubin -inkey ../../public-key.pem -rawin -in CHECKSUMS.sha256 -sigfile ../signature"""


def dictionary_page(content: SiteContent, root: str, texts: Texts) -> dict[str, Any]:
    """What fills the template."""
    return {
        "title": texts("dictionary.title"),
        "lead": texts("dictionary.lead"),
        "k": content.k,
        "levels": LEVELS,
        "tables": [_table(table, content, texts) for table in content.tables],
    }


def anonymity_page(content: SiteContent, root: str, texts: Texts) -> dict[str, Any]:
    """What fills the template; `filled` puts the policy's numbers into a text."""
    return {
        "title": texts("anonymity.title"),
        "lead": texts("anonymity.lead"),
        "filled": _filled(content, texts),
    }


def comparison_page(content: SiteContent, root: str, texts: Texts) -> dict[str, Any]:
    """What fills the template: why the app's figures and Google's differ, in words; no figure."""
    return {
        "title": texts("comparison.title"),
        "lead": texts("comparison.lead"),
        "filled": _filled(content, texts),
    }


def load_page(content: SiteContent, root: str, texts: Texts) -> dict[str, Any]:
    """What fills the template: the latest release of each dataset, by the lines that load it."""
    policy = content.policy.releases
    latest = [(status, status.latest) for status in content.datasets]
    citations = [citation_of(status, policy, content.policy.consent.timezone) for status in content.datasets]
    return {
        "title": texts("load.title"),
        "filled": _filled(content, texts),
        "lead": texts("load.lead"),
        "loads": [
            {
                "title": texts("load.release", title=title_of(status, texts), period=release.id.period.label),
                "lines": list(lines_of(release, policy).items()),
            }
            for status, release in latest
            if release
        ],
        "marts_lines": MARTS_LINES,
        "citation": next((citation for citation in citations if citation), ""),
    }


def verify_page(content: SiteContent, root: str, texts: Texts) -> dict[str, Any]:
    """What fills the template."""
    release = next((status.latest for status in content.datasets if status.latest), None)
    path = f"releases/{release.id}" if release else "releases/usage_by_region_age/2026-W39-v1"
    shared = ((PUBLIC_KEY, "file_key"), (LEDGER, "file_ledger"), (CATALOGUE, "file_catalogue"))
    return {
        "title": texts("verify.title"),
        "lead": texts("verify.lead"),
        "keys": content.keys,
        "head": content.head,
        "command": f"cmn releases verify {path} --ledger releases/{LEDGER}",
        "by_hand": BY_HAND,
        "files": [
            {"name": name, "text": text, "link": f"{root}../releases/{name}"}
            for name, text in shared
            if name in content.shared_files
        ],
    }


def analysts_page(content: SiteContent, root: str, texts: Texts) -> dict[str, Any]:
    """What fills the template: of approved datasets alone, though the file itself has more for those inside."""
    told = {table.name for table in content.tables}
    return {
        "title": texts("analysts.title"),
        "lead": texts("analysts.lead"),
        "charted": bool(content.quality),
        "fresh": [
            {
                "title": title_of(status, texts),
                "page": page_name(status),
                "latest": texts.week(status.weeks[-1]) if status.weeks else texts("index.no_weeks"),
                "next": texts.written(status.next_freeze and status.next_freeze.date()),
                "weeks": texts.number(len(status.weeks)),
            }
            for status in content.datasets
        ],
        "marts_lines": MARTS_LINES,
        "tables": [_table(table, content, texts) for table in content.tables],
        "figures": [view_of(figure, "analysts", "", texts) for figure in content.quality],
        "queries": [{"title": texts(f"query.{name}"), "sql": QUERIES[name]} for name in answered(told)],
    }


def _filled(content: SiteContent, texts: Texts) -> Callable[[str], str]:
    values = {
        "k": texts.written(content.k),
        "others": texts.written(content.k - 1),
        "p": texts.written(content.dominance_p),
        "step": texts.written(content.count_step.width),
        "above": texts.written(content.count_step.offset),
        "below": texts.written(content.count_step.below),
        "days": texts.written(content.policy.anonymity.freeze_after_days),
        "weeks": texts.written(content.policy.retention.record_weeks),
    }
    return lambda text: text.format(**values)


def _table(table: TableEntry, content: SiteContent, texts: Texts) -> dict[str, Any]:
    language, step = texts.language, str(content.count_step.width)
    columns = [(table.mart.column(name), kind) for name, kind in table.types.items()]
    return {
        "name": table.name,
        "meaning": table.mart.about.of(language),
        "unit": table.mart.rows.of(language),
        "rows": table.rows,
        "weeks": table.weeks,
        "columns": [
            {
                "name": column.name,
                "meaning": column.meaning.of(language).replace("{step}", step),
                "unit": ". ".join(filter(None, (column.unit.of(language), column.note.of(language).rstrip(".")))),
                "type": kind,
            }
            for column, kind in columns
        ],
    }
