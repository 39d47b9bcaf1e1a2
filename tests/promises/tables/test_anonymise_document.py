"""The example of docs/anonymise.md does what the document says."""

import csv
import json
import re
from pathlib import Path

from command.main import main

DOCUMENT = Path(__file__).parents[3] / "docs" / "anonymise.md"


def test_the_documents_example_runs(tmp_path: Path) -> None:
    for name, content in re.findall(
        r"```(?:csv|toml) (\S+)\n(.*?)```", DOCUMENT.read_text(encoding="utf-8"), re.DOTALL
    ):
        (tmp_path / name).write_text(content, encoding="utf-8")
    (call,) = re.findall(r"```sh\ncmn (.*?)\n```", DOCUMENT.read_text(encoding="utf-8"))
    words = [
        str(tmp_path / word) if (tmp_path / word).exists() or word == "anonymous" else word for word in call.split()
    ]
    assert main(words) == 0
    out = tmp_path / "anonymous"
    with (out / "data.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, delimiter=";" if ";" in (out / "data.csv").read_text() else ","))
    assert set(rows[0]) == {"age", "region", "visits"}
    classes = [(row["age"], row["region"]) for row in rows]
    assert len(rows) == 6 and min(classes.count(each) for each in classes) >= 2
    assert json.loads((out / "report.json").read_text())["k"] >= 2
    assert (out / "labels.csv").read_text().startswith("quasi_identifier")
