"""`dim_week`."""

from catalogue.column import Column, Words
from catalogue.mart import Mart

WEEK_DIMENSION = Mart(
    "dim_week",
    "dimension",
    "",
    key=("week_start",),
    about=Words("The weeks that have published cells.", "De weken die gepubliceerde cellen hebben."),
    rows=Words("one row an ISO week", "één rij per ISO-week"),
    columns=(
        Column(
            "week_start",
            "DATE",
            Words("Monday of the week.", "Maandag van de week."),
            Words("date", "datum"),
            personal_data="none",
        ),
        Column(
            "week_end",
            "DATE",
            Words("Sunday of the week.", "Zondag van de week."),
            Words("date", "datum"),
            personal_data="none",
        ),
        Column(
            "iso_year",
            "INTEGER",
            Words("ISO 8601 year of the week.", "ISO 8601-jaar van de week."),
            Words("year", "jaar"),
            personal_data="none",
        ),
        Column(
            "iso_week",
            "INTEGER",
            Words("ISO 8601 number of the week.", "ISO 8601-nummer van de week."),
            Words("1 to 53", "1 tot 53"),
            personal_data="none",
        ),
        Column(
            "quarter",
            "INTEGER",
            Words(
                "Quarter of the week's Thursday, in iso_year.", "Kwartaal van de donderdag van de week, in iso_year."
            ),
            Words("1 to 4", "1 tot 4"),
            personal_data="none",
        ),
    ),
)
