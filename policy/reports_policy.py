"""How the reports of GA4's Data API are asked for: pages, quota that is left to others, tries."""

from typing import Annotated
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field, field_validator

#: What one request of the Data API returns at most.
MOST_ROWS = 250_000


class ReportsPolicy(BaseModel):
    """What each is, in what unit and why, stands in `reports.toml`."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    page_rows: Annotated[int, Field(ge=1, le=MOST_ROWS)]
    reserve_tokens: Annotated[int, Field(ge=0)]
    reserve_thresholded_requests: Annotated[int, Field(ge=0)]
    reserve_server_errors: Annotated[int, Field(ge=0)]
    tries: Annotated[int, Field(ge=1, le=5)]
    first_wait_seconds: Annotated[float, Field(ge=0)]
    timeout_seconds: Annotated[float, Field(gt=0)]
    starts: Annotated[int, Field(ge=1, le=10)]
    pages_hours: Annotated[int, Field(ge=1)]
    quota_day_timezone: str

    @field_validator("quota_day_timezone")
    @classmethod
    def _is_a_zone(cls, name: str) -> str:
        try:
            ZoneInfo(name)
        except (KeyError, ValueError, OSError) as error:
            raise ValueError("is no IANA time zone") from error
        return name
