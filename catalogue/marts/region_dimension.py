"""`dim_region`."""

from catalogue.column import Column, Words
from catalogue.mart import Mart

REGION_DIMENSION = Mart(
    "dim_region",
    "dimension",
    "",
    key=("region_code",),
    about=Words(
        "The whole region hierarchy, whether anyone was there or not.",
        "De hele regiohiërarchie, of er nu iemand was of niet.",
    ),
    rows=Words("one row a region of any level", "één rij per regio, van elk niveau"),
    columns=(
        Column(
            "region_code",
            "VARCHAR",
            Words("Code of the region.", "Code van de regio."),
            Words("ISO 3166-2, <CC>-?, ISO 3166-1, UN M49 or ??", "ISO 3166-2, <CC>-?, ISO 3166-1, UN M49 of ??"),
            personal_data="none",
        ),
        Column(
            "region_name",
            "VARCHAR",
            Words("English name of the region.", "Engelse naam van de regio."),
            Words("text", "tekst"),
            personal_data="none",
        ),
        Column(
            "region_level",
            "VARCHAR",
            Words("Level of the region.", "Niveau van de regio."),
            Words("one of subdivision, country, subregion, world", "een van subdivision, country, subregion, world"),
            personal_data="none",
        ),
        Column(
            "parent_code",
            "VARCHAR",
            Words("Region one level up; null for the world.", "Regio één niveau hoger; leeg voor de wereld."),
            Words("code", "code"),
            personal_data="none",
        ),
    ),
)
