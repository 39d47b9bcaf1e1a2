"""What becomes of each column of a frozen week when it is brought to a later edition of the rules: one table.

A new edition adds its entry here, and a module beside this one for what no column says. A column of a cube that an
edition's entry does not name is left out.
"""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

from freezing.cell_rows import SCHEMAS


class Fate(StrEnum):
    """What is done with a column, in the words of docs/operations.md."""

    KEPT = "kept"
    NOT_JUDGED_ANEW = "kept as chosen: cannot be judged anew"
    STEPS_ABOVE_USERS = "told in steps above users"
    STEPS_ABOVE_NOTHING = "told in steps above nothing"
    LEFT_OUT = "left out"


_REGION = dict.fromkeys(("region_code", "region_name", "region_level", "region_members"), Fate.NOT_JUDGED_ANEW)
_AGE = dict.fromkeys(("age_group", "age_from", "age_to"), Fate.NOT_JUDGED_ANEW)
_KEPT = dict.fromkeys(("week_start", "users", "minutes"), Fate.KEPT)

Fates = Mapping[str, Mapping[str, Fate]]

#: By the edition that weeks are brought to, from the one before it: each cube of that edition, column by column.
FATES: Mapping[int, Fates] = MappingProxyType(
    {
        2: {
            "usage_by_region_age_week": {**_KEPT, **_REGION, **_AGE, "sessions": Fate.STEPS_ABOVE_USERS},
            "usage_by_hour_week": {
                **_KEPT,
                **_REGION,
                **dict.fromkeys(("day_type", "hour_from", "hour_to"), Fate.NOT_JUDGED_ANEW),
                "sessions": Fate.STEPS_ABOVE_USERS,
            },
            "session_length_by_age_week": {
                **_KEPT,
                **_AGE,
                **dict.fromkeys(("minutes_from", "minutes_to"), Fate.NOT_JUDGED_ANEW),
                "sessions": Fate.STEPS_ABOVE_USERS,
            },
            "ga4_engagement_week": {
                **_KEPT,
                **_REGION,
                "device_category": Fate.NOT_JUDGED_ANEW,
                **dict.fromkeys(("sessions", "views"), Fate.STEPS_ABOVE_NOTHING),
                "engaged_sessions": Fate.LEFT_OUT,
            },
            "coverage_week": dict.fromkeys(SCHEMAS["coverage_week"].names, Fate.KEPT),
        },
    }
)

#: By the same: what the edition asks of cells that frozen cells cannot answer, in words that readers see.
NOT_JUDGED_ANEW: Mapping[int, tuple[str, ...]] = MappingProxyType(
    {
        2: (
            "whether an interval of ages ends where people end, so that its end tells that somebody is there",
            "whether one person has nearly all of a cell's sessions or views (minutes were judged)",
            "which cells, and which parts of them, the rules of today would have chosen",
        ),
    }
)

#: By the same: why releases that were made before it are withdrawn. One line, without a full stop.
WHY: Mapping[int, str] = MappingProxyType(
    {
        2: "sessions and views were told exactly, so that a row could tell that only a few persons came again; they are"
        " told in steps now",
    }
)
