"""`usage_week`."""

from catalogue.column import Column, Words
from catalogue.columns import USERS, WEEK_START
from catalogue.mart import Mart

USAGE_TOTAL = Mart(
    "usage_week",
    "total",
    "app",
    key=("week_start",),
    about=Words(
        "The app's weeks as a whole: sessions closer than the cells of usage_by_region_age_week added"
        " up. A week that froze before there was this table has no row.",
        "De weken van de app als geheel: bezoeken nauwkeuriger dan de opgetelde cellen van "
        "usage_by_region_age_week. Een week die werd vastgezet voordat deze tabel bestond, heeft geen"
        " rij.",
    ),
    rows=Words("one row a week", "één rij per week"),
    columns=(
        WEEK_START,
        USERS,
        Column(
            "sessions_least",
            "BIGINT",
            Words(
                "The fewest sessions that the week had; with sessions_most, all that is told of them,"
                " so that nobody can conclude that one to nine persons came again.",
                "Het kleinste aantal bezoeken dat de week had; samen met sessions_most alles wat "
                "ervan wordt verteld, zodat niemand kan concluderen dat één tot negen personen "
                "terugkwamen.",
            ),
            Words("sessions", "bezoeken"),
        ),
        Column(
            "sessions_most",
            "BIGINT",
            Words(
                "The most sessions that the week had: a step of 10 above sessions_least as a rule, "
                "and what the cells leave open together where that step would tell of few.",
                "Het grootste aantal bezoeken dat de week had: als regel een stap van 10 boven "
                "sessions_least, en wat de cellen samen openlaten waar die stap iets over weinigen "
                "zou vertellen.",
            ),
            Words("sessions", "bezoeken"),
        ),
    ),
)
