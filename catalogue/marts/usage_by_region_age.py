"""`usage_by_region_age_week`."""

from catalogue.column import COUNT, Column, Words
from catalogue.columns import AGE, MINUTES, REGION, USERS, WEEK_START
from catalogue.mart import Mart

USAGE_BY_REGION_AGE = Mart(
    "usage_by_region_age_week",
    "core",
    "app",
    has_quarters=True,
    key=("week_start", "region_code", "age_group"),
    about=Words(
        "App usage by home region and age. Every person-week that passed the consent gate when its "
        "week froze is in exactly one row. No row changes afterwards, unless a later edition of the "
        "rules tells less of it.",
        "Gebruik van de app naar woonregio en leeftijd. Elke persoonsweek die door de "
        "toestemmingscontrole kwam toen de week werd vastgezet, zit in precies één rij. Geen rij "
        "verandert daarna, tenzij een latere editie van de regels er minder van vertelt.",
    ),
    rows=Words("one row a week and cell of at least k persons", "één rij per week en cel van ten minste k personen"),
    columns=(
        WEEK_START,
        *REGION,
        *AGE,
        USERS,
        Column(
            "sessions",
            "BIGINT",
            Words(
                "Sessions of those persons in this week, told in steps of {step} above users: within "
                "half a step of what there were. A sum over rows is within half a step a row.",
                "Bezoeken van die personen in deze week, verteld in stappen van {step} boven de "
                "gebruikers: hoogstens een halve stap naast wat er waren. Een som over rijen zit er "
                "hoogstens een halve stap per rij naast.",
            ),
            Words("sessions", "bezoeken"),
            limits=COUNT,
        ),
        MINUTES,
    ),
)
