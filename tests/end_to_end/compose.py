"""docker-compose.yml as plain processes: the same commands and settings, with this machine's paths and ports."""

import os
import re
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parent.parent.parent
VARIABLE = re.compile(r"\$\$|\$\{(?P<name>\w+)(?:(?P<how>:[-?])(?P<rest>[^}]*))?\}")


class VariableMissing(Exception):
    """Compose would refuse to start; the message is the one it would show."""


def interpolated(node: Any, variables: dict[str, str]) -> Any:
    """`${NAME}`, `${NAME:-default}`, `${NAME:?message}` and `$$` replaced as compose does it."""

    def replace(found: re.Match[str]) -> str:
        if found[0] == "$$":
            return "$"
        value = variables.get(found["name"], "")
        if not value and found["how"] == ":?":
            raise VariableMissing(f"{found['name']} {found['rest']}")
        return value or (found["rest"] if found["how"] == ":-" else "")

    if isinstance(node, str):
        return VARIABLE.sub(replace, node)
    if isinstance(node, list):
        return [interpolated(value, variables) for value in node]
    if isinstance(node, dict):
        return {key: interpolated(value, variables) for key, value in node.items()}
    return node


def read_compose(variables: dict[str, str]) -> dict[str, Any]:
    """The file as compose would see it with these variables."""
    return interpolated(yaml.safe_load((ROOT / "docker-compose.yml").read_text()), variables)


@dataclass
class Processes:
    """Services as processes; `moved` says what a container's text (path, host and port) becomes here."""

    services: dict[str, Any]
    moved: dict[str, str]
    logs: Path
    extra: dict[str, str]
    running: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    def here(self, text: str) -> str:
        """The text with everything replaced that is elsewhere in a container."""
        for there, here in self.moved.items():
            text = text.replace(there, here)
        return text

    def environment(self, service: str) -> dict[str, str]:
        """The service's environment and nothing of this process's but the path."""
        given = {name: self.here(value) for name, value in self.services[service]["environment"].items()}
        path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
        return {"PATH": path, "HOME": str(self.logs), "USER": "airflow", "LANG": "C.UTF-8", **given, **self.extra}

    def run(self, service: str, command: list[str]) -> subprocess.CompletedProcess[bytes]:
        """Runs a command in the service's environment to its end."""
        with (self.logs / f"{service}.run.log").open("ab") as log:
            return subprocess.run(
                [self.here(word) for word in command],
                env=self.environment(service), cwd=ROOT, stdout=log, stderr=log, timeout=120, check=False,
            )  # fmt: skip

    def start(self, service: str) -> None:
        """Starts the service's own command."""
        with (self.logs / f"{service}.log").open("ab") as log:
            self.running[service] = subprocess.Popen(
                [self.here(word) for word in self.services[service]["command"]],
                env=self.environment(service), cwd=ROOT, stdout=log, stderr=log, start_new_session=True,
            )  # fmt: skip

    def is_healthy(self, service: str) -> bool:
        """Whether the service's own health check passes now."""
        test = self.services[service]["healthcheck"]["test"]
        return self.running[service].poll() is None and self.run(service, test[1:]).returncode == 0
