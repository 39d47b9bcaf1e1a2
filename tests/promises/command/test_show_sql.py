"""`cmn run --show-sql` shows every statement that stands in a file, and runs nothing."""

from pathlib import Path

import pytest

from command.main import main
from tests.conventions.tracked import PACKAGES, ROOT, files


def test_every_sql_file_is_shown_whole_under_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit) as ended:
        main(["run", "--show-sql"])
    assert ended.value.code == 0
    shown = capsys.readouterr().out
    there = [name for name in files() if name.endswith(".sql") and name.split("/")[0] in PACKAGES]
    assert len(there) > 50
    missing = [name for name in there if f"-- {name}\n{(ROOT / name).read_text(encoding='utf-8')}" not in shown]
    assert missing == []
    assert list(tmp_path.iterdir()) == []
