"""All there is: the sources, and the marts in the order in which a reader needs them.

A mart is a file of `marts/`; columns that several have are in `columns.toml`. They are the project's own: one that is
odd fails at import.
"""

import tomllib
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

from catalogue.axis import Axis
from catalogue.column import Column
from catalogue.data_source import Source
from catalogue.mart import Mart

FOLDER = Path(__file__).parent

#: By name, with what `cmn.toml` calls each: whose weeks freeze.
SOURCE: Final = MappingProxyType(
    {
        one.name: one
        for one in (
            Source(
                "app",
                section="[app]",
                ingest="ingest_app_usage",
                record=("person", "session", "started_at", "ended_at", "region_code", "age_band", "platform"),
                moment="started_at",
                has_accounts=True,
            ),
            Source(
                "ga4_export",
                section="[ga4.export]",
                ingest="ingest_ga4_export",
                record=(
                    "browser", "person", "gate_persons", "session", "event_at", "file_date", "region_code",
                    "device_category", "is_engaged", "is_view", "engagement_us",
                ),
                moment="event_at",
                has_accounts=False,
            ),
            Source("ga4_reports", section="[ga4.reports]", ingest="ingest_ga4_reports"),
        )
    }
)  # fmt: skip
#: Their names: also of what is counts already when it comes.
FROZEN_SOURCES: Final = tuple(SOURCE)

#: Those that deliver records of persons, each counted into a core mart of its own.
SOURCES: Final = tuple(name for name, source in SOURCE.items() if source.record)


def _read(path: Path) -> dict[str, Any]:
    return tomllib.loads(path.read_text(encoding="utf-8"))


def _mart(path: Path) -> Mart:
    said = _read(path)
    own = {column["name"]: Column.model_validate(column) for column in said.pop("column", [])}
    columns = {key: own.get(key) or SHARED[key] for key in said.pop("columns")}
    axis = said.pop("axis", None)
    if axis is not None:
        axis = Axis.model_validate(axis | {"columns": [columns[key] for key in axis["columns"]]})
    return Mart.model_validate(said | {"columns": tuple(columns.values()), "axis": axis})


#: Columns that several marts have, by the name by which their files call them.
SHARED: Final = {key: Column.model_validate(said) for key, said in _read(FOLDER / "columns.toml").items()}
REGION: Final = tuple(SHARED[name] for name in ("region_code", "region_name", "region_level", "region_members"))
AGE: Final = tuple(SHARED[name] for name in ("age_group", "age_from", "age_to"))

MARTS: Final = tuple(sorted(map(_mart, FOLDER.glob("marts/*.toml")), key=lambda mart: mart.place))

#: By name.
MART: Final = MappingProxyType({mart.name: mart for mart in MARTS})

#: Made of frozen files of their own: what a week's commit names.
CUBES: Final = tuple(mart for mart in MARTS if mart.is_frozen)

#: Of which datasets can be made.
RELEASABLE: Final = MappingProxyType({mart.name: mart for mart in MARTS if mart.can_be_released})

#: The app's side marts, in the order in which they stand in the audit of all of them together.
SIDES: Final = tuple(mart for mart in MARTS if mart.axis is not None)


#: The core mart whose cells they divide.
DIVIDED: Final = next(mart for mart in MARTS if mart.kind == "core" and mart.source == SIDES[0].source)


def axis_named(name: str) -> Axis:
    """An axis of the side marts."""
    return next(mart.axis for mart in SIDES if mart.axis and mart.axis.name == name)


def core_of(source: str) -> Mart:
    """The mart whose rows are the core cells of a source."""
    return next(mart for mart in MARTS if mart.kind == "core" and mart.source == source)
