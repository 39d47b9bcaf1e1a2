"""How a scheduled run ends in the register of runs; `cmn run` closes its own, as these do."""

from home.register.register import Register
from home.run import Run


def close_run(run: Run) -> None:
    """Notes that the run is done: its marts are published."""
    with Register(run.home) as register:
        register.finish_run(run.run_id, 0, "")


def close_runs_built_by(run: Run, run_ids: set[str]) -> None:
    """Notes of the other runs that their part is done, and which run builds the marts for them."""
    run.home.make()
    with Register(run.home) as register:
        for run_id in sorted(run_ids - {run.run_id}):
            register.finish_run(run_id, 0, f"its marts are built by run {run.run_id}")
