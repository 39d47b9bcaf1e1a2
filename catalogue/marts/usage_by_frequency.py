"""`usage_by_frequency_week`."""

from catalogue.axis import Axis
from catalogue.column import Column, Limits, Words
from catalogue.columns import MINUTES, REGION, USERS, WEEK_START
from catalogue.mart import Mart

_PART = (
    Column(
        "sessions_from",
        "INTEGER",
        Words(
            "Fewest sessions of a person in the row, in this week.",
            "Minste bezoeken van iemand in de rij, in deze week.",
        ),
        Words("sessions", "bezoeken"),
        limits=Limits(minimum=1),
    ),
    Column(
        "sessions_to",
        "INTEGER",
        Words(
            "Most sessions of a person in the row, in this week, included; null means open.",
            "Meeste bezoeken van iemand in de rij, in deze week, meegeteld; leeg betekent open.",
        ),
        Words("sessions", "bezoeken"),
        limits=Limits(required=False, minimum=1),
    ),
)

USAGE_BY_FREQUENCY = Mart(
    "usage_by_frequency_week",
    "side",
    "app",
    key=("week_start", "region_code", "sessions_from"),
    about=Words(
        "App usage by how often a person came in the week, within unions of the core mart's regions. Each person is "
        "in one row of a region, so users and minutes add up. A week that froze before there was this table has no "
        "row.",
        "Gebruik van de app naar hoe vaak iemand in de week kwam, binnen verenigingen van regio's van de kernmart. "
        "Iedereen zit in één rij van een regio, dus gebruikers en minuten mag u optellen. Een week die is vastgezet "
        "voordat deze tabel er was, heeft geen rij.",
    ),
    rows=Words(
        "one row a week, region and span of sessions", "één rij per week, regio en reeks van aantallen bezoeken"
    ),
    columns=(WEEK_START, *REGION, *_PART, USERS, MINUTES),
    axis=Axis(
        "frequency",
        "region",
        "bands",
        _PART,
        by=Words("how often a person came", "hoe vaak iemand kwam"),
        tells_sessions=False,
        yields=True,
        title=Words("How often people came", "Hoe vaak mensen kwamen"),
        written=(
            Words("{first} time", "{first} keer"),
            Words("{first} to {last} times", "{first} tot {last} keer"),
            Words("{first} times or more", "{first} keer of vaker"),
        ),
    ),
)
