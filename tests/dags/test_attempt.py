"""What Airflow may log of a step's error, and what it retries."""

import traceback
from pathlib import Path
from typing import Any

import duckdb
import pytest

from refusals.errors import (
    AnotherRunHoldsTheLock,
    DeliveryFailed,
    DiskFull,
    InputRefused,
    PublicationRefused,
    SourceUnavailable,
    UsageError,
)

SECRET = "Canary-Person"


def raised_by(step: Any, config: Path) -> BaseException:
    from dags.tasks.attempt import attempt

    conf = {"config": str(config), "from": "2026-01-05", "to": "2026-01-11"}
    with pytest.raises(Exception) as caught:
        attempt(step, conf)
    return caught.value


def logged(error: BaseException) -> str:
    """All that a log of this error can hold: its traceback with every cause that is not suppressed."""
    return "".join(traceback.format_exception(error))


def cast_a_name(_: Any) -> None:
    duckdb.sql(f"select cast('{SECRET}' as integer)").fetchall()


def refuse_because_of_a_name(_: Any) -> None:
    try:
        cast_a_name(None)
    except duckdb.Error as error:
        raise InputRefused("users.csv: column 'x' is no number: mend the export") from error


@pytest.mark.parametrize("step", [cast_a_name, refuse_because_of_a_name])
def test_no_value_reaches_the_log(step: Any, config: Path) -> None:
    with pytest.raises(Exception) as planted:
        step(None)
    assert SECRET in logged(planted.value), "the error as it is would tell"
    error = raised_by(step, config)
    assert SECRET not in logged(error)
    assert SECRET in logged(error.original), "who called the command may still debug it"


def test_an_unexpected_error_names_its_type_and_place(config: Path) -> None:
    message = str(raised_by(cast_a_name, config))
    assert "ConversionException" in message and "tests/dags/test_attempt.py:" in message


@pytest.mark.parametrize("refusal", [UsageError, InputRefused, PublicationRefused])
def test_a_refusal_is_not_retried_and_keeps_its_message(refusal: Any, config: Path) -> None:
    from airflow.sdk.exceptions import AirflowFailException

    def step(_: Any) -> None:
        raise refusal("file x: mend it")

    error = raised_by(step, config)
    assert isinstance(error, AirflowFailException) and str(error) == "file x: mend it"
    assert isinstance(error.original, refusal)


@pytest.mark.clause("source-unavailable")
@pytest.mark.parametrize(
    "passing",
    [
        AnotherRunHoldsTheLock("another run"), DeliveryFailed("no answer"), ConnectionError("lost"), OSError(),
        SourceUnavailable("the server is starting"), DiskFull("/srv/cmn"),
    ],
)  # fmt: skip
def test_what_may_pass_is_retried(passing: Exception, config: Path) -> None:
    from airflow.sdk.exceptions import AirflowFailException

    def step(_: Any) -> None:
        raise passing

    error = raised_by(step, config)
    assert not isinstance(error, AirflowFailException) and error.original is passing


def test_a_step_gets_the_run_and_its_id_is_returned(config: Path) -> None:
    from dags.tasks.attempt import attempt

    seen: list[Any] = []
    conf = {"config": str(config), "from": "2026-01-05", "to": "2026-01-11", "run_id": "r7"}
    assert attempt(seen.append, conf) == "r7"
    assert (seen[0].run_id, str(seen[0].first_day), str(seen[0].last_day)) == ("r7", "2026-01-05", "2026-01-11")
