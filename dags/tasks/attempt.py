"""The one place where a step's errors meet Airflow: what is retried, and what its logs may say."""

import logging
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from airflow.sdk.exceptions import AirflowException, AirflowFailException

from dags.tasks.counts import counts_of, lines_of_counts
from home.code_places import type_and_places
from home.run import Run
from refusals.errors import Refusal

log = logging.getLogger(__name__)


class StepRefused(AirflowFailException):
    """A refusal: it would be refused again, so the task fails without a retry. `original` is the refusal."""

    original: BaseException


class StepFailed(AirflowException):
    """Anything that may pass, such as a lock or a lost connection: retried. `original` is what was raised."""

    original: BaseException


def attempt(step: Callable[[Run], None], conf: dict[str, str]) -> str:
    """Does one step of the run that `conf` describes, and returns the run's id.

    Raises:
        StepRefused: see `rows_kept_out_of_the_log`.
        StepFailed: see `rows_kept_out_of_the_log`.
    """
    with rows_kept_out_of_the_log():
        run = Run.from_conf(conf)
        os.umask(0o077)  # what a step writes is its owner's alone, unless the place that writes it says otherwise
        run.home.make()
        before = counts_of(run)
        step(run)
        for line in lines_of_counts(before, counts_of(run)):
            log.info(line)
        return run.run_id


def attempt_and_tell(step: Callable[[Run], None], conf: dict[str, str], event: Any) -> str:
    """As `attempt`; the asset `event` then hands on the run's conf and, beside it, the run's counts.

    Raises:
        StepRefused: see `rows_kept_out_of_the_log`.
        StepFailed: see `rows_kept_out_of_the_log`.
    """
    run_id = attempt(step, conf)
    event.extra = {**conf, "counts": counts_of(Run.from_conf(conf))}
    return run_id


@contextmanager
def rows_kept_out_of_the_log() -> Iterator[None]:
    """Turns an error into one that Airflow may log with its traceback.

    A refusal's message quotes no row, so it is kept; what caused it, and any other error, may quote one (DuckDB names
    the value that it could not cast), so of those only the type and the places in the code are told.

    Raises:
        StepRefused: the block raised a `Refusal`.
        StepFailed: the refusal may pass (another run holds the lock, a database or destination cannot be reached, the
            disk is full), or the block raised anything else that is no Airflow exception.
    """
    try:
        yield
    except AirflowException:
        raise
    except Refusal as refusal:
        kind = StepFailed if refusal.may_pass else StepRefused
        raise _with_original(kind(str(refusal)), refusal) from None
    except BaseException as error:  # noqa: BLE001 - a timeout too: what it interrupted may quote a row
        raise _with_original(StepFailed(type_and_places(error, __file__)), error) from None


def _with_original(error: StepRefused | StepFailed, original: BaseException) -> StepRefused | StepFailed:
    error.original = original
    return error
