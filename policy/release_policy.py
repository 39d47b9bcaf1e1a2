"""What may be released, by whom, under which licence, and who approved it."""

from datetime import date
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, field_validator, model_validator

from catalogue.catalogue import RELEASABLE, SOURCE
from policy.identities import looks_like_somebody
from refusals.errors import UsageError


def _one_line(text: object) -> object:
    return " ".join(text.split()) if isinstance(text, str) else text


def _can_be_shown(text: str) -> str:
    if not text.isprintable():
        raise ValueError("holds a sign that cannot be shown: type it anew")
    return text


#: Words for readers, on one line: line ends of the file are spaces.
Text = Annotated[str, BeforeValidator(_one_line), AfterValidator(_can_be_shown), Field(min_length=1)]
#: Of an approval nothing is put right in silence: it stands in every release as the reviewer gave it.
AsTyped = Annotated[str, Field(min_length=1)]
#: Addresses stand in commands and pages that people copy from: without quotes, brackets, spaces and what else means
#: something there.
_HOST = r"(?:[A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\])(?::[0-9]{1,5})?"
_BASE_URL = rf"^(https?://{_HOST}(?:/[A-Za-z0-9._~%-]+)*)?$"
_LICENCE_URL = rf"^https://{_HOST}(?:/[A-Za-z0-9._~%/-]*)?(?:#[A-Za-z0-9._-]*)?$"
_CONTACT = r"^[A-Za-z0-9][A-Za-z0-9._%+-]*@[A-Za-z0-9][A-Za-z0-9.-]*$"
PeriodKind = Literal["week", "quarter"]


def _is_released(mart: str) -> str:
    if mart not in RELEASABLE:
        raise ValueError(f"is no mart that a dataset can be made of: {', '.join(RELEASABLE)}")
    return mart


MartName = Annotated[str, AfterValidator(_is_released)]


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class DatasetPolicy(_Frozen):
    """One dataset that may be released, in words for its readers."""

    name: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
    mart: MartName
    periods: Annotated[list[PeriodKind], Field(min_length=1)]
    title: Text
    title_nl: Text
    description: Text
    description_nl: Text
    keywords: list[Text]

    @property
    def is_of_ga4(self) -> bool:
        """Whether it tells of browsers and devices, where no account was seen."""
        return not SOURCE[RELEASABLE[self.mart].source].has_accounts

    @model_validator(mode="after")
    def _has_quarters_only_of_the_core(self) -> "DatasetPolicy":
        if "quarter" in self.periods and not RELEASABLE[self.mart].has_quarters:
            summed = ", ".join(mart.name for mart in RELEASABLE.values() if mart.has_quarters)
            raise ValueError(f"only {summed} can be summed to quarters: others are no whole cells")
        return self


class Approval(_Frozen):
    """That a named reviewer approved a dataset; `reference` says where the decision is written down."""

    dataset: AsTyped
    reviewer: AsTyped
    approved_on: date
    reference: AsTyped

    @field_validator("reviewer", "reference")
    @classmethod
    def _can_be_published(cls, text: str) -> str:
        if text != " ".join(text.split()) or not text.isprintable():
            raise ValueError("must be one line of text without signs that cannot be shown")
        if looks_like_somebody(text):
            raise ValueError("is published with every release, and holds what looks like an address or an id")
        return text


class ReleasePolicy(_Frozen):
    """Everything about releases that people decide."""

    publisher: Text
    contact: Annotated[str, Field(pattern=_CONTACT)]
    licence: Text
    licence_url: Annotated[str, Field(pattern=_LICENCE_URL)]
    base_url: Annotated[str, Field(pattern=_BASE_URL)]
    dataset: Annotated[list[DatasetPolicy], Field(min_length=1)]
    approval: list[Approval]

    @field_validator("dataset")
    @classmethod
    def _have_names_of_their_own(cls, datasets: list[DatasetPolicy]) -> list[DatasetPolicy]:
        names = [dataset.name for dataset in datasets]
        if len(set(names)) != len(names):
            raise ValueError("two datasets have one name")
        return datasets

    @model_validator(mode="after")
    def _approves_what_there_is(self) -> "ReleasePolicy":
        names = {dataset.name for dataset in self.dataset}
        if any(approval.dataset not in names for approval in self.approval):
            raise ValueError("an approval is of a dataset that is not declared")
        return self

    def named(self, name: str) -> DatasetPolicy:
        """A declared dataset.

        Raises:
            UsageError: none has that name.
        """
        for dataset in self.dataset:
            if dataset.name == name:
                return dataset
        declared = ", ".join(dataset.name for dataset in self.dataset)
        raise UsageError(f"dataset '{name}' is not declared: releases.toml has {declared}")
