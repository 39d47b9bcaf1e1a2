"""disclosure-report.json: why a release may leave, for tools and auditors. Its keys: docs/disclosure-report.md."""

from releases.files.written import instant, json_bytes
from releases.ledger.release import Release

#: What no k protects against; in full in docs/privacy-promise.md, "What is not promised".
NOT_PROMISED = (
    "A coalition: k - 1 persons of one row who pool their records, or one person with k - 1 invented accounts, can "
    "subtract themselves and are left with one.",
    "What is true of everyone in a row is told of each of them.",
    "Minutes of a cell less a part: about at least k persons, but most of it may be one person's.",
    "The choice of the cells: that smaller ones were merged says that one of them was too small or dominated.",
    "Differential privacy: no noise is added. Persons are exact, and counts of sessions and views are in fixed steps.",
    "Distinct persons over several weeks: the unit is one week, so a person counts anew in each.",
)  # fmt: skip


def disclosure_report(release: Release) -> bytes:
    """The rules, what was checked and found, what was lost and left unproven, and who approved it."""
    evidence, approval = release.evidence, release.approval
    return json_bytes(
        {
            "release": str(release.id),
            "issued": instant(release.issued),
            "mart": release.dataset.mart,
            "unit_of_protection": release.unit_of_protection,
            "rules": {
                "k": evidence.k,
                "dominance_p": evidence.dominance_p,
                "count_step": evidence.count_step,
                "edition": evidence.rules_edition,
            },
            "older_weeks": {week.isoformat(): edition for week, edition in sorted(evidence.older_weeks.items())},
            "not_judged_anew": list(evidence.not_judged_anew),
            "reached": {
                "k": evidence.k_reached,
                "rows": {resource.name: len(resource.table) for resource in release.resources},
            },
            "information_loss": {"gcp": evidence.gcp},
            "checks": {
                "door_out": {"rules_held": evidence.expectations},
                "audit": {
                    "figures": evidence.audited_figures,
                    "earlier_figures": evidence.earlier_figures,
                    "checked": dict(sorted(evidence.checked.items())),
                    "leaks": 0,  # a release with one is refused, so that there is no report
                },
            },
            "unproven": list(evidence.unproven),
            "not_promised": list(NOT_PROMISED),
            "weeks": [week.isoformat() for week in release.weeks],
            "gaps": [{"week": gap.week.isoformat(), "why": gap.why} for gap in release.gaps],
            "coverage_percent": {
                week.isoformat(): percent for week, percent in sorted(evidence.coverage_percent.items())
            },
            "approval": {
                "reviewer": approval.reviewer,
                "approved_on": approval.approved_on.isoformat(),
                "reference": approval.reference,
            },
            "replaces": str(release.replaces) if release.replaces else None,
            "changes": release.changes,
            "software": {"name": "connect-me-now-analytics", "version": release.software_version},
        }
    )
