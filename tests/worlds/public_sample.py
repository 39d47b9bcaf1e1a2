"""Google's public sample of GA4's export, where this machine has it."""

import os
from pathlib import Path

SHARED_DATA = Path(os.environ.get("CMN_SHARED_DATA") or Path(__file__).parents[3] / "shared" / "data")
SAMPLE = SHARED_DATA / "ga4_public_sample"
