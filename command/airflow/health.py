"""`python -m command.airflow.health COMPONENT`: exit 0 when Airflow's API server says that a component is healthy.

COMPONENT is one of its own words: `metadatabase`, `scheduler`, `dag_processor`, `triggerer`. A container's health check
that costs no start of Airflow.
"""

import json
import os
import sys
import urllib.request
from urllib.parse import urlsplit

SERVER_SETTING = "AIRFLOW__CORE__EXECUTION_API_SERVER_URL"
SECONDS = 8


def is_healthy(component: str) -> bool:
    """What the API server that tasks report to says of `component`; False where it cannot be reached."""
    server = urlsplit(os.environ[SERVER_SETTING])
    if server.scheme not in ("http", "https"):
        return False
    try:
        with urllib.request.urlopen(  # noqa: S310 - the scheme is checked above
            f"{server.scheme}://{server.netloc}/api/v2/monitor/health", timeout=SECONDS
        ) as answer:
            health = json.load(answer)
    except (OSError, ValueError):
        return False
    return bool(health.get(component, {}).get("status") == "healthy")


if __name__ == "__main__":
    sys.exit(0 if is_healthy(sys.argv[1]) else 1)
