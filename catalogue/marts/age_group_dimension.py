"""`dim_age_group`."""

from catalogue.column import Column, Words
from catalogue.mart import Mart

AGE_GROUP_DIMENSION = Mart(
    "dim_age_group",
    "dimension",
    "",
    key=("age_group",),
    about=Words(
        "The policy's age bands, and every group of them that a mart shows.",
        "De leeftijdsklassen van het beleid, en elke groep daarvan die een mart laat zien.",
    ),
    rows=Words("one row an age group", "één rij per leeftijdsgroep"),
    columns=(
        Column(
            "age_group",
            "VARCHAR",
            Words("The group.", "De groep."),
            Words("label of years", "label in jaren"),
            personal_data="none",
        ),
        Column(
            "age_from",
            "INTEGER",
            Words("First age of the group.", "Eerste leeftijd van de groep."),
            Words("completed years", "voltooide jaren"),
            personal_data="none",
        ),
        Column(
            "age_to",
            "INTEGER",
            Words(
                "Last age of the group, included; null means open.",
                "Laatste leeftijd van de groep, meegeteld; leeg betekent open.",
            ),
            Words("completed years", "voltooide jaren"),
            personal_data="none",
        ),
        Column(
            "is_leaf_band",
            "BOOLEAN",
            Words(
                "Whether the group is one band of the policy, not merged.",
                "Of de groep één klasse van het beleid is, niet samengevoegd.",
            ),
            Words("true or false", "true of false"),
            personal_data="none",
        ),
    ),
)
