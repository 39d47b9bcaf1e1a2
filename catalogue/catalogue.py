"""All there is: the sources, and the marts in the order in which a reader needs them."""

from types import MappingProxyType
from typing import Final

from catalogue.axis import Axis
from catalogue.mart import Mart
from catalogue.marts.age_group_dimension import AGE_GROUP_DIMENSION
from catalogue.marts.anonymisation_quality import ANONYMISATION_QUALITY
from catalogue.marts.coverage import COVERAGE
from catalogue.marts.ga4_engaged_sessions import GA4_ENGAGED_SESSIONS
from catalogue.marts.ga4_engagement import GA4_ENGAGEMENT
from catalogue.marts.region_dimension import REGION_DIMENSION
from catalogue.marts.session_length_by_age import SESSION_LENGTH_BY_AGE
from catalogue.marts.usage_by_frequency import USAGE_BY_FREQUENCY
from catalogue.marts.usage_by_hour import USAGE_BY_HOUR
from catalogue.marts.usage_by_platform import USAGE_BY_PLATFORM
from catalogue.marts.usage_by_region_age import USAGE_BY_REGION_AGE
from catalogue.marts.usage_total import USAGE_TOTAL
from catalogue.marts.week_dimension import WEEK_DIMENSION

#: Whose records are counted, each with a core mart of its own.
SOURCES: Final = ("app", "ga4_export")

MARTS: Final = (
    USAGE_BY_REGION_AGE, USAGE_BY_HOUR, SESSION_LENGTH_BY_AGE, USAGE_BY_FREQUENCY, USAGE_BY_PLATFORM, USAGE_TOTAL,
    GA4_ENGAGEMENT, GA4_ENGAGED_SESSIONS, COVERAGE, ANONYMISATION_QUALITY, REGION_DIMENSION, AGE_GROUP_DIMENSION,
    WEEK_DIMENSION,
)  # fmt: skip

#: By name.
MART: Final = MappingProxyType({mart.name: mart for mart in MARTS})

#: Made of frozen files of their own: what a week's commit names.
CUBES: Final = tuple(mart for mart in MARTS if mart.is_frozen)

#: Of which datasets can be made.
RELEASABLE: Final = MappingProxyType({mart.name: mart for mart in MARTS if mart.can_be_released})

#: The app's side marts in the order in which they stand in the audit of all of them together.
SIDES: Final = tuple(mart for mart in MARTS if mart.axis is not None)


def axis_named(name: str) -> Axis:
    """An axis of the side marts."""
    return next(mart.axis for mart in SIDES if mart.axis and mart.axis.name == name)


def core_of(source: str) -> Mart:
    """The mart whose rows are the core cells of a source."""
    return next(mart for mart in MARTS if mart.kind == "core" and mart.source == source)
