"""`make fuzz`: a long campaign over every reader, told by reader and outcome; exit 1 where something was found."""

import argparse
import sys
import time

from tests.fuzz.campaign import KEPT, SHARES, campaign


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--inputs", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    began, cpu = time.monotonic(), time.process_time()
    outcome = campaign(options.inputs, options.seed, KEPT)
    for reader in SHARES:
        numbers = {how: outcome.counts[reader, how] for how in ("read", "refused")}
        print(f"{reader:16} {numbers['read']:7} read {numbers['refused']:7} refused")
    for reader, path, what in outcome.findings[:50]:
        print(f"FOUND {reader}: {path}: {what}")
    seconds, of_cpu = time.monotonic() - began, time.process_time() - cpu
    print(f"{options.inputs} inputs, {len(outcome.findings)} findings, {seconds:.0f} s, {of_cpu:.0f} s of CPU here")
    return 1 if outcome.findings else 0


if __name__ == "__main__":
    sys.exit(main())
