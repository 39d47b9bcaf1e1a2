"""How a release is named, in commands, in the ledger and as a folder."""

import re
from dataclasses import dataclass

from refusals.errors import UsageError
from releases.ledger.period import Period


@dataclass(frozen=True, slots=True, order=True)
class ReleaseId:
    """`<dataset>/<period>-v<version>`, such as `usage_by_region_age/2026-W39-v1`; versions count from 1."""

    dataset: str
    period: Period
    version: int

    def __str__(self) -> str:
        return f"{self.dataset}/{self.folder}"

    @property
    def folder(self) -> str:
        """The folder's name within its dataset's."""
        return f"{self.period.label}-v{self.version}"

    @classmethod
    def parse(cls, text: str) -> "ReleaseId":
        """The id that a text names.

        Raises:
            UsageError: it names none.
        """
        found = re.fullmatch(r"([a-z][a-z0-9_]{0,99})/([0-9A-Z-]+)-v([1-9][0-9]{0,5})", text)
        if not found:
            raise UsageError("a release is named like usage_by_region_age/2026-W39-v1: `cmn releases list` has them")
        return cls(found[1], Period.parse(found[2]), int(found[3]))
