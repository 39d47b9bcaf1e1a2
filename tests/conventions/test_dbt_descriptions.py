"""Every model and column says what it is, a row of what, in which unit, whose, and which class of personal data."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

import dbt_project
from freezing.cell_files import CUBES
from freezing.cell_rows import SCHEMAS

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
TYPES = {
    "date32[day]": "date", "string": "varchar", "list<item: string>": "varchar[]", "int32": "integer",
    "int64": "bigint",
}  # fmt: skip


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


@pytest.mark.parametrize("cube", CUBES)
def test_a_mart_of_frozen_cells_has_the_columns_of_its_files(cube: str) -> None:
    assert text_of(cube) == FROZEN_CUBE
    described = {column["name"]: column["data_type"] for column in DESCRIBED[cube]["columns"]}
    held = {field.name: TYPES[str(field.type)] for field in SCHEMAS[cube]}
    assert list(described.items()) == list(held.items()), "models/marts/_marts.yml against freezing/cell_rows.py"
    order = [key.removesuffix(" nulls last") for key in DESCRIBED[cube]["config"]["meta"]["order"]]
    assert set(order) <= held.keys()
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
