"""What the tests with real servers share: free ports, waiting, ending what was started, asking over HTTP."""

import json
import os
import signal
import socket
import subprocess
import time
import urllib.request
from collections.abc import Callable, Iterable
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
