"""The whole second opinion on one run."""

from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from tests.second_opinion.export import ExportOpinion, export_opinion
from tests.second_opinion.instants import instant
from tests.second_opinion.people import Bad, People, read_people
from tests.second_opinion.regions import Addresses, Names, Regions
from tests.second_opinion.sessions import AppOpinion, app_opinion


@dataclass(repr=False)
class Opinion:
    people: People
    regions: Regions
    app: AppOpinion
    ga4_export: ExportOpinion

    @property
    def gate(self) -> dict[str, dict[str, int]]:
        return {"app": dict(self.app.gate), "ga4_export": dict(self.ga4_export.gate)}

    @property
    def quarantine(self) -> dict[str, dict[str, int]]:
        bad = {
            "app": self.app.bad_sessions,
            "app_users": self.people.bad_users,
            "app_consents": self.people.bad_consents,
            "ga4_export": self.ga4_export.bad_rows,
        }
        return {source: by_reason(records) for source, records in bad.items() if records}


def by_reason(records: Bad) -> dict[str, int]:
    return dict(Counter(reason for reason, _ in records))


def second_opinion(landing: Path, first: date, last: date, as_of: datetime) -> Opinion:
    """What a run over `landing` (with `app/`, `ga4/`, `geo/city.mmdb`) from `first` to `last` must find."""
    regions, moment = Regions(), instant(as_of)
    people = read_people(landing / "app")
    addresses = Addresses(landing / "geo" / "city.mmdb", regions)
    app = app_opinion(landing / "app" / "sessions", people, addresses, regions, first=first, last=last, as_of=moment)
    ga4 = export_opinion(landing / "ga4", people, Names(regions), first=first, last=last, as_of=moment)
    return Opinion(people, regions, app, ga4)
