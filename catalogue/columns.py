"""Columns that several marts have."""

from catalogue.column import COUNT, PERSONS, TEXT, Column, Limits, Words

REGION_PATTERN = r"(\?\?|[A-Z]{2}|[A-Z]{2}-(\?|[A-Z0-9]{1,3})|[0-9]{3})"

WEEK_START = Column(
    "week_start",
    "DATE",
    Words(
        "Monday of the ISO week, a local day of the policy's time zone.",
        "Maandag van de ISO-week, een lokale dag in de tijdzone van het beleid.",
    ),
    Words("date", "datum"),
    personal_data="none",
    limits=Limits(),
)
REGION_CODE = Column(
    "region_code",
    "VARCHAR",
    Words(
        "What the cell covers. A rest of <parent> can cover other leaves beside another age group or "
        "device, and in another week: to add up over rows, group by region_members (region_covers in "
        "a CSV), not by this code.",
        "Wat de cel omvat. Een rest of <ouder> kan bij een andere leeftijdsgroep of een ander "
        "apparaat, en in een andere week, andere bladen omvatten: groepeer om op te tellen op "
        "region_members (in een CSV: region_covers), niet op deze code.",
    ),
    Words(
        "code: ISO 3166-2 subdivision, ISO 3166-1 country, UN M49 sub-region or world (001), codes of"
        " a group joined by +, or rest of <parent>",
        "code: ISO 3166-2-onderdeel, ISO 3166-1-land, UN M49-subregio of wereld (001), codes van een "
        "groep met + ertussen, of rest of <ouder>",
    ),
    Words(
        "<CC>-? is a country whose subdivision is unknown, ?? unknown.",
        "<CC>-? is een land waarvan het onderdeel onbekend is, ?? onbekend.",
    ),
    limits=Limits(pattern=rf"({REGION_PATTERN}(\+{REGION_PATTERN})*|rest of {REGION_PATTERN})"),
)
REGION_NAME = Column(
    "region_name",
    "VARCHAR",
    Words("English name of what the cell covers.", "Engelse naam van wat de cel omvat."),
    Words("text", "tekst"),
    limits=TEXT,
)
REGION_LEVEL = Column(
    "region_level",
    "VARCHAR",
    Words("Level of the region.", "Niveau van de regio."),
    Words(
        "one of subdivision, country, subregion, world, group", "een van subdivision, country, subregion, world, group"
    ),
    limits=Limits(values=("subdivision", "country", "subregion", "world", "group")),
)
REGION_MEMBERS = Column(
    "region_members",
    "VARCHAR[]",
    Words(
        "All leaf codes of the region hierarchy that the cell covers, observed or not.",
        "Alle bladcodes van de regiohiërarchie die de cel omvat, of er nu iemand was of niet.",
    ),
    Words("list of codes", "lijst van codes"),
    limits=Limits(),
)
AGE_GROUP = Column(
    "age_group",
    "VARCHAR",
    Words("Age at the week's first session.", "Leeftijd bij het eerste bezoek van de week."),
    Words(
        "label of years, as 18-24, merged 18-34, open 65+, or all",
        "label in jaren, zoals 18-24, samengevoegd 18-34, open 65+, of all",
    ),
    limits=Limits(pattern=r"(all|[0-9]+-[0-9]+|[0-9]+\+)"),
)
AGE_FROM = Column(
    "age_from",
    "INTEGER",
    Words("First age of the group.", "Eerste leeftijd van de groep."),
    Words("completed years", "voltooide jaren"),
    limits=Limits(minimum=0, maximum=120),
)
AGE_TO = Column(
    "age_to",
    "INTEGER",
    Words(
        "Last age of the group, included; null means open.",
        "Laatste leeftijd van de groep, meegeteld; leeg betekent open.",
    ),
    Words("completed years", "voltooide jaren"),
    limits=Limits(required=False, minimum=0, maximum=120),
)
USERS = Column(
    "users",
    "BIGINT",
    Words("Persons in the cell, in this week.", "Personen in de cel, in deze week."),
    Words("persons", "personen"),
    limits=PERSONS,
)
MINUTES = Column(
    "minutes",
    "BIGINT",
    Words(
        "Time of those sessions, summed in microseconds and rounded half up once a cell.",
        "Tijd van die bezoeken, opgeteld in microseconden en eenmaal per cel afgerond, halven naar boven.",
    ),
    Words("whole minutes", "hele minuten"),
    limits=COUNT,
)
PART_SESSIONS = Column(
    "sessions",
    "BIGINT",
    Words(
        "Sessions of those persons in the row, told in steps of {step} above users: within half a "
        "step of what there were. A region or age group in one row is the sum of its core cells, "
        "within half a step a cell.",
        "Bezoeken van die personen in de rij, verteld in stappen van {step} boven de gebruikers: "
        "hoogstens een halve stap naast wat er waren. Een regio of leeftijdsgroep in één rij is de "
        "som van haar kerncellen, hoogstens een halve stap per cel ernaast.",
    ),
    Words("sessions", "bezoeken"),
    limits=COUNT,
)

#: What places a row in a region, and in an age group.
REGION = (REGION_CODE, REGION_NAME, REGION_LEVEL, REGION_MEMBERS)
AGE = (AGE_GROUP, AGE_FROM, AGE_TO)
