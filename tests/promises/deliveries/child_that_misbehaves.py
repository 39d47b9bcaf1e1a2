"""A child process for the tests: does what damaged bytes could lead a parser to do."""

import os
import signal
import sys
import time
from typing import Any

from ingestion.confined.confined_child import serve


def answer(request: dict[str, Any], descriptor: int | None) -> dict[str, Any]:  # noqa: C901
    match request["do"]:
        case "abort":
            os.abort()
        case "crash":
            os.kill(os.getpid(), signal.SIGSEGV)
        case "killed":
            os.kill(os.getpid(), signal.SIGKILL)
        case "grow":
            return {"length": len(bytearray(4 * 1024**3))}
        case "wait":
            time.sleep(60)
        case "exit":
            sys.exit(7)
        case "nonsense":
            os.write(int(sys.argv[1]), b"\0" * 7 + b"\x04nope")
        case "endless":
            os.write(int(sys.argv[1]), b"\x7f" * 100)
        case "pid":
            return {"pid": os.getpid()}
        case "environment":
            return {"names": sorted(os.environ)}
    return {"done": True}


if __name__ == "__main__":
    serve(answer)
