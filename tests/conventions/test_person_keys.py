"""Every table with a key of a person is known to erasure, or is made anew and removed by each run."""

import re

import yaml

from catalogue.catalogue import SOURCE
from catalogue.person_rows import PLACES
from expectations.doors.door_out import mart_suites
from expectations.suites import app_records, ga4_records
from expectations.suites.marts_file import PERSON_COLUMNS
from tests.conventions.tracked import ROOT

# Where one person's rows can outlive a run, and by which columns they are found. Erasure goes through this list.
KNOWN_TO_ERASURE = {
    place.files.split("/")[1]: set(place.keys) for place in PLACES if place.files.startswith("records/")
}
# Tables with a person's key in a database file that a run makes and removes (home.work).
GONE_AFTER_THE_RUN = {
    "int_app__slots_counted",
    "stg_app__sessions",
    "stg_ga4_export__events",
    "int_app__sessions_localised",
    "int_app__person_weeks_placed",
    "int_app__axis_positions",
    "int_ga4__person_weeks_placed",
}
PERSON_KEYS = {key for place in PLACES for key in place.keys}


def test_the_record_store_is_known() -> None:
    stored = {name: set(source.record) for name, source in SOURCE.items() if source.record}
    assert {source: columns & PERSON_KEYS for source, columns in stored.items()} == KNOWN_TO_ERASURE


def test_the_door_in_knows_the_record_stores_columns() -> None:
    assert list(app_records.COLUMNS) == list(SOURCE["app"].record)
    assert list(ga4_records.COLUMNS) == list(SOURCE["ga4_export"].record)


def models() -> dict[str, dict]:
    """Every dbt model with its properties."""
    files = (ROOT / "dbt_project" / "models").rglob("_*.yml")
    return {model["name"]: model for file in files for model in yaml.safe_load(file.read_text("utf-8"))["models"]}


def test_every_model_has_a_class_of_personal_data() -> None:
    sql = {path.stem for path in (ROOT / "dbt_project" / "models").rglob("*.sql")}
    assert sql == set(models())
    assert all(model["config"]["meta"]["personal_data"] for model in models().values())


def test_models_about_persons_are_gone_after_the_run() -> None:
    about_persons = {
        name for name, model in models().items() if model["config"]["meta"]["personal_data"] == "pseudonymous"
    }
    with_keys = {
        name
        for name, model in models().items()
        if {column["name"] for column in model.get("columns", [])} & PERSON_KEYS
    }
    assert about_persons | with_keys == GONE_AFTER_THE_RUN
    project = yaml.safe_load((ROOT / "dbt_project" / "dbt_project.yml").read_text(encoding="utf-8"))
    layers = project["models"]["connect_me_now"]
    assert layers["staging"]["+materialized"] == "ephemeral"
    assert layers["intermediate"]["+database"] == "warehouse"


def test_no_mart_has_a_persons_key() -> None:
    for suite in mart_suites(10):
        columns = {rule.column for rule in suite.rules if rule.name == "is_there_with_its_type"}
        assert not columns & set(PERSON_COLUMNS), suite.name


def test_no_mart_model_reads_a_model_about_persons() -> None:
    for path in (ROOT / "dbt_project" / "models" / "marts").glob("*.sql"):
        read = set(re.findall(r"ref\('([a-z0-9_]+)'\)", path.read_text(encoding="utf-8")))
        assert not read & GONE_AFTER_THE_RUN, path.name
