"""A process of its own for parsers of foreign binary formats: what they are led to do ends there.

DuckDB's Parquet reader and MaxMind's C extension are native code that is given bytes of others. Here they run in a
child with a memory limit, without this process's environment; it is given a descriptor and a request, and answers in
JSON.
"""

import json
import os
import signal
import socket
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

from policy.limits_policy import MEBIBYTE, LimitsPolicy
from refusals.errors import EngineFailed, InputRefused, Refusal

LENGTH_BYTES: Final = 8
BASE_BYTES: Final = 768 * MEBIBYTE
"""Address space of the interpreter and the libraries themselves."""
ANSWER_BYTES: Final = 64 * MEBIBYTE
SECONDS_TO_DIE: Final = 2
FROM_OUTSIDE: Final = (signal.SIGKILL, signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
"""Signals that no parser sends itself: someone, or the system for want of memory, ended the process."""


class ConfinedProcess:
    """One child, started with the first question and used for all that follow.

    `program` is a module or a file that is run as the child's main program. What it answers is data to be checked,
    never code.
    """

    def __init__(self, program: str | Path, limits: LimitsPolicy, extra_bytes: int = 0) -> None:
        self._program = ["-m", program] if isinstance(program, str) else [str(program)]
        self._limits = limits
        self._memory_bytes = BASE_BYTES + limits.parser_memory_mebibytes * MEBIBYTE + extra_bytes
        self._process: subprocess.Popen[bytes] | None = None
        self._socket: socket.socket | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def ask(self, name: str, request: dict[str, Any], descriptor: int | None = None) -> dict[str, Any]:
        """The child's answer; `name` is what it looks at, as refusals tell it.

        Raises:
            InputRefused: the child died of what it was given, asked for more memory than it may, or took too long.
            EngineFailed: the child was ended from outside, or could not run.
        """
        channel = self._started()
        try:
            channel.settimeout(self._limits.parser_seconds)
            body = json.dumps(request).encode()
            head = len(body).to_bytes(LENGTH_BYTES, "big")
            socket.send_fds(channel, [head], [] if descriptor is None else [descriptor])
            channel.sendall(body)
            answer = json.loads(_received(channel))
        except TimeoutError:
            self.close()
            raise InputRefused(
                f"{name}: was not read within {self._limits.parser_seconds} seconds: it is damaged or too large;"
                " deliver it again, or raise parser_seconds in the policy's limits.toml"
            ) from None
        except (EOFError, ConnectionError, ValueError):
            raise self._death(name) from None
        if answer.get("failed") == "memory":
            raise InputRefused(_too_much_memory(name, self._limits))
        return dict(answer)

    def close(self) -> None:
        """Ends the child, whatever it does."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def _started(self) -> socket.socket:
        if self._socket is None:
            ours, theirs = socket.socketpair()
            with theirs:
                self._process = subprocess.Popen(  # noqa: S603 (our own interpreter and module)
                    [sys.executable, "-I", *self._program, str(theirs.fileno()), str(self._memory_bytes)],
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.DEVNULL,
                    pass_fds=[theirs.fileno()],
                    # Of ours nothing but what finds shared libraries: no password, no proxy.
                    env={name: os.environ[name] for name in ("PATH", "LD_LIBRARY_PATH") if name in os.environ},
                )
            self._socket = ours
        return self._socket

    def _death(self, name: str) -> Refusal:
        code = 0
        if self._process is not None:
            # One that answers nonsense lives on: it is ended, and then its end tells nothing.
            with suppress(subprocess.TimeoutExpired):
                code = self._process.wait(SECONDS_TO_DIE)
        self.close()
        if -code in FROM_OUTSIDE:
            return EngineFailed(
                f"{name}: the process that reads it was ended from outside ({signal.Signals(-code).name}; the system"
                " does so for want of memory): run again"
            )
        if code > 0:
            return EngineFailed(
                f"{name}: the process that reads it could not go on (exit code {code}): run `make setup`, then again"
            )
        how = signal.Signals(-code).name if code < 0 else "no answer"
        return InputRefused(f"{name}: is damaged: the process that parses it died of it ({how}): deliver it again")


def _too_much_memory(name: str, limits: LimitsPolicy) -> str:
    return (
        f"{name}: needs over {limits.parser_memory_mebibytes} MiB of memory to be read: it is damaged or made to burst;"
        " deliver it again, in smaller parts, or raise parser_memory_mebibytes in the policy's limits.toml"
    )


def _received(channel: socket.socket) -> bytes:
    length = int.from_bytes(_exactly(channel, LENGTH_BYTES), "big")
    if length > ANSWER_BYTES:
        raise ValueError("an answer without end")
    return _exactly(channel, length)


def _exactly(channel: socket.socket, count: int) -> bytes:
    parts = []
    while count:
        part = channel.recv(min(count, MEBIBYTE))
        if not part:
            raise EOFError
        parts.append(part)
        count -= len(part)
    return b"".join(parts)
