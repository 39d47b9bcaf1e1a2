"""`[[destination]]` of `cmn.toml`: a folder or an S3-compatible store to which releases and portal are delivered."""

import re
from collections.abc import Iterable
from itertools import combinations
from pathlib import Path
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, field_validator, model_validator

from home.settings.setting_path import SettingPath

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*")
BUCKET = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{2,62}")
PREFIX_PART = re.compile(r"(?!\.{1,2}$)[A-Za-z0-9!_.*'()-]+")
REGION = re.compile(r"[a-z0-9-]+")
CREDENTIALS_ELSEWHERE = "must hold no credentials: give them in AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"


class Destination(BaseModel):
    """One place that holds what the home has published: a folder, or a bucket with a prefix.

    Credentials are never here: they come from the environment when a delivery begins.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    folder: SettingPath | None = None
    url: str | None = None
    endpoint: str | None = None
    region: str | None = None

    @property
    def bucket(self) -> str:
        """The URL's bucket; empty for a folder."""
        return urlsplit(self.url or "").netloc

    @property
    def prefix(self) -> str:
        """What every key in the bucket begins with, without slashes around it; may be empty."""
        return urlsplit(self.url or "").path.strip("/")

    @property
    def place(self) -> tuple[str, ...]:
        """Where it is, part by part: of two places, one lies in the other if it begins with the other's parts."""
        if self.folder is not None:
            return ("folder", *self.folder.resolve().parts)
        return ("bucket", (self.endpoint or "").rstrip("/"), self.bucket, *filter(None, self.prefix.split("/")))

    @field_validator("name")
    @classmethod
    def _is_a_plain_name(cls, name: str) -> str:
        if not NAME.fullmatch(name):
            raise ValueError("may hold letters, digits, - and _ only")
        return name

    @field_validator("url")
    @classmethod
    def _is_a_bucket(cls, url: str | None) -> str | None:
        if url is None:
            return None
        if not url.startswith("s3://"):
            raise ValueError("must start with s3://")
        bucket, _, prefix = url.removeprefix("s3://").partition("/")
        if "@" in bucket or "?" in url:
            raise ValueError(CREDENTIALS_ELSEWHERE)
        parts = [part for part in prefix.removesuffix("/").split("/") if prefix]
        if not BUCKET.fullmatch(bucket) or not all(PREFIX_PART.fullmatch(part) for part in parts):
            raise ValueError("must be like s3://bucket or s3://bucket/prefix")
        return url

    @field_validator("endpoint")
    @classmethod
    def _is_an_address(cls, endpoint: str | None) -> str | None:
        if endpoint is None:
            return None
        if "@" in endpoint or "?" in endpoint:
            raise ValueError(CREDENTIALS_ELSEWHERE)
        if not re.fullmatch(r"https?://[A-Za-z0-9.\[\]:-]+(/[A-Za-z0-9._/-]*)?", endpoint):
            raise ValueError("must be like https://s3.example.org or http://localhost:9000")
        return endpoint

    @field_validator("region")
    @classmethod
    def _is_a_region(cls, region: str | None) -> str | None:
        if region is not None and not REGION.fullmatch(region):
            raise ValueError("must be like eu-west-1")
        return region

    @model_validator(mode="after")
    def _is_one_of_the_two(self) -> "Destination":
        if (self.folder is None) == (self.url is None):
            raise ValueError("needs exactly one of 'folder' and 'url'")
        if self.folder is not None and (self.endpoint or self.region):
            raise ValueError("has a folder, so 'endpoint' and 'region' do not belong to it")
        return self


def destinations_mistake(destinations: Iterable[Destination], home: Path) -> str | None:
    """The first mistake that only shows when paths are absolute and all destinations are seen together; or None.

    Links are followed: a delivery into the home would publish itself, and one around it would lay pages over the store.
    """
    known = list(destinations)
    inside = home.resolve()
    for number, one in enumerate(known):
        if one.folder is None:
            continue
        folder = one.folder.resolve()
        if folder.is_relative_to(inside) or inside.is_relative_to(folder):
            return f"setting 'destination.{number}.folder' must be neither in nor above the home"
    for (_, first), (number, second) in combinations(enumerate(known), 2):
        if first.name == second.name:
            return f"setting 'destination.{number}.name' is the name of another destination too"
        shared = min(len(first.place), len(second.place))
        if first.place[:shared] == second.place[:shared]:
            setting = "url" if second.folder is None else "folder"
            return f"setting 'destination.{number}.{setting}' and destination '{first.name}' lie in one another"
    return None
