"""Who is meant by an id: the browsers that Google Analytics saw with it, and the pseudonyms that were made of it."""

from datetime import date, datetime

from home.duck import open_duckdb
from home.keys import weeks_with_keys
from home.layout import Home
from home.settings.settings import Settings
from ingestion.ga4.source import read_ga4_events
from rights.stored_rows import Person
from rights.verification.search import Sought

#: No day file is of this day, so that of every file nothing but its links is read.
_BEFORE_ALL = date(2000, 1, 2)


def browsers_of(settings: Settings, user_id: str, as_of: datetime) -> tuple[str, ...]:
    """The ids of browsers (`user_pseudo_id`) that the delivered day files saw with an account; none without GA4.

    Raises:
        InputRefused: a day file cannot be read.
    """
    if settings.ga4_export is None:
        return ()
    with open_duckdb(settings.home) as con:
        read_ga4_events(con, settings, _BEFORE_ALL, _BEFORE_ALL, as_of)
        rows = con.execute(
            "select distinct user_pseudo_id from ga4_links where user_id = ? order by all",
            [user_id],
        ).fetchall()
    return tuple(str(one) for (one,) in rows)


def sought_of(home: Home, person: Person) -> Sought:
    """What a search looks for: the ids, and their pseudonyms of every week that has a key."""
    pseudonyms = []
    for monday in weeks_with_keys(home):
        if (home.keys / f"{monday.isoformat()}.key").exists():
            mine, browsers = person.pseudonyms(home, monday)
            pseudonyms += [mine, *browsers]
    return Sought((person.user_id, *person.browsers), tuple(pseudonyms))
