"""The pool of one slot: DuckDB has one writer, so one task of these DAGs runs at a time.

Airflow leaves a task whose pool does not exist waiting without a word. So the pool is made by a plugin (entry point
`airflow.plugins`) whenever a scheduler, triggerer or processor starts: nobody can forget it.
"""

from typing import Any

from airflow.listeners import hookimpl
from airflow.plugins_manager import AirflowPlugin

from dags.schedule import POOL

DESCRIPTION = "One slot: DuckDB has one writer"


class PoolMaker:
    """Makes the pool when a long-lived Airflow process starts, and leaves one that is there as it is."""

    @hookimpl
    def on_starting(self, component: Any) -> None:
        """Called by schedulers, triggerers and processors (each is a `Job` and has the metadata), and by tasks."""
        from airflow.jobs.job import Job

        if isinstance(component, Job):
            make_pool()


class PoolPlugin(AirflowPlugin):
    """What Airflow finds under the entry point."""

    name = "connect_me_now_pool"
    listeners = [PoolMaker()]  # noqa: RUF012 - the base class declares it so


def make_pool() -> None:
    """Makes the pool if there is none of its name. Safe to repeat, and from several processes at once."""
    from airflow.models.pool import Pool
    from airflow.utils.session import create_session
    from sqlalchemy.exc import IntegrityError

    try:
        with create_session() as session:
            if Pool.get_pool(POOL, session=session) is None:
                Pool.create_or_update_pool(POOL, 1, DESCRIPTION, include_deferred=False, session=session)
    except IntegrityError:
        return  # another process made it in the meantime
