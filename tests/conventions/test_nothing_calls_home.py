"""No library's usage statistics leave the machine. Each has a switch; each switch is off, wherever the library runs.

That Great Expectations opens no socket is shown in tests/promises/store/test_door_in.py.
"""

from pathlib import Path

import yaml

from command.airflow.airflow_home import settings_for
from dbt_project import dbt_command
from home.layout import Home
from tests.conventions.tracked import ROOT

AIRFLOW_SWITCH = "AIRFLOW__USAGE_DATA_COLLECTION__ENABLED"


def test_airflow_within_the_command() -> None:
    assert settings_for(Home(Path("home")))[AIRFLOW_SWITCH] == "False"


def test_airflow_on_the_server() -> None:
    services = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))["services"]
    airflow = {name: service for name, service in services.items() if "AIRFLOW_HOME" in service.get("environment", {})}
    assert len(airflow) >= 5
    for name, service in airflow.items():
        assert service["environment"][AIRFLOW_SWITCH] == "False", name
    assert f"{AIRFLOW_SWITCH}=False" in (ROOT / "Dockerfile").read_text(encoding="utf-8")


def test_dbt() -> None:
    project = yaml.safe_load((ROOT / "dbt_project" / "dbt_project.yml").read_text(encoding="utf-8"))
    assert project["flags"]["send_anonymous_usage_stats"] is False
    assert project["flags"]["version_check"] is False
    source = Path(dbt_command.__file__).read_text(encoding="utf-8")
    assert "--no-send-anonymous-usage-stats" in source
    assert '"DO_NOT_TRACK": "1"' in source


def test_great_expectations() -> None:
    source = (ROOT / "expectations" / "validation" / "validation.py").read_text(encoding="utf-8")
    assert 'os.environ["GX_ANALYTICS_ENABLED"] = "False"' in source
    assert "analytics_enabled=False" in source


def test_cosmos_is_not_there() -> None:
    """It posts usage statistics too, and would need its own switch here."""
    assert "astronomer-cosmos" not in (ROOT / "requirements.lock").read_text(encoding="utf-8")


def test_duckdb_fetches_no_extension() -> None:
    source = (ROOT / "home" / "duck.py").read_text(encoding="utf-8")
    assert '"autoinstall_known_extensions": False' in source
    assert '"autoload_known_extensions": False' in source
    profiles = (ROOT / "dbt_project" / "profiles.yml").read_text(encoding="utf-8")
    assert "autoinstall_known_extensions: false" in profiles
