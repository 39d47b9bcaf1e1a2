"""What people decide of the rights of those whom data are about: periods, reminders, and how long an answer is kept."""

from datetime import date
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, field_validator

_LEAP_YEAR = 2024


class RightsPolicy(BaseModel):
    """Periods for requests and complaints, and how long what is left of them stays."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    answer_months: Annotated[int, Field(ge=1)]
    extension_months: Annotated[int, Field(ge=0)]
    complaint_acknowledged_days: Annotated[int, Field(ge=1)]
    complaint_answered_days: Annotated[int, Field(ge=1)]
    remind_days: Annotated[int, Field(ge=0)]
    package_days: Annotated[int, Field(ge=0)]
    tombstone_years: Annotated[int, Field(ge=1)]
    finished_years: Annotated[int, Field(ge=1)]
    fixed_holidays: tuple[str, ...]
    easter_holidays: tuple[int, ...]

    @field_validator("fixed_holidays", "easter_holidays", mode="before")
    @classmethod
    def _of_a_list(cls, given: object) -> object:
        return tuple(given) if isinstance(given, list) else given

    @field_validator("fixed_holidays")
    @classmethod
    def _are_days(cls, days: tuple[str, ...]) -> tuple[str, ...]:
        for day in days:
            try:
                date.fromisoformat(f"{_LEAP_YEAR}-{day}")
            except ValueError as error:
                raise ValueError("each must be a month and day, such as 12-25") from error
        return days
