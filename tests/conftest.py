"""No property is judged by the clock: a busy machine is no fault of the code. What takes longest begins first."""

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

settings.register_profile("untimed", settings(), deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("untimed")

#: Files that take a minute or more, longest first: of several workers, none is left alone with one of them at the end.
BEGIN_FIRST = (
    "end_to_end/test_crash.py", "end_to_end/test_scheduler.py", "end_to_end/test_order.py",
    "end_to_end/test_server_processes.py", "end_to_end/test_refused_deliveries.py",
    "promises/home/test_damaged_home.py", "promises/releases/test_publish_command.py",
    "promises/releases/test_publication.py", "promises/deliveries/test_bad_deliveries.py",
    "end_to_end/test_public_sample.py", "end_to_end/test_damaged_state.py", "end_to_end/test_portal_in_browser.py",
    "end_to_end/test_database_and_files.py", "promises/marts/test_door_out.py",
    "promises/ways_out/test_delivery_to_a_store.py", "promises/marts/test_marts.py",
    "attacks/test_ends_of_intervals.py", "attacks/test_audit_of_releases.py",
)  # fmt: skip
PLACE = {Path(__file__).parent / name: place for place, name in enumerate(BEGIN_FIRST)}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A stable order, the same in every worker."""
    items.sort(key=lambda item: PLACE.get(item.path, len(PLACE)))


UMASK = os.umask(0o022)
os.umask(UMASK)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup() -> None:
    """Commands that a test calls in its own process make their files private: the next test begins as the first."""
    os.umask(UMASK)
