"""The daily work on requests: what came in is opened, what was identified is carried out, what is old goes."""

from home.lock import held
from home.register.register import Register, recorded_step
from home.run import Run
from rights.requests.incoming import take_in_requests
from rights.requests.pending import deadlines, to_be_told
from rights.requests.request_book import RequestBook


def work_off_requests(run: Run) -> None:
    """Takes requests in, carries out those whose person was identified, and removes what may no longer be kept.

    Safe to repeat.

    Raises:
        InputRefused: what the app delivered is not what it should be.
        AnotherRunHoldsTheLock: another run writes to this home.
    """
    with held(run.home):
        with Register(run.home) as register:
            is_run_of_its_own = not register.has_run(run.run_id)
        with recorded_step(run, "subject_requests"):
            opened = take_in_requests(run)
            with Register(run.home) as register:
                register.add_counts(run.run_id, "requests", "opened", opened)
        if is_run_of_its_own:
            with Register(run.home) as register:
                register.finish_run(run.run_id, 0, "")


def deadlines_to_tell(run: Run) -> list[str]:
    """A line for each deadline that is near or has passed; ids of requests, kinds and days. Holds no lock."""
    book = RequestBook(run.home, run.policy, run.as_of)
    found = to_be_told(deadlines(book.all(), book.today, run.policy.rights), run.policy.rights)
    return [str(one) for one in found]
