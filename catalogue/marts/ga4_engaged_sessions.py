"""`ga4_engaged_sessions_week`."""

from catalogue.column import COUNT, PERSONS, Column, Limits, Words
from catalogue.columns import REGION, WEEK_START
from catalogue.mart import Mart

GA4_ENGAGED_SESSIONS = Mart(
    "ga4_engaged_sessions_week",
    "union",
    "ga4_export",
    key=("week_start", "region_code"),
    about=Words(
        "Sessions that GA4 calls engaged, within unions by region of whole cells of "
        "ga4_engagement_week, as fine as persons with and without an engaged session, and with and "
        "without another one, are each nobody or at least k. A week has no row where they are not "
        "even all together.",
        "Bezoeken die GA4 actief noemt, binnen verenigingen naar regio van hele cellen van "
        "ga4_engagement_week, zo fijn als personen met en zonder een actief bezoek, en met en zonder "
        "een ander bezoek, telkens niemand of ten minste k zijn. Een week heeft geen rij waar ze dat "
        "niet eens allemaal samen zijn.",
    ),
    rows=Words("one row a week and region", "één rij per week en regio"),
    columns=(
        WEEK_START,
        *REGION,
        Column(
            "cells",
            "INTEGER",
            Words(
                "Cells of ga4_engagement_week that the row is the union of.",
                "Cellen van ga4_engagement_week waarvan de rij de vereniging is.",
            ),
            Words("cells", "cellen"),
            limits=Limits(minimum=1),
        ),
        Column(
            "users",
            "BIGINT",
            Words("Persons in those cells, in this week.", "Personen in die cellen, in deze week."),
            Words("persons", "personen"),
            limits=PERSONS,
        ),
        Column(
            "sessions",
            "BIGINT",
            Words(
                "Sum of what those cells tell of sessions, each in steps of {step}: within half a "
                "step a cell of what there were.",
                "Som van wat die cellen van bezoeken vertellen, elk in stappen van {step}: per cel "
                "hoogstens een halve stap naast wat er waren.",
            ),
            Words("sessions", "bezoeken"),
            limits=COUNT,
        ),
        Column(
            "engaged_sessions",
            "BIGINT",
            Words(
                "Those of the sessions that GA4 calls engaged, told in steps of {step}: within half a"
                " step of what there were; the same as sessions, and as far off, where nearly all of "
                "them are.",
                "Hoeveel van die bezoeken GA4 actief noemt, verteld in stappen van {step}: hoogstens "
                "een halve stap naast wat er waren; hetzelfde als de bezoeken, en even ver ernaast, "
                "waar ze bijna allemaal actief zijn.",
            ),
            Words("sessions", "bezoeken"),
            limits=COUNT,
        ),
    ),
)
