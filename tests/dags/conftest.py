"""Airflow for the tests of this folder: a home of its own, set before anything imports Airflow."""

import atexit
import os
import shutil
import tempfile
import warnings
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
_HOME = tempfile.mkdtemp(prefix="cmn-airflow-")
atexit.register(shutil.rmtree, _HOME, ignore_errors=True)
os.environ.update(
    AIRFLOW_HOME=_HOME,
    AIRFLOW__CORE__LOAD_EXAMPLES="False",
    AIRFLOW__CORE__DAGS_FOLDER=str(ROOT / "dags"),
    AIRFLOW__DATABASE__SQL_ALCHEMY_CONN=f"sqlite:///{_HOME}/airflow.db",
    AIRFLOW__LOGGING__LOGGING_LEVEL="WARNING",
    AIRFLOW__USAGE_DATA_COLLECTION__ENABLED="False",
)


@pytest.fixture(scope="session")
def bag() -> Any:
    """The DAG files, read as Airflow's processor reads them."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Airflow's own imports; what the DAG files cause is kept by the bag
        from airflow.dag_processing.dagbag import BundleDagBag

    return BundleDagBag(dag_folder=str(ROOT / "dags"), bundle_path=ROOT / "dags", bundle_name="dags-folder")


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """A config with the app alone."""
    file = tmp_path / "cmn.toml"
    file.write_text('home = "home"\n[app]\nfiles = "landing/app"\n[geo]\nmmdb = "city.mmdb"\n')
    return file
