"""What the tests with real servers share: free ports, waiting, ending what was started, asking over HTTP."""

import json
import os
import signal
import socket
import subprocess
import time
import urllib.request
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any


def free_ports(count: int) -> list[int]:
    """Ports that nothing listens on now, all different."""
    sockets = [socket.socket() for _ in range(count)]
    for each in sockets:
        each.bind(("127.0.0.1", 0))
    ports = [each.getsockname()[1] for each in sockets]
    for each in sockets:
        each.close()
    return ports


def wait_until(is_so: Callable[[], Any], what: str, seconds: float) -> Any:
    """The first true answer; fails with `what` when there is none in time."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if answer := is_so():
            return answer
        time.sleep(1)
    raise AssertionError(f"waited {seconds} s in vain until {what}")


def end_all(running: Iterable[subprocess.Popen[bytes]]) -> None:
    """Ends processes that were started in sessions of their own, with their children."""
    running = list(running)
    for kind, patience in ((signal.SIGTERM, 15), (signal.SIGKILL, 5)):
        for process in running:
            try:
                os.killpg(process.pid, kind)
            except ProcessLookupError:
                continue
        end = time.monotonic() + patience
        for process in running:
            try:
                process.wait(max(0.1, end - time.monotonic()))
            except subprocess.TimeoutExpired:
                continue


def ask(url: str, token: str | None = None, body: dict[str, Any] | None = None) -> Any:
    """The JSON answer to a GET, or to a POST when there is a body."""
    headers = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {token}"} if token else {})
    data = json.dumps(body).encode() if body is not None else None
    with urllib.request.urlopen(urllib.request.Request(url, data=data, headers=headers), timeout=30) as answer:  # noqa: S310
        return json.load(answer)


def command_line(pid: int) -> str:
    """A process's words; empty where it has ended."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()
    except OSError:
        return ""


def descendants(pid: int) -> set[int]:
    """The process and all that it has started, as far as they run."""
    parents = {}
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = status.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        parents[int(status.parent.name)] = int(fields[1])
    found = {pid}
    while more := {child for child, parent in parents.items() if parent in found} - found:
        found |= more
    return found


def listening(pids: set[int]) -> set[tuple[str, int]]:
    """Host and port of every TCP socket on which one of the processes listens."""
    inodes = set()
    for pid in pids:
        try:
            targets = [str(file.readlink()) for file in Path(f"/proc/{pid}/fd").iterdir()]
        except OSError:
            continue
        inodes |= {target[len("socket:[") : -1] for target in targets if target.startswith("socket:[")}
    found = set()
    for table, family in (("tcp", socket.AF_INET), ("tcp6", socket.AF_INET6)):
        for line in Path(f"/proc/net/{table}").read_text().splitlines()[1:]:
            fields = line.split()
            if fields[3] == "0A" and fields[9] in inodes:  # 0A: it listens
                host, port = fields[1].split(":")
                words = [bytes.fromhex(host[start : start + 8])[::-1] for start in range(0, len(host), 8)]
                found.add((socket.inet_ntop(family, b"".join(words)), int(port, 16)))
    return found
