"""Where everything lives under the one home directory."""

from dataclasses import dataclass
from pathlib import Path

from refusals.errors import UsageError

PRIVATE_DIRECTORY = 0o700
PUBLIC_DIRECTORY = 0o755


@dataclass(frozen=True, slots=True)
class Home:
    """The folders of one home. Nothing outside this class spells a folder's name."""

    root: Path

    @property
    def landing(self) -> Path:
        """The drop folder: the source's, only read."""
        return self.root / "landing"

    @property
    def restricted(self) -> Path:
        """Everything that is not anonymous, for its owner alone."""
        return self.root / "restricted"

    @property
    def records(self) -> Path:
        """Consented record-level data: `<source>/<monday>.parquet`, one file a source and ISO week."""
        return self.restricted / "records"

    @property
    def ga4_reports(self) -> Path:
        """What GA4's Data API reports: `<monday>.parquet`, one file an ISO week (`home/weeks/report_weeks.py`)."""
        return self.restricted / "ga4_reports"

    @property
    def keys(self) -> Path:
        """One key an ISO week; destroying it makes that week's pseudonyms meaningless."""
        return self.restricted / "keys"

    @property
    def quarantine(self) -> Path:
        """What is known of bad records: reason, file, position and a keyed digest; no values."""
        return self.restricted / "quarantine"

    @property
    def work(self) -> Path:
        """What one run needs and the next run clears: the warehouse, spill files, dbt's target."""
        return self.restricted / "work"

    @property
    def spill(self) -> Path:
        """Where DuckDB puts what memory does not hold; it holds raw rows while a run lasts."""
        return self.work / "spill"

    @property
    def warehouse(self) -> Path:
        """The DuckDB file in which dbt counts leaf cells; made anew by every run that freezes, then removed."""
        return self.work / "warehouse.duckdb"

    @property
    def airflow(self) -> Path:
        """Airflow's home when the command runs the DAGs."""
        return self.restricted / "airflow"

    @property
    def register(self) -> Path:
        """The register of runs and days."""
        return self.restricted / "register.sqlite"

    @property
    def tombstones(self) -> Path:
        """Who was erased or objected, as keyed hashes."""
        return self.restricted / "tombstones.jsonl"

    @property
    def answers(self) -> Path:
        """What was made to answer a request, `<request>/`: receipts and access packages, until they are handed over."""
        return self.restricted / "answers"

    @property
    def marker(self) -> Path:
        """Says that the home is in use, so that a lost register is not taken for a first run."""
        return self.restricted / "home.json"

    @property
    def lock(self) -> Path:
        """The file that a run locks."""
        return self.restricted / "run.lock"

    @property
    def cells(self) -> Path:
        """Frozen cells: `<cube>/<monday>.parquet`, and `weeks/<source>/<monday>.json`, which commits them."""
        return self.root / "cells"

    @property
    def marts(self) -> Path:
        """What analysts open, read-only."""
        return self.root / "marts" / "marts.duckdb"

    @property
    def releases(self) -> Path:
        """What researchers receive: `<dataset>/<release>/`, the ledger, its public key and the catalogue."""
        return self.root / "releases"

    @property
    def portal(self) -> Path:
        """The static site over marts and releases."""
        return self.root / "portal"

    @property
    def reports(self) -> Path:
        """Pages and summaries for the data team: counts only."""
        return self.root / "reports"

    def make(self) -> None:
        """Makes the folders, the private ones for their owner alone. Safe to repeat.

        Raises:
            UsageError: the home cannot be made or written to.
        """
        try:
            self._make()
        except OSError as error:
            raise UsageError(
                f"home {self.root} cannot be made or written to ({error.strerror}): mend 'home' or its permissions"
            ) from error

    def _make(self) -> None:
        for folder in (self.root, self.cells, self.marts.parent, self.releases, self.portal):
            if not folder.is_dir():
                folder.mkdir(parents=True)
                folder.chmod(PUBLIC_DIRECTORY)
        private = (
            self.restricted, self.records, self.ga4_reports, self.keys, self.quarantine, self.work, self.airflow,
            self.answers,
            self.reports,
        )  # fmt: skip
        for folder in private:
            folder.mkdir(mode=PRIVATE_DIRECTORY, exist_ok=True)
            folder.chmod(PRIVATE_DIRECTORY)
