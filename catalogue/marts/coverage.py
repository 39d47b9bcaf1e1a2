"""`coverage_week`."""

from catalogue.column import Column, Words
from catalogue.columns import WEEK_START
from catalogue.mart import Mart

COVERAGE = Mart(
    "coverage_week",
    "coverage",
    "",
    key=("week_start", "source"),
    about=Words(
        "How much of what was delivered consent let in; what it leaves out is a bias of every other table here.",
        "Voor welk deel van wat werd aangeleverd toestemming was; wat daardoor ontbreekt, vertekent "
        "elke andere tabel hier.",
    ),
    rows=Words("one row a week and source", "één rij per week en bron"),
    columns=(
        WEEK_START,
        Column(
            "source",
            "VARCHAR",
            Words("Where the records came from.", "Waar de gegevens vandaan kwamen."),
            Words("one of app, ga4_export", "een van app, ga4_export"),
            personal_data="none",
        ),
        Column(
            "passed_percent",
            "INTEGER",
            Words(
                "Share of the week's sessions (of its rows for ga4_export) that passed the gate; null"
                " where fewer than k persons were dropped or passed, or where earlier deliveries were"
                " gone when the week froze.",
                "Deel van de bezoeken van de week (van de rijen voor ga4_export) dat door de "
                "toestemmingscontrole kwam; leeg waar minder dan k personen wegvielen of overbleven, "
                "of waar eerdere leveringen al gewist waren toen de week werd vastgezet.",
            ),
            Words("whole percent", "hele procenten"),
        ),
    ),
)
