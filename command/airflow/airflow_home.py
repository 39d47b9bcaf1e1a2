"""Airflow's own folder in a home: its settings, its metadata, one log file a run; all of it for the owner alone.

Nothing in it is needed after a run (the register is what remembers runs), so what is old goes.
"""

import secrets
import shutil
import sqlite3
import time
from contextlib import closing
from pathlib import Path

from home.atomic_file import PRIVATE_FILE
from home.layout import PRIVATE_DIRECTORY, Home
from refusals.errors import UsageError

DAGS_FOLDER = Path(__file__).resolve().parents[2] / "dags"

LOGS_KEPT = 100
METADATA_KEPT_SECONDS = 90 * 24 * 3600


def prepare(home: Home, run_id: str) -> Path:
    """Makes the folders and this run's log file, and clears away what is too old. Returns the log file.

    Raises:
        UsageError: the home's path holds a '?', which would end it in a database URL.
    """
    if "?" in str(home.root.absolute()):
        raise UsageError("setting 'home': its path holds a '?', where Airflow's database cannot lie: choose another")
    home.make()
    logs = home.airflow / "logs"
    logs.mkdir(mode=PRIVATE_DIRECTORY, exist_ok=True)
    stamp = stamp_of(home)
    if stamp.is_file() and time.time() - stamp.stat().st_mtime > METADATA_KEPT_SECONDS:
        stamp.unlink()  # it only grows, so it starts anew
    for old in sorted(logs.iterdir(), key=lambda path: path.stat().st_mtime, reverse=True)[LOGS_KEPT - 1 :]:
        shutil.rmtree(old) if old.is_dir() else old.unlink()
    # An empty file of settings, lest Airflow writes its own, with keys in it that nothing here needs.
    settings = home.airflow / "airflow.cfg"
    if settings.is_dir():
        shutil.rmtree(settings)
    for file in (settings, logs / f"{run_id}.log"):
        file.touch(mode=PRIVATE_FILE)
    settings.write_bytes(b"")
    return logs / f"{run_id}.log"


def metadata(home: Home) -> Path:
    """Airflow's database, a SQLite file."""
    return home.airflow / "airflow.db"


def stamp_of(home: Home) -> Path:
    """Path of the file that names the Airflow version that made the metadata; written when they are complete."""
    return home.airflow / "airflow.version"


def are_metadata_whole(home: Home, version: str) -> bool:
    """Whether the metadata are complete, of this version of Airflow, and a whole SQLite file."""
    stamp = stamp_of(home)
    if not stamp.is_file() or stamp.read_bytes() != version.encode() or not metadata(home).is_file():
        return False
    try:
        with closing(sqlite3.connect(metadata(home))) as db:
            return bool(db.execute("pragma integrity_check(1)").fetchone() == ("ok",))
    except sqlite3.DatabaseError:
        return False


def discard_metadata(home: Home) -> None:
    """Removes the metadata, whatever stands in their place: they are made anew, and nothing here needs old ones."""
    for path in (stamp_of(home), metadata(home), metadata(home).with_name(metadata(home).name + "-journal")):
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)


def settings_for(home: Home) -> dict[str, str]:
    """Airflow's settings: this home, no examples, no usage statistics, no server."""
    folder = home.airflow.absolute()
    return {
        "AIRFLOW_HOME": str(folder),
        "AIRFLOW_CONFIG": str(folder / "airflow.cfg"),
        "AIRFLOW__CORE__DAGS_FOLDER": str(DAGS_FOLDER),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__EXECUTOR": "LocalExecutor",
        "AIRFLOW__CORE__AUTH_MANAGER": "airflow.api_fastapi.auth.managers.simple.simple_auth_manager.SimpleAuthManager",
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE": str(folder / "no-passwords"),
        "AIRFLOW__CORE__PLUGINS_FOLDER": str(folder / "no-plugins"),
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{metadata(home).absolute()}",
        "AIRFLOW__LOGGING__BASE_LOG_FOLDER": str(folder / "logs"),
        "AIRFLOW__LOGGING__FILE_TASK_HANDLER_NEW_FOLDER_PERMISSIONS": "0o700",
        "AIRFLOW__LOGGING__FILE_TASK_HANDLER_NEW_FILE_PERMISSIONS": "0o600",
        "AIRFLOW__API_AUTH__JWT_SECRET": secrets.token_hex(32),
        "AIRFLOW__USAGE_DATA_COLLECTION__ENABLED": "False",
    }
