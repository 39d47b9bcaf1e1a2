"""`ga4_engagement_week`."""

from catalogue.column import COUNT, TEXT, Column, Words
from catalogue.columns import REGION, USERS, WEEK_START
from catalogue.mart import Mart

GA4_ENGAGEMENT = Mart(
    "ga4_engagement_week",
    "core",
    "ga4_export",
    key=("week_start", "region_code", "device_category"),
    about=Words(
        "Engagement on the web and in the app as GA4 measured it, by region and device. A user is a "
        "browser or a device, unless it was seen with an account.",
        "Gebruik van de site en de app zoals GA4 het mat, naar regio en apparaat. Een gebruiker is "
        "een browser of een apparaat, tenzij die met een account werd gezien.",
    ),
    rows=Words("one row a week and cell of at least k persons", "één rij per week en cel van ten minste k personen"),
    columns=(
        WEEK_START,
        *REGION,
        Column(
            "device_category",
            "VARCHAR",
            Words("Kind of device.", "Soort apparaat."),
            Words(
                "GA4's word, unknown, or all where devices are merged",
                "het woord van GA4, unknown, of all waar apparaten zijn samengevoegd",
            ),
            limits=TEXT,
        ),
        USERS,
        Column(
            "sessions",
            "BIGINT",
            Words(
                "Distinct GA4 sessions of those persons, told in steps of {step}: within half a step "
                "of what there were; rows without a session id count none.",
                "Aantal verschillende GA4-bezoeken van die personen, verteld in stappen van {step}: "
                "hoogstens een halve stap naast wat er waren; rijen zonder bezoeknummer tellen niet "
                "mee.",
            ),
            Words("sessions", "bezoeken"),
            limits=COUNT,
        ),
        Column(
            "views",
            "BIGINT",
            Words(
                "Page views and screen views of those persons, told in steps of {step}: within half a"
                " step of what there were.",
                "Bekeken pagina's en schermen van die personen, verteld in stappen van {step}: "
                "hoogstens een halve stap naast wat er waren.",
            ),
            Words("views", "keren bekeken"),
            limits=COUNT,
        ),
        Column(
            "minutes",
            "BIGINT",
            Words(
                "Engagement time, summed in microseconds and rounded half up once a cell.",
                "Actieve tijd, opgeteld in microseconden en eenmaal per cel afgerond, halven naar boven.",
            ),
            Words("whole minutes", "hele minuten"),
            limits=COUNT,
        ),
    ),
)
