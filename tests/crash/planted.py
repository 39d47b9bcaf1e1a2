"""Called in place of `cmn`: the same command, with one write that is not atomic and dies half way.

`python -m tests.crash.planted PATTERN …`: the first rename onto a path that matches PATTERN becomes a copy, and the
process group is killed when half of it is there. The harness must find what that leaves.
"""

import fnmatch
import os
import signal
import sys
from pathlib import Path

from command.main import main

whole_replace = Path.replace


def torn_replace(self: Path, target: "Path | str") -> Path:
    if not fnmatch.fnmatch(str(target), sys.argv[1]):
        return whole_replace(self, target)
    content = self.read_bytes()
    with Path(target).open("wb") as file:
        file.write(content[: len(content) // 2])
    os.killpg(os.getpid(), signal.SIGKILL)
    raise SystemExit  # not reached


if __name__ == "__main__":
    Path.replace = torn_replace  # type: ignore[method-assign,assignment]
    sys.exit(main(sys.argv[2:]))
