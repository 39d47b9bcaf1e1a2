"""A source: where records of persons, or reports on them, come from, and what the house must know of it elsewhere."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Source:
    """`name`: as every report, folder and setting calls it. `section`: its table in `cmn.toml`.

    `ingest`: the DAG that takes it in. `record`: the columns of a stored record, in order (none: it delivers counts);
    `moment`: the one of them that says when it was. `has_accounts`: a person is an account; else browsers and devices.
    """

    name: str
    section: str
    ingest: str
    record: tuple[str, ...] = ()
    moment: str = ""
    has_accounts: bool = False
