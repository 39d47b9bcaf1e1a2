"""One run over three weeks of demonstration sources, the end of summer time among them, for several tests."""

from datetime import date

import pytest

from demonstration import make_sources, write_config
from tests.end_to_end.runs import Ran, cmn, run_arguments
from tests.second_opinion.opinion import Opinion, second_opinion

#: Three Mondays later summer time is over: the clocks go back on 2026-10-25.
FIRST_DAY = date(2026, 10, 12)


@pytest.fixture(scope="session")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Ran:
    home = tmp_path_factory.mktemp("demonstration")
    span = make_sources(home / "landing", persons=1500, weeks=3, first_day=FIRST_DAY)
    config = write_config(home)
    return Ran(home, span, cmn(run_arguments(config, span.first_day, span.last_day, span)))


@pytest.fixture(scope="session")
def opinion(ran: Ran) -> Opinion:
    return second_opinion(ran.home / "landing", ran.span.first_day, ran.span.last_day, ran.span.as_of)
