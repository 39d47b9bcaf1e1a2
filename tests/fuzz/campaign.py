"""A number of mutated inputs over every reader; what breaks a promise is kept, so that it is tried again for good."""

import gzip
import hashlib
import random
import resource
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.fuzz.mutation import mutated
from tests.fuzz.seeds import seeds
from tests.fuzz.trial import Trial

KEPT = Path(__file__).parent / "kept"
GROWTH_MEBIBYTES = 400
"""By how much the most memory that this process holds may grow in a campaign, the engine's own bound included."""

#: Of each hundred inputs, how many go to which reader: the cheapest readers take the most.
SHARES = {
    "csv": 36, "json lines": 10, "ga4 json": 5, "parquet": 15, "ga4 parquet": 8, "csv.gz": 5, "json lines.gz": 3,
    "ga4 json.gz": 1, "parquet.gz": 4, "city database": 9, "config": 4,
}  # fmt: skip
KINDS = {"csv": "text", "config": "text", "json lines": "json", "ga4 json": "json"}


@dataclass
class Outcome:
    """How often each reader read and refused, and what broke a promise: reader, file kept, what happened."""

    counts: Counter[tuple[str, str]] = field(default_factory=Counter)
    findings: list[tuple[str, Path, str]] = field(default_factory=list)


def drawn(reader: str, draw: random.Random) -> bytes:
    """One input of a reader: a seed, mutated. A compressed one is mutated before or after it is compressed."""
    content = draw.choice(seeds()[reader])
    plain_reader = reader.removesuffix(".gz")
    if plain_reader != reader and draw.randrange(2):
        kind = KINDS.get(plain_reader, "binary")
        return gzip.compress(mutated(gzip.decompress(content), draw, kind), 1, mtime=0)
    return mutated(content, draw, KINDS.get(reader, "binary"))


def campaign(inputs: int, seed: int, kept: Path, seconds_between_words: float = 60) -> Outcome:
    """Runs the inputs; a finding's content goes to `kept/<reader>/<digest>`."""
    draw = random.Random(seed)  # noqa: S311
    outcome = Outcome()
    readers = [reader for reader, share in SHARES.items() for _ in range(share)]
    with TemporaryDirectory() as folder:
        trial = Trial(Path(folder))
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        told = time.monotonic()
        for number in range(inputs):
            reader = readers[number % len(readers)]
            content = drawn(reader, draw)
            # Should this process die of it, the input is there to be looked at.
            (Path(folder) / "last-input").write_bytes(content)
            try:
                outcome.counts[reader, trial.run(reader, content)] += 1
            except Exception as error:  # noqa: BLE001 (whatever it is, it is a finding)
                outcome.findings.append((reader, _keep(kept, reader, content), f"{type(error).__name__}: {error}"))
            if time.monotonic() - told > seconds_between_words:
                told = time.monotonic()
                print(f"{number + 1} of {inputs} inputs, {len(outcome.findings)} findings", flush=True)
        trial.close()
        grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
        if grown > GROWTH_MEBIBYTES:
            outcome.findings.append(("all", kept, f"memory grew by {grown:.0f} MiB"))
    return outcome


def _keep(kept: Path, reader: str, content: bytes) -> Path:
    path = kept / reader.replace(" ", "-") / hashlib.sha256(content).hexdigest()[:16]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path
