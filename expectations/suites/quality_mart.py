"""Suite: `anonymisation_quality_week`, how much detail the cells of each core mart keep."""

from catalogue.catalogue import MART, SOURCES, core_of
from catalogue.devices import ALL_DEVICES, MERGED_WORDS, leaves_of_words
from expectations.rules.column_rules import no_row_where, not_null, unique
from expectations.rules.known_codes import KNOWN_AGE_BANDS, KNOWN_LEAVES
from expectations.rules.mart_rules import FROZEN_WEEKS, columns_of, described_columns, week_rules
from expectations.rules.rule import Rule, Suite
from home.weeks.week_states import RULES_EDITION

TABLE = "anonymisation_quality_week"
#: Each source's core mart.
CORE_MARTS = {source: core_of(source).name for source in SOURCES}


def quality_mart(k: int) -> Suite:
    """The rules of quality figures; k is the policy's, for weeks whose own is unknown."""
    return Suite(
        TABLE,
        TABLE,
        "how much detail the published cells keep, by week and source",
        (
            *described_columns(TABLE, columns_of(TABLE)),
            *week_rules(TABLE, "source"),
            unique(TABLE, MART[TABLE].key, "One row a week and source."),
            no_row_where(
                TABLE,
                "source",
                "is_a_known_source",
                f"source is null or source not in {SOURCES}",
                "A source is named as in every report.",
            ),
            *not_null(TABLE, ["users", "cells", "k_reached", "gcp"], "Every week with cells has its quality told."),
            no_row_where(
                TABLE,
                "k_reached",
                "is_what_its_week_was_frozen_under",
                f"k_reached < coalesce((select min(k) from {FROZEN_WEEKS} w"
                f" where w.week_start = {TABLE}.week_start and w.source = {TABLE}.source), {k})",
                "Each cell covers at least k persons (promise 1).",
            ),
            *(
                no_row_where(
                    TABLE, share, "is_a_share", f"{share} not between 0 and 1", "A share is between none and all."
                )
                for share in ("gcp", "reference_cells_share", "reference_users_share")
            ),
            *(
                no_row_where(
                    TABLE,
                    share,
                    "is_told_of_a_reference",
                    f"({share} is null) <> (reference_version is null)",
                    "How many cells are those of the reference is told where there is one.",
                )
                for share in ("reference_cells_share", "reference_users_share")
            ),
            no_row_where(
                TABLE,
                "told_edition",
                "is_todays",
                f"told_edition is distinct from {RULES_EDITION}",
                "Every week is told by the rules of today, whenever it froze.",
            ),
            no_row_where(
                TABLE,
                "frozen_edition",
                "is_the_one_it_froze_under",
                f"frozen_edition is distinct from (select min(rules_edition) from {FROZEN_WEEKS} w"
                f" where w.week_start = {TABLE}.week_start and w.source = {TABLE}.source)",
                "A reader can tell under which rules the cells of a week were chosen.",
            ),
            _is_of_published_cells(),
            _gcp_is_of_published_cells(),
        ),
    )


def _is_of_published_cells() -> Rule:
    """Persons, cells and the smallest cell are recounted from the marts beside it; no week of theirs is left out."""
    recounted = " union all ".join(
        f"select week_start, '{source}' as source, sum(users)::bigint as users, count(*) as cells,"
        f" min(users) as k_reached from {mart} group by week_start"
        for source, mart in CORE_MARTS.items()
    )
    return Rule(
        "is_of_published_cells",
        "table",
        f"select 1 from (select *, true as is_published from ({recounted}))"
        f" full join {TABLE} using (week_start, source, users, cells, k_reached)"
        " where gcp is null or is_published is null",
        "Quality figures are functions of published cells and the hierarchy alone (promise 4).",
    )


def _gcp_is_of_published_cells() -> Rule:
    """The mean over persons of what each published cell's two dimensions lose, from the policy's own lists.

    The penalty once more, on purpose: it checks what `anonymisation_quality_week.sql` tells, and takes nothing of it.
    """
    regions = f"(len(region_members) - 1) / (select greatest(count(*) - 1, 1) from {KNOWN_LEAVES})"
    bands = (
        f"(select count(*) - 1 from {KNOWN_AGE_BANDS} where coalesce(age_to >= first_age, true)"
        " and coalesce(age_from <= last_age, true))"
        f" / (select greatest(count(*) - 1, 1) from {KNOWN_AGE_BANDS})"
    )
    leaves = leaves_of_words()
    kinds = " ".join(f"when '{word}' then {(leaves[word] - 1) / (leaves[ALL_DEVICES] - 1)}" for word in MERGED_WORDS)
    devices = f"(case device_category {kinds} else 0 end)"
    lost = {source: bands if "age_group" in MART[mart].key else devices for source, mart in CORE_MARTS.items()}
    recomputed = " union all ".join(
        f"select week_start, '{source}' as source, sum(users * ({regions} + {lost[source]})) / (2 * sum(users)) as loss"
        f" from {mart} group by week_start"
        for source, mart in CORE_MARTS.items()
    )
    return Rule(
        "is_of_published_cells",
        "gcp",
        f"select 1 from {TABLE} join ({recomputed}) using (week_start, source) where abs(gcp - loss) > 1e-9",
        "Quality figures are functions of published cells and the hierarchy alone (promise 4).",
    )
