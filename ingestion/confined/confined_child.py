"""The child's side of a confined process: bounds set, requests answered one by one, until the parent is gone."""

import json
import os
import resource
import socket
import sys
from collections.abc import Callable
from typing import Any, Final

LENGTH_BYTES: Final = 8
PART_BYTES: Final = 1024 * 1024

Handler = Callable[[dict[str, Any], int | None], dict[str, Any]]


def serve(handler: Handler) -> None:
    """Answers requests on the socket that the first argument names, within the address space that the second does.

    `handler` is given a request and the descriptor that came with it. No message of an error leaves: it could quote a
    value.
    """
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_AS, (int(sys.argv[2]), int(sys.argv[2])))
    with socket.socket(fileno=int(sys.argv[1])) as channel:
        while True:
            head, descriptors, _, _ = socket.recv_fds(channel, LENGTH_BYTES, 1)
            if not head:
                return
            head += _exactly(channel, LENGTH_BYTES - len(head))
            body = _exactly(channel, int.from_bytes(head, "big"))
            try:
                answer = handler(json.loads(body), descriptors[0] if descriptors else None)
            except MemoryError:
                answer = {"failed": "memory"}
            finally:
                for descriptor in descriptors:
                    os.close(descriptor)
            told = json.dumps(answer).encode()
            channel.sendall(len(told).to_bytes(LENGTH_BYTES, "big") + told)


def _exactly(channel: socket.socket, count: int) -> bytes:
    parts = []
    while count:
        part = channel.recv(min(count, PART_BYTES))
        if not part:
            sys.exit(0)
        parts.append(part)
        count -= len(part)
    return b"".join(parts)
