"""Suite: the marts file as a whole: the tables it must have, and nothing besides."""

from collections.abc import Sequence

from expectations.rules.column_rules import COLUMNS_FOUND
from expectations.rules.rule import Rule, Suite

#: What a column may not be called: keys and traits of one person.
PERSON_COLUMNS = (
    "person", "gate_persons", "session", "session_id", "user_id", "user_pseudo_id", "ga_session_id", "pseudonym",
    "candidate", "ip_address", "email", "e_mail", "first_name", "last_name", "birth_date",
)  # fmt: skip


def marts_file(tables: Sequence[str]) -> Suite:
    """The rules of the whole file."""
    known = ", ".join(f"'{table}'" for table in tables)
    personal = ", ".join(f"'{column}'" for column in PERSON_COLUMNS)
    return Suite(
        "marts_file",
        COLUMNS_FOUND,
        "the file that analysts open, as a whole",
        (
            *(
                Rule(
                    "is_there",
                    table,
                    f"select 1 where '{table}' not in (select table_name from {COLUMNS_FOUND})",
                    "The marts are what the contract says, table by table.",
                )
                for table in tables
            ),
            Rule(
                "has_no_table_besides",
                "file",
                f"select distinct table_name from {COLUMNS_FOUND} where table_name not in ({known})",
                "Only what was checked leaves: a table or view that nobody decided on stops the run.",
            ),
            Rule(
                "has_no_column_of_a_person",
                "file",
                f"select 1 from {COLUMNS_FOUND} where lower(column_name) in ({personal})",
                "No key and no trait of a person leaves.",
            ),
        ),
    )
