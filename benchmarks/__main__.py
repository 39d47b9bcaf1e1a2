"""`make benchmark`: every benchmark, or those named, one after the other."""

import sys
from collections.abc import Callable

from benchmarks import adult, audit, auditor, export, freezing, history, leaver, oulad, pipeline, releases, year

BENCHMARKS: dict[str, Callable[[], object]] = {
    "pipeline": pipeline.main,
    "export": export.main,
    "releases": releases.main,
    "freezing": freezing.main,
    "history": history.main,
    "adult": adult.main,
    "oulad": oulad.main,
    "year": year.main,
    "audit": audit.main,
    "auditor": auditor.main,
    "leaver": leaver.main,
}

for name in sys.argv[1:] or BENCHMARKS:
    print(f"== {name}")
    BENCHMARKS[name]()
