"""The second audit of a release: by the auditor, which shares no code with what made it."""

from collections.abc import Sequence
from datetime import date
from typing import Any

import duckdb
import pyarrow as pa

from auditor.audit_of_tables import audit_tables
from auditor.finding import Report
from auditor.form import Promise, read_form
from auditor.read_tables import Reader, Table
from catalogue.catalogue import CUBES, RELEASABLE
from home.run import Run
from home.weeks.week_states import settled_weeks
from refusals.errors import PublicationRefused
from releases.due.earlier_tables import EarlierReleases
from releases.due.frozen_cells import FrozenCells
from releases.ledger.release import Resource
from releases.ledger.release_id import ReleaseId


class IndependentAudit:
    """What a release tells beside the marts of its weeks and every earlier release that shares one.

    A table that says what the marts say is looked at once with them: the releases of one week share that audit.
    """

    def __init__(self, run: Run, frozen: FrozenCells, earlier: EarlierReleases) -> None:
        self._run = run
        self._frozen = frozen
        self._earlier = earlier
        self._reader = Reader(read_form())
        self._of_marts: dict[tuple[str, tuple[date, ...]], Report] = {}

    def check(self, release: ReleaseId, mart: str, resources: Sequence[Resource], weeks: Sequence[date]) -> None:
        """That nothing is found, and all of it was looked at.

        Raises:
            PublicationRefused: something is, and the line names the rows that combine; or time was over.
        """
        source = RELEASABLE[mart].source
        tables = [(str(release), one.table, weeks) for one in resources]
        marts = [cube.name for cube in RELEASABLE.values() if cube.source == source]
        for name in marts:
            for one in self._earlier.of(name, weeks):
                tables += [(str(one.id), table, sorted(one.weeks)) for table in one.tables.values()]
        touched = sorted({week for _, _, its in tables for week in its} & set(settled_weeks(self._run.home, source)))
        more = [one for one in tables if not self._is_of_marts(one[1], one[2], marts)]
        told = self._report(source, tuple(touched), more)
        found = [one.sentence() for one in told.findings] + told.not_reached
        if found:
            others = f"; and {len(found) - 1} more" if len(found) > 1 else ""
            raise PublicationRefused(f"independent audit of {release}: {found[0]}{others}: nothing was published")

    def _is_of_marts(self, table: pa.Table, weeks: Sequence[date], marts: Sequence[str]) -> bool:
        return len(weeks) == 1 and any(
            weeks[0] in self._frozen.weeks(name) and self._frozen.rows(name, weeks[0]).equals(table) for name in marts
        )

    def _report(
        self, source: str, weeks: tuple[date, ...], more: Sequence[tuple[str, pa.Table, Sequence[date]]]
    ) -> Report:
        if not more and (source, weeks) in self._of_marts:
            return self._of_marts[source, weeks]
        commits = settled_weeks(self._run.home, source)
        anonymity = self._run.policy.anonymity
        promise = Promise(k=anonymity.k, dominance_p=anonymity.dominance_p, step=anonymity.count_step)
        tables: list[Table] = []
        with duckdb.connect() as con:
            for cube in CUBES:
                if cube.source == source and cube.kind != "coverage":
                    for week in sorted(set(weeks) & set(self._frozen.weeks(cube.name))):
                        report: dict[str, Any] = {
                            "rules": {"count_step": commits[week].told_step},
                            "older_weeks": {week.isoformat(): 1} if commits[week].is_of_older_rules else {},
                        }
                        tables += self._tables(con, "marts", self._frozen.rows(cube.name, week), report)
            for place, table, its in more:
                step = max((commits[week].told_step for week in its if week in commits), default=anonymity.count_step)
                report = {"weeks": [week.isoformat() for week in its], "rules": {"count_step": step}}
                tables += self._tables(con, place, table, report)
        told = audit_tables(tables, self._reader.form, promise)
        if not more:
            self._of_marts[source, weeks] = told
        return told

    def _tables(
        self, con: duckdb.DuckDBPyConnection, place: str, table: pa.Table, report: dict[str, Any]
    ) -> list[Table]:
        con.register("told", table)
        return list(self._reader.of_relation(con, "told", place, report))
