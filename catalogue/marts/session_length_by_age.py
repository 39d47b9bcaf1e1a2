"""`session_length_by_age_week`."""

from catalogue.axis import Axis
from catalogue.column import Column, Limits, Words
from catalogue.columns import AGE, MINUTES, PART_SESSIONS, USERS, WEEK_START
from catalogue.mart import Mart

_PART = (
    Column(
        "minutes_from",
        "INTEGER",
        Words("Shortest length of a session in the row.", "Kortste duur van een bezoek in de rij."),
        Words("whole minutes elapsed", "hele verstreken minuten"),
        limits=Limits(values=(0, 1, 5, 15, 30, 60)),
    ),
    Column(
        "minutes_to",
        "INTEGER",
        Words(
            "Longest length of a session in the row, included (4 holds all below 5 minutes); null means open.",
            "Langste duur van een bezoek in de rij, meegeteld (4 is alles onder 5 minuten); leeg betekent open.",
        ),
        Words("whole minutes elapsed", "hele verstreken minuten"),
        limits=Limits(required=False, values=(0, 4, 14, 29, 59)),
    ),
)

SESSION_LENGTH_BY_AGE = Mart(
    "session_length_by_age_week",
    "side",
    "app",
    key=("week_start", "age_group", "minutes_from"),
    about=Words(
        "App sessions by their length, within unions of the core mart's age groups. One person can be"
        " in several rows of an age group, so users do not add up; sessions do, within their steps.",
        "Bezoeken aan de app naar hun duur, binnen verenigingen van leeftijdsgroepen van de kernmart."
        " Eén persoon kan in meer rijen van een leeftijdsgroep zitten, dus tel gebruikers niet op; "
        "bezoeken wel, binnen hun stappen.",
    ),
    rows=Words("one row a week, age group and span of lengths", "één rij per week, leeftijdsgroep en reeks van duren"),
    columns=(
        WEEK_START,
        *AGE,
        *_PART,
        USERS,
        PART_SESSIONS,
        MINUTES,
    ),
    axis=Axis(
        "length",
        "age",
        "bands",
        _PART,
        by=Words("session length", "duur van het bezoek"),
        overlap=Words("one person can have sessions of all lengths", "één persoon kan bezoeken van elke duur hebben"),
    ),
)
