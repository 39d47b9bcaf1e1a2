"""Memory of `cmn anonymise` grows with the records: not with classes times distinct persons or sensitive values."""

import subprocess
import sys
import tracemalloc
from pathlib import Path

import numpy as np
import pytest

from anonymisation.tables.classes.class_rules import ClassRules
from anonymisation.tables.classes.histogram import Histogram

RECORDS, LEAVES = 30_000, (100, 500)
MIB = 1 << 20
COMMAND = """
import sys
from pathlib import Path
from command.main import main
code = main(sys.argv[1:])
# Not `ru_maxrss`, which a new process has from the one that started it.
(peak,) = [line.split()[1] for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM")]
print(code, int(peak) // 1024)
"""


@pytest.mark.parametrize("has_persons", [False, True])
@pytest.mark.parametrize("has_sensitive", [False, True])
@pytest.mark.parametrize("has_measure", [False, True])
def test_facts_of_many_classes_with_many_distinct_values(has_persons, has_sensitive, has_measure):
    drawn = np.random.default_rng(3)
    columns = [drawn.integers(0, leaves, RECORDS) for leaves in LEAVES]
    person = drawn.integers(0, RECORDS // 2, RECORDS) if has_persons else None
    sensitive = drawn.integers(0, RECORDS, RECORDS) if has_sensitive else None
    measure = drawn.random(RECORDS) if has_measure else None
    tracemalloc.start()
    facts = Histogram.of_records(columns, LEAVES, sensitive, measure, person).facts
    rules = ClassRules(
        3,
        dominance_p=5 if has_measure else None,
        l=3 if has_sensitive else None,
        t=0.5 if has_sensitive else None,
        table_shares=facts.sensitive_shares,
    )
    halves = facts.unions(np.arange(len(facts.records)), np.arange(len(facts.records)) % 2, 2)
    assert rules.keeps(facts).sum() < len(facts.records)  # thousands of classes, and as many values
    assert len(rules.keeps(halves)) == 2
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert len(facts.records) > 20_000
    assert peak < 50 * MIB  # one dense array of classes by values would be above 4 GiB


def test_a_table_of_8000_distinct_sensitive_values_is_anonymised_in_little_memory(tmp_path: Path):
    drawn = np.random.default_rng(3)
    rows = drawn.integers(0, [100, 500, 10**7], (8_000, 3)).tolist()
    (tmp_path / "t.csv").write_text("age;pc;sal\n" + "".join(f"{a};{p};{s}\n" for a, p, s in rows))
    (tmp_path / "age.csv").write_text("".join(f"{i};{i // 10};*\n" for i in range(100)))
    (tmp_path / "pc.csv").write_text("".join(f"{i};p{i // 50};*\n" for i in range(500)))
    identifiers = (("age", "ordinal"), ("pc", "categorical"))
    (tmp_path / "spec.toml").write_text(
        '[privacy]\nk = 50\nl = 3\nsensitive = "sal"\nrecoding = "full_domain"\n'
        + "".join(
            f'[[quasi_identifier]]\nname = "{name}"\nkind = "{kind}"\nhierarchy = "{name}.csv"\n'
            for name, kind in identifiers
        )
    )
    words = ["anonymise", "--table", "t.csv", "--spec", "spec.toml", "--out", "out"]
    done = subprocess.run(
        [sys.executable, "-c", COMMAND, *words], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    code, mebibytes = map(int, done.stdout.splitlines()[-1].split())
    assert code == 0
    assert mebibytes < 400  # of which most is the libraries; dense counts took 1,300
