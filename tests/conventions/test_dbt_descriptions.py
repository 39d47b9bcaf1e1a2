"""Every model and column says what it is, a row of what, in which unit, whose, and which class of personal data."""

import copy
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

import dbt_project
from catalogue.catalogue import CUBES
from catalogue.catalogue import MARTS as CATALOGUE
from catalogue.mart import Mart
from policy.policy import load_policy

MODELS = Path(dbt_project.__file__).parent / "models"
MODEL_CLASSES = {"pseudonymous", "small_counts", "anonymous", "none"}
COLUMN_CLASSES = {"pseudonym", "quasi_identifier", "small_count", "anonymous", "none"}


def described() -> dict[str, dict[str, Any]]:
    files = sorted(MODELS.glob("*/_*.yml"))
    assert [file.stem for file in files] == [f"_{file.parent.name}" for file in files], "one _<folder>.yml a folder"
    models = [model for file in files for model in yaml.safe_load(file.read_text(encoding="utf-8"))["models"]]
    return {model["name"]: model for model in models}


DESCRIBED = described()
MARTS = {file.stem for file in (MODELS / "marts").glob("*.sql")}
#: All that there is to a mart whose rows are frozen cells.
FROZEN_CUBE = "{{ frozen_cube() }}\n"


def test_every_model_is_described_and_every_description_has_a_model() -> None:
    assert set(DESCRIBED) == {file.stem for file in MODELS.rglob("*.sql")}


@pytest.mark.parametrize("name", sorted(DESCRIBED))
def test_model_and_columns(name: str) -> None:
    model = DESCRIBED[name]
    meta = model["config"]["meta"]
    grain = r"(?s)One row an? .+\..*" if name not in MARTS else r"(?s).+Unit, one row an? .+\."
    assert re.fullmatch(grain, model["description"]), "its grain: first, or where a mart's comment has its unit"
    assert meta["owner"] == "data team"
    assert meta["personal_data"] in MODEL_CLASSES
    for column in model["columns"]:
        assert column["description"], column["name"]
        assert column["config"]["meta"]["personal_data"] in COLUMN_CLASSES, column["name"]
    if text_of(name) != FROZEN_CUBE:
        assert [column["name"] for column in model["columns"]] == final_columns(name)


@pytest.mark.parametrize("mart", CATALOGUE, ids=lambda mart: mart.name)
def test_dbt_says_of_a_mart_what_the_catalogue_says(mart: Mart) -> None:
    """Word for word, and column by column: what is to be mended is in the message."""
    assert drift(mart, DESCRIBED[mart.name]) == []


def drift(mart: Mart, model: dict[str, Any]) -> list[str]:
    """Where dbt's YAML and the catalogue part."""
    step = load_policy().anonymity.count_step
    where = f"models/marts/_marts.yml, {mart.name}"
    said = {column["name"]: column for column in model["columns"]}
    names = [column.name for column in mart.columns]
    if list(said) != names:
        return [f"{where}: columns {list(said)}, the catalogue has {names}"]
    told = [("description", one_line(model["description"]), mart.comment("en"))]
    keys = next(
        test["unique_together"]["arguments"]["columns"] for test in model["data_tests"] if "unique_together" in test
    )
    told.append(("unique_together", keys, list(mart.key)))
    for column in mart.columns:
        own = said[column.name]
        told += [
            (f"{column.name}, description", one_line(own["description"]), column.comment("en", step)),
            (f"{column.name}, data_type", own["data_type"].upper(), column.type),
            (f"{column.name}, personal_data", own["config"]["meta"]["personal_data"], column.personal_data),
        ]
    return [f"{where}, {what}: {dbt!r}, the catalogue has {ours!r}" for what, dbt, ours in told if dbt != ours]


def one_line(text: str) -> str:
    return " ".join(text.split())


def test_a_drift_between_dbt_and_the_catalogue_is_named() -> None:
    mart = CATALOGUE[0]
    changed = copy.deepcopy(DESCRIBED[mart.name])
    changed["columns"][0]["data_type"] = "timestamp"
    changed["columns"][1]["description"] += " More."
    assert [one.partition(": ")[0] for one in drift(mart, changed)] == [
        "models/marts/_marts.yml, usage_by_region_age_week, week_start, data_type",
        "models/marts/_marts.yml, usage_by_region_age_week, region_code, description",
    ]


@pytest.mark.parametrize("cube", [cube.name for cube in CUBES])
def test_a_mart_of_frozen_cells_is_one_macro(cube: str) -> None:
    assert text_of(cube) == FROZEN_CUBE
    order = [key.removesuffix(" nulls last") for key in DESCRIBED[cube]["config"]["meta"]["order"]]
    assert set(order) <= {column["name"] for column in DESCRIBED[cube]["columns"]}
    assert order[0] == "week_start"


@pytest.mark.parametrize("file", sorted((MODELS / "marts").glob("*.sql")), ids=lambda file: file.stem)
def test_marts_hold_nothing_of_anyone_and_name_types_and_units(file: Path) -> None:
    model = DESCRIBED[file.stem]
    assert model["config"]["meta"]["personal_data"] in {"anonymous", "none"}
    assert "Unit, " in model["description"]
    for column in model["columns"]:
        assert column["config"]["meta"]["personal_data"] in {"anonymous", "none"}, column["name"]
        assert "Unit, " in column["description"], column["name"]
        assert column["data_type"], column["name"]
    assert any("unique_together" in test for test in model["data_tests"]), "a key"


@pytest.mark.parametrize("file", sorted(MODELS.rglob("*.sql")), ids=lambda file: file.stem)
def test_names_and_shape(file: Path) -> None:
    pattern = {
        "staging": r"stg_[a-z0-9_]+?__[a-z0-9_]+",
        "intermediate": r"int_[a-z0-9]+__[a-z0-9_]+",
        "marts": r"[a-z0-9_]+",
    }
    assert re.fullmatch(pattern[file.parent.name], file.stem)
    text = file.read_text(encoding="utf-8")
    assert text == FROZEN_CUBE or text.endswith("\nselect * from final\n")
    code = "\n".join(line for line in text.splitlines() if not line.startswith("--"))
    assert code == code.lower()


def text_of(name: str) -> str:
    return next(MODELS.rglob(f"{name}.sql")).read_text(encoding="utf-8")


def final_columns(name: str) -> list[str]:
    """The columns of a model's last step, by its text."""
    body = text_of(name).split("\nfinal as (\n")[1].split("\n    from ")[0]
    body = re.sub(r"\{\{.*?\}\}", "x", body, flags=re.S)
    depth, parts, current = 0, [], ""
    for sign in body.removeprefix("\n").strip().removeprefix("select"):
        depth += {"(": 1, ")": -1}.get(sign, 0)
        if sign == "," and depth == 0:
            parts.append(current)
            current = ""
        else:
            current += sign
    return [re.split(r"\s+as\s+|\.", part.strip())[-1].strip() for part in [*parts, current]]
