"""`cmn.toml`: which sources there are, where the home is, and where releases are delivered to."""

import re
import tomllib
from pathlib import Path
from typing import Annotated, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from catalogue.catalogue import FROZEN_SOURCES, SOURCE, SOURCES
from home.layout import Home
from home.settings.destination_settings import Destination, destinations_mistake
from home.settings.reports_settings import Ga4ReportsSource
from home.settings.setting_path import SettingPath, impossible_path
from policy.policy import Policy, load_policy
from refusals.errors import UsageError
from refusals.mistakes import first_mistake

PLAIN_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
TIMEOUTS = ("connect_timeout_seconds", "lock_timeout_seconds", "statement_timeout_seconds")
DATABASE_SCHEMES = ("postgresql://", "mysql://")

#: All sources that there can be; each is an attribute of `Settings`.

Seconds = Annotated[int, Field(ge=1, le=86_400)]
FileName = Annotated[str, Field(min_length=1)]
Source = TypeVar("Source", "AppSource", "Ga4ExportSource")


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class AppSource(_Section):
    """The app's users, consents and sessions, from a drop folder or from its database."""

    files: SettingPath | None = None
    database: str | None = None
    schema_name: Annotated[str | None, Field(alias="schema")] = None
    connect_timeout_seconds: Seconds = 10
    lock_timeout_seconds: Seconds = 60
    statement_timeout_seconds: Seconds = 1800
    ignore: tuple[FileName, ...] = ()

    @field_validator("schema_name")
    @classmethod
    def _is_a_plain_name(cls, name: str | None) -> str | None:
        if name is not None and not PLAIN_NAME.fullmatch(name):
            raise ValueError("may hold letters, digits and _ only")
        return name

    @field_validator("database")
    @classmethod
    def _has_a_known_scheme(cls, url: str | None) -> str | None:
        if url is not None and not url.startswith(DATABASE_SCHEMES):
            raise ValueError("must start with postgresql:// or mysql://")
        if url is not None and re.match(r"[^/]*//[^/@]*:[^/@]*@|.*[?&](ssl)?passw(or)?d=", url):
            raise ValueError("must hold no password; give it in PGPASSWORD or MYSQL_PWD")
        return url

    @model_validator(mode="after")
    def _is_one_of_the_two(self) -> "AppSource":
        if (self.files is None) == (self.database is None):
            raise ValueError("needs exactly one of 'files' and 'database'")
        useless = [name for name in TIMEOUTS if name in self.model_fields_set and self.database is None]
        if useless:
            raise ValueError(f"has {useless[0]}, which only a 'database' takes")
        return self


class Ga4ExportSource(_Section):
    """Day files in the BigQuery export schema."""

    files: SettingPath
    consent_basis: Literal["consent_mode", "basic"]
    ignore: tuple[FileName, ...] = ()


class GeoSettings(_Section):
    """The city database by which addresses become regions."""

    mmdb: SettingPath


class PolicySettings(_Section):
    """Where the policy's changes are, if any."""

    directory: SettingPath | None = None


class Ga4Sources(_Section):
    """What is read of Google Analytics 4."""

    export: Ga4ExportSource | None = None
    reports: Ga4ReportsSource | None = None


class _File(_Section):
    home: SettingPath
    app: AppSource | None = None
    ga4: Ga4Sources = Ga4Sources()
    geo: GeoSettings | None = None
    policy: PolicySettings = PolicySettings()
    destination: tuple[Destination, ...] = ()


class Settings(BaseModel):
    """One run's settings: paths made absolute, policy loaded."""

    model_config = ConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=True)

    file: Path
    home: Home
    app: AppSource | None
    ga4_export: Ga4ExportSource | None
    ga4_reports: Ga4ReportsSource | None
    geo: GeoSettings | None
    policy: Policy
    destinations: tuple[Destination, ...] = ()

    @property
    def sources(self) -> tuple[str, ...]:
        """The configured sources, by the names that every report uses."""
        return tuple(name for name in FROZEN_SOURCES if getattr(self, name) is not None)

    @property
    def record_sources(self) -> tuple[str, ...]:
        """Those of them that deliver records of persons, not counts."""
        return tuple(name for name in self.sources if name in SOURCES)


def load_settings(file: Path) -> Settings:
    """Reads `cmn.toml`; relative paths are relative to that file.

    Raises:
        UsageError: the file is missing or no TOML, or a setting is unknown, missing, or wrong; it is named.
    """
    file = file.absolute()
    try:
        if file.exists() and not file.is_file():
            raise UsageError(f"config {file} is no file: name a cmn.toml")
        values = tomllib.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise UsageError(f"config {file} does not exist: `cmn demo` writes one to start from") from error
    except OSError as error:
        raise UsageError(f"config {file} cannot be read ({error.strerror}): mend its name or permissions") from error
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise UsageError(f"config {file}: {error}") from error
    try:
        parsed = _File.model_validate(values)
    except ValidationError as error:
        raise UsageError(f"config {file}: {first_mistake(error)}") from error
    if parsed.app is None and parsed.ga4 == Ga4Sources():
        *first, last = (one.section for one in SOURCE.values())
        raise UsageError(f"config {file}: no source: give at least one of {', '.join(first)} and {last}")
    if parsed.app is not None and parsed.geo is None:
        raise UsageError(f"config {file}: setting 'geo.mmdb' is missing: [app] needs a city database")
    base = file.parent
    _check_home_is_no_pattern(file, base / parsed.home)
    directory = parsed.policy.directory
    destinations = tuple(_with_absolute_folder(destination, base) for destination in parsed.destination)
    app, export, reports, geo = parsed.app, parsed.ga4.export, parsed.ga4.reports, parsed.geo
    if reports is not None and reports.credentials is not None:
        reports = reports.model_copy(update={"credentials": base / reports.credentials})
    paths = {
        "home": base / parsed.home,
        "app.files": base / app.files if app and app.files else None,
        "ga4.export.files": base / export.files if export else None,
        "ga4.reports.credentials": reports.credentials if reports else None,
        "geo.mmdb": base / geo.mmdb if geo else None,
        "policy.directory": base / directory if directory else None,
        **{f"destination.{number}.folder": one.folder for number, one in enumerate(destinations)},
    }
    mistake = impossible_path(paths) or destinations_mistake(destinations, base / parsed.home)
    if mistake:
        raise UsageError(f"config {file}: {mistake}")
    return Settings(
        file=file,
        home=Home(base / parsed.home),
        app=_with_absolute_files(parsed.app, base),
        ga4_export=_with_absolute_files(parsed.ga4.export, base),
        ga4_reports=reports,
        geo=GeoSettings(mmdb=base / parsed.geo.mmdb) if parsed.geo else None,
        policy=load_policy(base / directory if directory else None),
        destinations=destinations,
    )


def _check_home_is_no_pattern(file: Path, home: Path) -> None:
    """DuckDB reads a path with these characters as a pattern, which could match another home's files."""
    found = sorted(set(str(home)) & set("*?[]"))
    if found:
        raise UsageError(f"config {file}: setting 'home': {home} holds '{found[0]}': use a path without * ? [ ]")


def _with_absolute_files(source: Source | None, base: Path) -> Source | None:
    if source is None or source.files is None:
        return source
    return source.model_copy(update={"files": base / source.files})


def _with_absolute_folder(destination: Destination, base: Path) -> Destination:
    if destination.folder is None:
        return destination
    return destination.model_copy(update={"folder": base / destination.folder})
