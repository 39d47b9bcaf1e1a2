"""A rule and a suite: what is expected of a table, as plain data that reads without Great Expectations."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Rule:
    """One expectation. It holds where `offenders` finds no row.

    Attributes:
        name: the expectation, as the refusal and the pages name it; unique with its column in a suite.
        column: the column it is about, or `table` for the table as a whole.
        offenders: a query with one row an offender. Only its number of rows is ever read.
        promise: what the reader of the data is promised, in words.
    """

    name: str
    column: str
    offenders: str
    promise: str

    @property
    def title(self) -> str:
        """The column and the expectation: `region_code.is_a_known_leaf`."""
        return f"{self.column}.{self.name}"


@dataclass(frozen=True, slots=True)
class Suite:
    """The rules of one table.

    Attributes:
        name: the suite's name, such as `app_records`.
        table: the table or view that the rules read.
        about: what stands in the table, in words.
        rules: its rules.
    """

    name: str
    table: str
    about: str
    rules: tuple[Rule, ...]

    def __post_init__(self) -> None:
        titles = [rule.title for rule in self.rules]
        twice = sorted({title for title in titles if titles.count(title) > 1})
        if twice:
            raise ValueError(f"suite {self.name}: {', '.join(twice)} is there twice")
