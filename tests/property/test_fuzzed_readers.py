"""Mutated inputs over every reader, some hundreds, and each that once broke a promise; `make fuzz` runs more."""

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

from tests.fuzz import oracles
from tests.fuzz.campaign import KEPT, SHARES, campaign
from tests.fuzz.seeds import seeds
from tests.fuzz.trial import READ, REFUSED, Finding, Trial

INPUTS = 300
OF_FOLDER = {reader.replace(" ", "-"): reader for reader in SHARES}
KEPT_INPUTS = sorted(path for path in KEPT.rglob("*") if path.is_file())


@pytest.fixture(scope="module")
def trial(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Trial]:
    running = Trial(tmp_path_factory.mktemp("fuzz"))
    yield running
    running.close()


def test_mutated_inputs_are_records_or_one_refusal(tmp_path: Path) -> None:
    outcome = campaign(INPUTS, seed=20261130, kept=tmp_path / "kept")
    assert outcome.findings == []
    assert {reader for reader, _ in outcome.counts} == set(SHARES)
    assert sum(outcome.counts.values()) == INPUTS
    assert sum(number for (_, how), number in outcome.counts.items() if how == READ) > INPUTS // 10


@pytest.mark.parametrize("reader", SHARES)
def test_what_mutations_begin_with_is_read(trial: Trial, reader: str) -> None:
    assert [trial.run(reader, seed) for seed in seeds()[reader]] == [READ] * len(seeds()[reader])


@pytest.mark.parametrize("path", KEPT_INPUTS, ids=[f"{path.parent.name} {path.name}" for path in KEPT_INPUTS])
def test_what_once_broke_a_promise_or_a_parser_breaks_nothing(trial: Trial, path: Path) -> None:
    assert trial.run(OF_FOLDER[path.parent.name], path.read_bytes()) in {READ, REFUSED}


def test_a_record_lost_or_made_up_is_found(trial: Trial, monkeypatch: pytest.MonkeyPatch) -> None:
    """A reader that loses a record is to the trial what an oracle is that finds one more."""
    ninety_nine = SimpleNamespace(metadata=SimpleNamespace(num_rows=99))
    monkeypatch.setattr("tests.fuzz.trial.expected_csv", lambda *_: [(None, ())] * 100)
    monkeypatch.setattr(oracles, "lines_of", lambda _: [b"{}"] * 99)
    monkeypatch.setattr("tests.fuzz.trial.pq.ParquetFile", lambda _: ninety_nine)
    for reader in ("csv", "json lines", "ga4 json", "parquet", "ga4 parquet"):
        with pytest.raises(Finding, match=r"where .* finds 99"):
            trial.run(reader, seeds()[reader][0])


@pytest.mark.parametrize(
    ("line", "is_readable"),
    [(b'{"a": 1}', True), (b'{"a": NaN}', False), (b'{"a": 1e400}', False), (b"[1]", False),
     (b'{"a": 1, "a": 2}', False), (b'{"a": "\\ud800"}', False), (b'{"a": {"b": 1, "b": 2}}', True),
     (b'{"a": "\\u0000"}', False)],
)  # fmt: skip
def test_the_oracle_of_json_lines(line: bytes, is_readable: bool) -> None:
    assert oracles.is_readable(line) is is_readable
