"""Doors of Airflow that are not for everyone: without them a run in one process does the same, seconds later.

Known to fit the versions in `FITTING`; a test says what to look at when one of them, or what is used of it, changes.
"""

from collections.abc import Iterator
from contextlib import contextmanager

FITTING = {"apache-airflow": "3.3.2", "cadwyn": "7.0.0"}


@contextmanager
def dags_read_once() -> Iterator[None]:
    """Spares a third of a second a DAG: `dag.test` reads all DAG files anew, and writes all DAGs to the metadata again.

    It does so for every bundle of DAGs that it is told of; whoever calls has done so already.
    """
    from airflow.dag_processing.bundles.manager import DagBundlesManager

    whole = DagBundlesManager.get_all_dag_bundles
    DagBundlesManager.get_all_dag_bundles = lambda _: ()
    try:
        yield
    finally:
        DagBundlesManager.get_all_dag_bundles = whole


def serve_newest_api_only() -> None:
    """Spares two seconds: Airflow builds its task API in nine dialects, and tasks in this process speak the newest.

    The two before it stay, since routes that are marked as older must exist in one of them.
    """
    import airflow.api_fastapi.execution_api.versions as dialects
    from cadwyn import HeadVersion, Version, VersionBundle

    newest, older, oldest = dialects.bundle.versions[:3]
    if len(dialects.bundle.versions) > 3:
        for change in (*newest.changes, *older.changes):
            change._bound_version_bundle = None  # each may be part of one bundle only
        dialects.bundle = VersionBundle(HeadVersion(), newest, older, Version(oldest.value))
