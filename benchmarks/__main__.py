"""`make benchmark`: every benchmark, or those named, one after the other."""

import sys

from benchmarks import adult, oulad, pipeline, year

BENCHMARKS = {"pipeline": pipeline.main, "adult": adult.main, "oulad": oulad.main, "year": year.main}

for name in sys.argv[1:] or BENCHMARKS:
    print(f"== {name}")
    BENCHMARKS[name]()
