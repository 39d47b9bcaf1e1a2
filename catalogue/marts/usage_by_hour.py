"""`usage_by_hour_week`."""

from catalogue.axis import Axis
from catalogue.column import Column, Limits, Words
from catalogue.columns import MINUTES, PART_SESSIONS, REGION, USERS, WEEK_START
from catalogue.mart import Mart

_PART = (
    Column(
        "day_type",
        "VARCHAR",
        Words("Kind of local day on which the session started.", "Soort lokale dag waarop het bezoek begon."),
        Words("one of weekday, weekend, all", "een van weekday, weekend, all"),
        limits=Limits(values=("weekday", "weekend", "all")),
    ),
    Column(
        "hour_from",
        "INTEGER",
        Words("First local hour of the session's start.", "Eerste lokale uur waarop het bezoek begon."),
        Words("hour of the day, 0 to 23", "uur van de dag, 0 tot 23"),
        limits=Limits(minimum=0, maximum=23),
    ),
    Column(
        "hour_to",
        "INTEGER",
        Words(
            "Last local hour of the session's start, included.",
            "Laatste lokale uur waarop het bezoek begon, meegeteld.",
        ),
        Words("hour of the day, 0 to 23", "uur van de dag, 0 tot 23"),
        limits=Limits(minimum=0, maximum=23),
    ),
)

USAGE_BY_HOUR = Mart(
    "usage_by_hour_week",
    "side",
    "app",
    key=("week_start", "region_code", "day_type", "hour_from"),
    about=Words(
        "App usage by the local hour of the session's start, within unions of the core mart's "
        "regions. One person can be in several rows of a region, so users do not add up; sessions do,"
        " within their steps.",
        "Gebruik van de app naar het lokale uur waarop het bezoek begon, binnen verenigingen van "
        "regio's van de kernmart. Eén persoon kan in meer rijen van een regio zitten, dus tel "
        "gebruikers niet op; bezoeken wel, binnen hun stappen.",
    ),
    rows=Words(
        "one row a week, region, kind of day and span of hours", "één rij per week, regio, soort dag en reeks uren"
    ),
    columns=(
        WEEK_START,
        *REGION,
        *_PART,
        USERS,
        PART_SESSIONS,
        MINUTES,
    ),
    axis=Axis(
        "hour",
        "region",
        "hours",
        _PART,
        by=Words("hour", "uur"),
        overlap=Words("one person can be in several hours", "één persoon kan in meer uren zitten"),
    ),
)
