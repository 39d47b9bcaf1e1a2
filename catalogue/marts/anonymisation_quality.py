"""`anonymisation_quality_week`."""

from catalogue.column import Column, Words
from catalogue.columns import WEEK_START
from catalogue.mart import Mart

ANONYMISATION_QUALITY = Mart(
    "anonymisation_quality_week",
    "quality",
    "",
    key=("week_start", "source"),
    about=Words(
        "How much detail the cells of a core mart keep. Every figure is a function of the published "
        "cells and the hierarchies alone.",
        "Hoeveel detail de cellen van een kernmart overhouden. Elk cijfer volgt alleen uit de "
        "gepubliceerde cellen en de hiërarchieën.",
    ),
    rows=Words(
        "one row a week and source (app: usage_by_region_age_week; ga4_export: ga4_engagement_week)",
        "één rij per week en bron (app: usage_by_region_age_week; ga4_export: ga4_engagement_week)",
    ),
    columns=(
        WEEK_START,
        Column(
            "source",
            "VARCHAR",
            Words("Whose core mart is judged.", "Van welke bron de kernmart wordt beoordeeld."),
            Words("one of app, ga4_export", "een van app, ga4_export"),
            personal_data="none",
        ),
        Column(
            "users",
            "BIGINT",
            Words("Persons in all cells of the week.", "Personen in alle cellen van de week."),
            Words("persons", "personen"),
        ),
        Column("cells", "BIGINT", Words("Cells of the week.", "Cellen van de week."), Words("cells", "cellen")),
        Column(
            "k_reached",
            "BIGINT",
            Words("Persons in the smallest cell.", "Personen in de kleinste cel."),
            Words("persons", "personen"),
        ),
        Column(
            "gcp",
            "DOUBLE",
            Words(
                "Global Certainty Penalty (Ghinita et al. 2007), the mean over persons and both "
                "dimensions of (leaves covered - 1) / (leaves of the hierarchy - 1), by the policy's "
                "bands of today. Regions are all leaves of the world, so it is small for them even "
                "where a country's are all merged.",
                "Global Certainty Penalty (Ghinita e.a. 2007), het gemiddelde over personen en beide "
                "dimensies van (omvatte bladen - 1) / (bladen van de hiërarchie - 1), met de "
                "leeftijdsklassen van het beleid van vandaag. Regio's zijn alle bladen van de wereld,"
                " dus voor regio's is het klein, ook als die van een land allemaal zijn samengevoegd.",
            ),
            Words("share from 0 (every leaf told) to 1", "aandeel van 0 (van iedereen het blad bekend) tot 1"),
        ),
        Column(
            "reference_version",
            "VARCHAR",
            Words(
                "Edition of today's reference partition, to which weeks frozen before it are compared"
                " too; null where there is none (always for ga4_export).",
                "Uitgave van de referentie-indeling van vandaag, waarmee ook eerder vastgezette weken"
                " worden vergeleken; leeg waar die er niet is (voor ga4_export altijd).",
            ),
            Words("text", "tekst"),
            personal_data="none",
        ),
        Column(
            "reference_cells_share",
            "DOUBLE",
            Words(
                "Cells that are exactly a cell of the reference partition, by all cells of the week; "
                "null without a reference.",
                "Cellen die precies een cel van de referentie-indeling zijn, op alle cellen van de "
                "week; leeg zonder referentie.",
            ),
            Words("share from 0 to 1", "aandeel van 0 tot 1"),
        ),
        Column(
            "reference_users_share",
            "DOUBLE",
            Words(
                "Persons in cells that are exactly a cell of the reference partition, by all persons "
                "of the week; null without a reference.",
                "Personen in cellen die precies een cel van de referentie-indeling zijn, op alle "
                "personen van de week; leeg zonder referentie.",
            ),
            Words("share from 0 to 1", "aandeel van 0 tot 1"),
        ),
        Column(
            "frozen_edition",
            "INTEGER",
            Words(
                "Edition of the rules by which the week froze and its cells were chosen. Of cells "
                "that are older than told_edition it cannot be judged anew whether today's rules "
                "would have chosen them.",
                "Editie van de regels waarmee de week is vastgezet en haar cellen zijn gekozen. Van "
                "cellen die ouder zijn dan told_edition is niet opnieuw te beoordelen of de regels "
                "van nu ze ook zouden kiezen.",
            ),
            Words("edition of the rules", "editie van de regels"),
            personal_data="none",
        ),
        Column(
            "told_edition",
            "INTEGER",
            Words(
                "Edition of the rules by which the week is told, in all marts; where it is later than"
                " frozen_edition, made of the frozen cells alone.",
                "Editie van de regels waarmee de week wordt verteld, in alle marts; is die later dan "
                "frozen_edition, dan gemaakt van de vastgezette cellen alleen.",
            ),
            Words("edition of the rules", "editie van de regels"),
            personal_data="none",
        ),
    ),
)
