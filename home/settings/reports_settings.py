"""`[ga4.reports]` of `cmn.toml`: which property's reports are read, and why nobody in them has refused."""

import re
from datetime import date
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from home.settings.setting_path import SettingPath

BASES = ("basic", "observed")
#: Said wherever another basis is given: reports are counts, so no gate can look into them afterwards.
ONLY_THESE = (
    'must be "basic" (tags fire only after consent) or "observed" (reporting identity observed or device-based, with'
    " 'confirmed_by' and 'confirmed_on'): under advanced consent mode Google's modelled users include people who"
    " refused, and no gate can take them out of a count"
)
#: A plain channel has no encryption, so it leads to this machine and nowhere else.
HERE = re.compile(r"(127\.0\.0\.1|localhost|\[::1\]):[0-9]{1,5}")


class Ga4ReportsSource(BaseModel):
    """One property. `endpoint`: an emulator on this machine; `credentials`: a key file, else the library's default."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    property_id: Annotated[str, Field(alias="property")]
    consent_basis: str
    confirmed_by: str | None = None
    confirmed_on: date | None = None
    credentials: SettingPath | None = None
    endpoint: str | None = None

    @field_validator("property_id")
    @classmethod
    def _is_a_number(cls, number: str) -> str:
        if not re.fullmatch(r"[0-9]{1,20}", number):
            raise ValueError("must be the property's number, as text (not the measurement id, G-…)")
        return number

    @field_validator("consent_basis")
    @classmethod
    def _is_one_that_holds(cls, basis: str) -> str:
        if basis not in BASES:
            raise ValueError(ONLY_THESE)
        return basis

    @field_validator("endpoint")
    @classmethod
    def _is_here(cls, endpoint: str | None) -> str | None:
        if endpoint is not None and not HERE.fullmatch(endpoint):
            raise ValueError("must be like 127.0.0.1:9100: a plain channel stays on this machine; leave it out for GA4")
        return endpoint

    @model_validator(mode="after")
    def _somebody_confirmed_it(self) -> "Ga4ReportsSource":
        is_confirmed = bool((self.confirmed_by or "").strip()) and self.confirmed_on is not None
        if self.consent_basis == "observed" and not is_confirmed:
            raise ValueError(
                "says consent_basis = \"observed\", which needs 'confirmed_by' (who looked it up in the property's"
                " reporting identity) and 'confirmed_on' (a date)"
            )
        if self.consent_basis != "observed" and (self.confirmed_by is not None or self.confirmed_on is not None):
            raise ValueError("has 'confirmed_by' or 'confirmed_on', which belong to consent_basis = \"observed\"")
        if self.endpoint is not None and self.credentials is not None:
            raise ValueError("has an 'endpoint', an emulator, to which 'credentials' are never given")
        return self
