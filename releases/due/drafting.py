"""Drafts: a due release as its tables and the evidence that they may leave, audited with all that left before."""

from collections.abc import Mapping
from datetime import date
from importlib.metadata import version

import pyarrow as pa
import pyarrow.compute as pc

from anonymisation.cells.disclosure import Rules
from catalogue.catalogue import RELEASABLE
from expectations.doors.door_out_releases import number_of_rules
from expectations.suites.quarter_releases import QUARTER, WEEKS
from freezing.editions.chain import not_judged_anew
from home.run import Run
from home.weeks.week_states import RULES_EDITION, WeekCommit
from refusals.errors import InputRefused, PublicationRefused
from releases.due.due import Due
from releases.due.earlier_tables import EarlierReleases, PublishedTables
from releases.due.frozen_cells import FrozenCells
from releases.due.independent_audit import IndependentAudit
from releases.due.marts_facts import MartsFacts
from releases.due.quarter_rows import QUARTER_SCHEMA, WEEKS_SCHEMA, quarter_rows
from releases.due.release_audit import audit_figures
from releases.due.rules_of_weeks import weaker_than_todays
from releases.ledger.release import Evidence, Release, ReleasedColumn, Resource
from releases.publishing.approval import check_approved

DISTRIBUTION = "connect-me-now-analytics"
CORE = "usage_by_region_age_week"

#: What a quarter's tables tell in words of their own; the other columns are the mart's.
_OWN = {
    "quarter": ("Calendar quarter to which the Thursdays of its weeks belong. Unit, label, as 2026-Q3.", "label"),
    "weeks": ("How many frozen weeks were summed. Unit, weeks.", "weeks"),
    "person_weeks": (
        "Persons in the cell, each counted once a week and again in every week; never distinct persons of a quarter."
        " Unit, person-weeks.",
        "person-weeks",
    ),
    "age_group": (
        "Age at the first session of each week. Unit, label of years, as 18-24, merged 18-34, open 65+, or all.",
        "label of years, as 18-24, merged 18-34, open 65+, or all",
    ),
    "sessions": (
        "Sessions of those person-weeks: what whole weekly cells tell, each within half a step of what there were,"
        " added up. Unit, sessions.",
        "sessions",
    ),
    "minutes": (
        "Time of those sessions: the minutes of whole weekly cells, each rounded half up once, added up."
        " Unit, whole minutes.",
        "whole minutes",
    ),
}
_QUARTER_ROWS = (
    "App usage in a quarter: sums of whole frozen cells over its weeks, in the finest partition that holds for all of"
    " them. Unit, one row a quarter and cell of at least k person-weeks."
)
_WEEK_ROWS = (
    "The same cells week by week, so that weeks can be compared; a cell in which nobody was in a week has no row."
    " Unit, one row a week and cell of at least k persons."
)


class Drafter:
    """Makes drafts out of what is frozen, beside all that left earlier."""

    def __init__(self, run: Run, frozen: FrozenCells, facts: MartsFacts, earlier: EarlierReleases) -> None:
        self._run = run
        self._frozen = frozen
        self._facts = facts
        self._earlier = earlier
        self._auditor = IndependentAudit(run, frozen, earlier)
        self._rules = Rules(run.policy.anonymity.k, run.policy.anonymity.dominance_p)

    def draft(self, due: Due) -> Release:
        """The release, approved and audited; it counts as one that left before for whatever is drafted next.

        Raises:
            PublicationRefused: the dataset is not approved, one of the two audits found a leak, or a week was frozen
                under rules that are weaker than today's.
            VerificationFailed: an earlier release's folder is not what was signed.
        """
        try:
            return self._drafted(due)
        except InputRefused as refusal:
            raise PublicationRefused(f"release {due.id}: {refusal}") from refusal

    def _drafted(self, due: Due) -> Release:
        policy, as_of, mart = self._run.policy, self._run.as_of, due.dataset.mart
        approval = check_approved(policy.releases, due.dataset.name, as_of)
        resources, gcp = self._quarter(due) if due.id.period.kind == "quarter" else self._week(due)
        earlier = self._earlier.of(mart, due.weeks)
        audited = audit_figures(due.id, mart, resources, due.weeks, earlier, self._frozen, self._rules)
        source, commits = RELEASABLE[mart].source, self._commits(due)
        self._check_rules_of_weeks(due, commits)
        self._auditor.check(due.id, mart, resources, due.weeks)
        tables = {one.name: one.table for one in resources}
        self._earlier.add(PublishedTables(due.id, mart, tables, frozenset(due.weeks)))
        evidence = Evidence(
            k=self._rules.k,
            dominance_p=self._rules.dominance_p,
            count_step=max(commit.told_step for commit in commits.values()),
            rules_edition=RULES_EDITION,
            older_weeks={week: one.rules_edition for week, one in commits.items() if one.is_of_older_rules},
            not_judged_anew=not_judged_anew(min(commit.rules_edition for commit in commits.values())),
            k_reached=min(_least_persons(one.table) for one in resources),
            gcp=gcp,
            audited_figures=audited.figures,
            earlier_figures=audited.earlier_figures,
            checked=audited.checked,
            unproven=audited.unproven,
            expectations=sum(number_of_rules(suite_of(mart, one)) for one in resources),
            coverage_percent={week: self._facts.coverage(source, week) for week in due.weeks},
        )
        return Release(
            id=due.id,
            dataset=due.dataset,
            policy=policy.releases,
            approval=approval,
            issued=as_of,
            weeks=due.weeks,
            gaps=due.gaps,
            resources=resources,
            evidence=evidence,
            changes=due.changes,
            replaces=due.replaces,
            timezone=policy.consent.timezone,
            axes=policy.axes,
            software_version=version(DISTRIBUTION),
        )

    def _check_rules_of_weeks(self, due: Due, commits: Mapping[date, WeekCommit]) -> None:
        """What the freeze proved of parts, complements and contributions, it proved under the week's own rules."""
        for commit in commits.values():
            weaker = weaker_than_todays(commit, self._run.policy.anonymity)
            if weaker:
                raise PublicationRefused(f"release {due.id}: {weaker}")

    def _commits(self, due: Due) -> dict[date, WeekCommit]:
        settled = self._frozen.commits(RELEASABLE[due.dataset.mart].source)
        return {week: settled[week] for week in due.weeks}

    def _week(self, due: Due) -> tuple[tuple[Resource, ...], float | None]:
        mart, (week,) = due.dataset.mart, due.weeks
        # A union that is not divided, or a part of it, is no cell: of side marts no loss of a partition can be told.
        gcp = self._facts.gcp(RELEASABLE[mart].source, week)
        resource = Resource(
            "data", due.dataset.title, self._frozen.rows(mart, week), self._facts.columns(mart), RELEASABLE[mart].key,
            self._facts.description(mart),
        )  # fmt: skip
        return (resource,), gcp if RELEASABLE[mart].kind == "core" else None

    def _quarter(self, due: Due) -> tuple[tuple[Resource, ...], float]:
        weeks = {week: self._frozen.rows(CORE, week) for week in due.weeks}
        rows = quarter_rows(due.id.period.label, weeks, self._run.policy.ages.bands)
        title = due.dataset.title
        return (
            Resource(
                "data", title, rows.data, self._columns(QUARTER_SCHEMA), ("quarter", "region_code", "age_group"),
                _QUARTER_ROWS,
            ),
            Resource(
                "weeks", f"{title}, week by week", rows.weeks, self._columns(WEEKS_SCHEMA), RELEASABLE[CORE].key,
                _WEEK_ROWS,
            ),
        ), rows.gcp  # fmt: skip

    def _columns(self, schema: pa.Schema) -> tuple[ReleasedColumn, ...]:
        return tuple(
            ReleasedColumn(field.name, field.type, *_OWN[field.name])
            if field.name in _OWN
            else self._facts.column(CORE, field.name, field.type)
            for field in schema
        )


def suite_of(mart: str, resource: Resource) -> str:
    """Whose rules a resource keeps at the door out."""
    if "person_weeks" not in resource.table.column_names:
        return mart
    return QUARTER if resource.name == "data" else WEEKS


def _least_persons(table: pa.Table) -> int:
    name = "person_weeks" if "person_weeks" in table.column_names else "users"
    return int(pc.min(table.column(name)).as_py())
