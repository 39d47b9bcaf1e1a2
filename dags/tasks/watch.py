"""Which weeks are overdue and which deadlines are near, for the tasks that tell of them."""

import logging

from dags.tasks.attempt import rows_kept_out_of_the_log
from home.run import Run
from home.weeks.overdue import overdue_weeks

log = logging.getLogger(__name__)


def find_overdue_weeks(conf: dict[str, str]) -> list[str]:
    """A line for each overdue week, also in the log. Holds no lock: it only reads.

    Raises:
        StepRefused: the config cannot be used.
        StepFailed: anything else.
    """
    with rows_kept_out_of_the_log():
        run = Run.from_conf(conf)
        lines = [str(week) for week in overdue_weeks(run.settings, run.as_of)]
        for line in lines:
            log.warning("overdue: %s", line)
        return lines


def find_deadlines_of_requests(conf: dict[str, str]) -> list[str]:
    """A line for each deadline of a request that is near or has passed, also in the log. It only reads.

    Raises:
        StepRefused: the config cannot be used.
        StepFailed: anything else.
    """
    from rights.working_off import deadlines_to_tell

    with rows_kept_out_of_the_log():
        lines = deadlines_to_tell(Run.from_conf(conf))
        for line in lines:
            log.warning("deadline: %s", line)
        return lines
