"""`cmn` several times in one process, so that a test of many runs pays for the imports once.

Standard input: a JSON list of {"arguments": […], "keep_marts": path or null}; standard output: a JSON list of
{"code", "output"}. Called as `python -m tests.end_to_end.several_runs`.
"""

import contextlib
import io
import json
import shutil
import sys
from pathlib import Path

from command.main import main
from home.settings import load_settings


def run_all(steps: list[dict[str, object]]) -> list[dict[str, object]]:
    outcomes: list[dict[str, object]] = []
    for step in steps:
        arguments = [str(argument) for argument in step["arguments"]]
        output = io.StringIO()
        with contextlib.redirect_stdout(output):
            code = main(arguments)
        outcomes.append({"code": code, "output": output.getvalue()})
        if step.get("keep_marts"):
            config = Path(arguments[arguments.index("--config") + 1])
            shutil.copy(load_settings(config).home.marts, str(step["keep_marts"]))
    return outcomes


if __name__ == "__main__":
    json.dump(run_all(json.load(sys.stdin)), sys.stdout)
