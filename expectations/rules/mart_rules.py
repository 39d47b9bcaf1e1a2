"""Rules that several marts share at the door out (contract, section 5)."""

from collections.abc import Iterable, Mapping

from catalogue.catalogue import AGE, MART, REGION
from expectations.rules.column_rules import columns_are, no_identity, no_row_where, not_null
from expectations.rules.known_codes import KNOWN_LEAVES, KNOWN_REGIONS
from expectations.rules.rule import Rule
from policy.oldest_age import OLDEST_AGE

#: `table_name`, `column_name` (null: the table itself), `comment` of the marts file.
COMMENTS_FOUND = "comments_found"
#: `source`, `week_start`, `k`, `count_step`, `rules_edition`: the frozen weeks, each with the k and the edition of the
#: rules that it was frozen under, and the step in which it is told.
FROZEN_WEEKS = "frozen_weeks"

REGION_COLUMNS: Mapping[str, str] = {column.name: column.type for column in REGION}
AGE_COLUMNS: Mapping[str, str] = {column.name: column.type for column in AGE}


_FROZEN = "Only frozen weeks are in marts; from the freeze on, their cells never change."
_MEMBERS = "A reader can tell exactly which leaves a cell covers, observed or not."
_AGES = "A reader can tell exactly which ages a cell covers."


def columns_of(mart: str) -> Mapping[str, str]:
    """The columns of a mart of the catalogue, with DuckDB's types."""
    return {column.name: column.type for column in MART[mart].columns}


def described_columns(table: str, columns: Mapping[str, str]) -> list[Rule]:
    """The columns the contract names, commented with their units, none holding what tells who somebody is."""
    has_unit = "coalesce(regexp_matches(comment, '(?i)\\bunit\\b'), false)"
    comments = f"select 1 from {COMMENTS_FOUND} where table_name = '{table}' and not {has_unit}"
    texts = [name for name, kind in columns.items() if kind == "VARCHAR"]
    promise = "Nobody's name, address or pseudonym leaves, in any text."
    lists = [
        Rule(
            f"holds_no_{kind}",
            column,
            rule.offenders,
            promise,
        )
        for column in (name for name, kind in columns.items() if kind == "VARCHAR[]")
        for kind in _IDENTITIES
        for rule in no_identity(table, [f"array_to_string({column}, ' ')"], [kind], promise)
    ]
    return [
        *columns_are(table, columns, "The marts are what the contract says, column by column."),
        Rule("has_a_comment_with_its_unit", "table", f"{comments} and column_name is null", _COMMENTS),
        Rule("has_only_columns_with_a_unit", "table", f"{comments} and column_name is not null", _COMMENTS),
        *no_identity(table, texts, _IDENTITIES, promise),
        *lists,
    ]


_COMMENTS = "Every table and column carries a comment with its unit (contract, section 5)."
_IDENTITIES = ("e_mail_address", "ip_address", "uuid")


def week_rules(table: str, source: str) -> list[Rule]:
    """Weeks are Mondays, and frozen for the source (an SQL text: a literal or a column)."""
    return [
        *not_null(table, ["week_start"], "Every row is about one week."),
        no_row_where(table, "week_start", "is_a_monday", "isodow(week_start) <> 1", "A week is named by its Monday."),
        no_row_where(
            table,
            "week_start",
            "is_a_frozen_week",
            f"(week_start, {source}) not in (select (week_start, source) from {FROZEN_WEEKS})",
            _FROZEN,
        ),
    ]


def k_of(table: str, source: str, k: int) -> str:
    """The k that a row's week was frozen under, or the policy's where that is unknown."""
    week_k = f"(select min(k) from {FROZEN_WEEKS} w where w.week_start = {table}.week_start and w.source = '{source}')"
    return f"coalesce({week_k}, {k})"


def cell_size(table: str, source: str, k: int, column: str = "users") -> Rule:
    """Each row covers at least the persons its week was frozen under, or the policy's where that is unknown."""
    return no_row_where(
        table,
        column,
        "is_at_least_k",
        f"{column} is null or {column} < {k_of(table, source, k)}",
        "Each cell covers at least k persons (promise 1).",
    )


def region_rules(table: str) -> list[Rule]:
    """A cell's region is what its members say, leaf by leaf."""
    members = f"(select unnest(region_members) as leaf from {table})"
    return [
        *not_null(table, ["region_code", "region_name", "region_level"], "Every cell says where it is."),
        no_row_where(
            table,
            "region_members",
            "is_not_empty",
            "coalesce(len(region_members), 0) = 0",
            _MEMBERS,
        ),
        Rule(
            "is_of_known_leaves",
            "region_members",
            f"select 1 from {members} where leaf is null or leaf not in (select region_code from {KNOWN_LEAVES})",
            _MEMBERS,
        ),
        no_row_where(
            table,
            "region_members",
            "is_without_repetition",
            "list_unique(region_members) < list_count(region_members)",
            _MEMBERS,
        ),
        no_row_where(
            table,
            "region_level",
            "is_a_known_level",
            "region_level not in ('subdivision', 'country', 'subregion', 'world', 'group')",
            "A region's level is one of the hierarchy's, or a group.",
        ),
        Rule(
            "is_all_of_its_region",
            "region_members",
            f"select 1 from {table} left join {KNOWN_REGIONS} using (region_code, region_level)"
            " where region_level <> 'group' and list_sort(region_members) is distinct from leaf_codes",
            "A region's members are all leaves below it: a list of those observed would tell who was there.",
        ),
    ]


def age_rules(table: str) -> list[Rule]:
    """A cell's ages run upwards, and its label says them."""
    label = (
        "case when age_to is not null then age_from || '-' || age_to when age_from = 0 then 'all'"
        " else age_from || '+' end"
    )
    return [
        no_row_where(
            table,
            "age_from",
            "begins_at_or_before_its_end",
            "age_from is null or age_from < 0 or age_to < age_from",
            _AGES,
        ),
        no_row_where(table, "age_group", "says_its_ages", f"age_group is distinct from {label}", _AGES),
    ]


def step_of(row: str, source: str) -> str:
    """The width of the steps in which the counts of a row's week are told; 1, exactly, where its week is unknown."""
    week = f"w.week_start = {row}.week_start and w.source = '{source}'"
    return f"coalesce((select min(count_step) from {FROZEN_WEEKS} w where {week}), 1)"


def is_narrow(row: str, source: str) -> str:
    """Whether the step of a row's week is narrower than its k, so that one of a few is told; exact counts are."""
    week = f"w.week_start = {row}.week_start and w.source = '{source}'"
    return f"coalesce((select min(count_step - k) from {FROZEN_WEEKS} w where {week}), -1) < 0"


def above(step: str) -> str:
    """By how much a told count can be above the true one; below it, by `step // 2` (`count_step.py`)."""
    return f"(({step} - 1) // 2)"


def told_in_steps(table: str, column: str, source: str, floor: str = "0") -> Rule:
    """Each count is one that can be told: as many whole steps above the floor as there are, and the offset; and no step
    is narrower than k, whenever its week froze."""
    step = step_of(table, source)
    return no_row_where(
        table,
        column,
        "is_told_in_steps",
        f"({is_narrow(table, source)} or {column} < {floor}"
        f" or ({column} - {floor} - {above(step)}) % {step} <> 0) is not false",
        TOLD_IN_STEPS,
    )


TOLD_IN_STEPS = "Sessions and views are told in the steps of their week: no exact count leaves (promise 4)."


def sessions_carry_users(table: str, most_sessions: str) -> list[Rule]:
    """Whoever is counted had a session, and no session is over a day; `most_sessions`: that a row's step allows."""
    return [
        no_row_where(
            table,
            "sessions",
            "is_at_least_users",
            "sessions < users",
            "Whoever is counted in a cell has at least one session in it.",
        ),
        no_row_where(
            table,
            "minutes",
            "is_within_a_day_a_session",
            f"minutes > {most_sessions} * 24 * 60",
            "A session lasts 24 hours at most, so a cell's minutes are within its sessions' days.",
        ),
    ]


def disjoint_cells(table: str, period: str) -> Rule:
    """For each leaf region of a period, sorted by first age: no interval begins before the one before it has ended."""
    ages = f"age_from, coalesce(age_to, {OLDEST_AGE}) as age_end"
    leaves = f"select {period}, unnest(region_members) as leaf, {ages} from {table}"
    before = (
        f"max(age_end) over (partition by {period}, leaf order by age_from, age_end"
        " rows between unbounded preceding and 1 preceding)"
    )
    return Rule(
        "has_disjoint_cells",
        "table",
        f"select 1 from (select age_from, {before} as ended from ({leaves})) where age_from <= ended",
        "Every person-week is in exactly one core cell (promise 3): no two cells of a period overlap.",
    )


def same_members_one_code(table: str, unit: Iterable[str]) -> Rule:
    """Within a week, rows with one code have the same members."""
    code, *rest = unit
    return Rule(
        "means_one_thing_a_week",
        code,
        f"select 1 from {table} group by week_start, {code} having count(distinct ({', '.join(rest)})) > 1",
        "Within a week, rows of one region or age group are about the same one.",
    )
