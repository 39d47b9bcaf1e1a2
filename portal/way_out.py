"""The one way out of the portal: a file leaves because an approved dataset asked for it, or stands on the closed list.

Everything else is refused, so a page or download that is added leaves only once somebody says to which dataset it
belongs.
"""

from collections.abc import Collection, Iterable

from portal.texts.texts import LANGUAGES
from refusals.errors import PublicationRefused
from releases.folders.portal_contents import CONTENTS, contents_file

#: Pages that belong to no dataset. They tell of datasets only what `shown_marts` lets through, and of releases what the
#: public ledger says.
SHARED_PAGES = (
    "index.html", "dictionary.html", "anonymity.html", "comparison.html", "load.html", "verify.html", "analysts.html",
)  # fmt: skip
#: Files by which pages are drawn, by the beginnings of their names: they hold no figure.
SHARED_ASSETS = ("assets/portal-", "assets/charts-", "assets/icon-")


class WayOut:
    """Collects the files of a site for a set of approved datasets."""

    def __init__(self, approved: Iterable[str]) -> None:
        self._approved = frozenset(approved)
        self._files: dict[str, bytes] = {}
        self._asked_by: dict[str, frozenset[str]] = {}

    def shared(self, path: str, content: bytes) -> None:
        """A file that belongs to no dataset.

        Raises:
            PublicationRefused: it is not on the closed list.
        """
        if not is_shared(path):
            raise PublicationRefused(
                f"portal: {path} belongs to no dataset and is not on the closed list (portal/way_out.py)"
            )
        self._add(path, content, frozenset())

    def of_datasets(self, path: str, content: bytes, datasets: Collection[str]) -> None:
        """A file that datasets ask for.

        Raises:
            PublicationRefused: none of them, or one that is not approved.
        """
        asking = frozenset(datasets)
        if not asking or not asking <= self._approved:
            named = ", ".join(sorted(asking - self._approved)) or "nobody"
            raise PublicationRefused(f"portal: {path} was asked for by {named}, which no reviewer has approved")
        self._add(path, content, asking)

    def files(self) -> dict[str, bytes]:
        """Every file, and the one that names them."""
        return {**self._files, CONTENTS: contents_file(self._approved, self._files, self._asked_by)}

    def _add(self, path: str, content: bytes, asking: frozenset[str]) -> None:
        if path == CONTENTS or (self._files.get(path, content) != content):
            raise PublicationRefused(f"portal: {path} is written twice: rename the dataset")
        self._files[path] = content
        self._asked_by[path] = self._asked_by.get(path, frozenset()) | asking


def is_shared(path: str) -> bool:
    """Whether a path is on the closed list."""
    name = path.partition("/")[2] if path.partition("/")[0] in LANGUAGES[1:] else path
    return name in SHARED_PAGES or (path.startswith(SHARED_ASSETS) and path.count("/") == 1)
