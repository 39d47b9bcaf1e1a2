"""`usage_by_platform_week`."""

from catalogue.axis import Axis
from catalogue.column import Column, Limits, Words
from catalogue.columns import AGE, MINUTES, USERS, WEEK_START
from catalogue.mart import Mart

_PART = (
    Column(
        "platform",
        "VARCHAR",
        Words(
            "Platform on which a person spent most time in the week, or several that are told together.",
            "Platform waarop iemand in de week de meeste tijd doorbracht, of een paar die samen worden verteld.",
        ),
        Words(
            "words of the policy joined by +, as android, android + ios, other, unknown, or all",
            "woorden van het beleid met + ertussen, zoals android, android + ios, other, unknown, of all",
        ),
        limits=Limits(pattern=r"(all|[a-z0-9 _-]+( \+ [a-z0-9 _-]+)*)"),
    ),
)

USAGE_BY_PLATFORM = Mart(
    "usage_by_platform_week",
    "side",
    "app",
    key=("week_start", "age_group", "platform"),
    about=Words(
        "App usage by the platform where a person was most, within unions of the core mart's age groups. Each person "
        "is in one row of an age group, so users and minutes add up. A week that froze before there was this table "
        "has no row.",
        "Gebruik van de app naar het platform waar iemand het meest was, binnen verenigingen van leeftijdsgroepen van"
        " de kernmart. Iedereen zit in één rij van een leeftijdsgroep, dus gebruikers en minuten mag u optellen. Een "
        "week die is vastgezet voordat deze tabel er was, heeft geen rij.",
    ),
    rows=Words("one row a week, age group and platform", "één rij per week, leeftijdsgroep en platform"),
    columns=(WEEK_START, *AGE, *_PART, USERS, MINUTES),
    axis=Axis(
        "platform",
        "age",
        "words",
        _PART,
        by=Words("platform", "platform"),
        tells_sessions=False,
        yields=True,
        title=Words("On which platform", "Op welk platform"),
        words=(
            ("android", Words("Android", "Android")),
            ("ios", Words("iOS", "iOS")),
            ("web", Words("web", "web")),
            ("other", Words("another", "een ander")),
            ("unknown", Words("unknown", "onbekend")),
            ("all", Words("platforms not told apart", "platforms niet uitgesplitst")),
        ),
    ),
)
