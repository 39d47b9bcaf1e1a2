"""`python -m tests.golden HOME`: keeps the digests of this home's cells, marts and releases as the ones to hold to."""

import json
import sys
from pathlib import Path

from tests.golden.digests import KEPT, digests

KEPT.write_text(json.dumps(digests(Path(sys.argv[1])), indent=1) + "\n", encoding="utf-8")
print(f"{KEPT.name}: kept; say in the commit which of them changed, and why")
