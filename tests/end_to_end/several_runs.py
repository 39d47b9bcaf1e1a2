"""`cmn` several times in one process, so that a test of many runs pays for the imports once.

Standard input: a line of JSON for each call, {"arguments": […], "keep_marts": path or null}; standard output: a line
each, {"code", "output", "errors"}. Called as `python -m tests.end_to_end.several_runs`.
"""

import contextlib
import io
import json
import shutil
import sys
from pathlib import Path
from typing import Any

from command.main import main
from home.settings.settings import load_settings


def called(step: dict[str, Any]) -> dict[str, Any]:
    arguments = [str(argument) for argument in step["arguments"]]
    output, errors = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(output), contextlib.redirect_stderr(errors):
        code = main(arguments)
    if step.get("keep_marts"):
        config = Path(arguments[arguments.index("--config") + 1])
        shutil.copy(load_settings(config).home.marts, str(step["keep_marts"]))
    return {"code": code, "output": output.getvalue(), "errors": errors.getvalue()}


if __name__ == "__main__":
    for line in sys.stdin:
        print(json.dumps(called(json.loads(line))), flush=True)
