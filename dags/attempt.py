"""The one place where a step's errors meet Airflow: what is retried, and what its logs may say."""

import os
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from airflow.sdk.exceptions import AirflowException, AirflowFailException

from home.run import Run
from policy.errors import AnotherRunHoldsTheLock, DeliveryFailed, Refusal

PROJECT = Path(__file__).resolve().parent.parent
FRAMES_NAMED = 6


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
        step(run)
        return run.run_id


@contextmanager
def rows_kept_out_of_the_log() -> Iterator[None]:
    """Turns an error into one that Airflow may log with its traceback.

    A refusal's message quotes no row, so it is kept; what caused it, and any other error, may quote one (DuckDB names
    the value that it could not cast), so of those only the type and the places in the code are told.

    Raises:
        StepRefused: the block raised a `Refusal`.
        StepFailed: another run holds the lock, a destination cannot be reached, or the block raised anything else that
            is no Airflow exception.
    """
    try:
        yield
    except AirflowException:
        raise
    except Refusal as refusal:
        kind = StepFailed if isinstance(refusal, AnotherRunHoldsTheLock | DeliveryFailed) else StepRefused
        raise _with_original(kind(str(refusal)), refusal) from None
    except BaseException as error:  # noqa: BLE001 - a timeout too: what it interrupted may quote a row
        raise _with_original(StepFailed(f"{type(error).__name__} at {_places(error)}"), error) from None


def _with_original(error: StepRefused | StepFailed, original: BaseException) -> StepRefused | StepFailed:
    error.original = original
    return error


def _places(error: BaseException) -> str:
    """The innermost places in this project's code that the error passed, outermost first."""
    places = [(Path(frame.filename).resolve(), frame.lineno) for frame in traceback.extract_tb(error.__traceback__)]
    own = [
        f"{file.relative_to(PROJECT)}:{line}"
        for file, line in places
        if file.is_relative_to(PROJECT) and "site-packages" not in file.parts and file != Path(__file__).resolve()
    ]
    return " > ".join(own[-FRAMES_NAMED:]) or "no place in this project"
