"""The daily work on requests: what came in is opened, what was identified is carried out, what is old goes."""

from datetime import date, timedelta

from consent.tombstones import expire_tombstones
from home.lock import held
from home.register.register import Register, recorded_step
from home.run import Run
from refusals.errors import VerificationFailed
from rights.answers.answer_files import answers_there, remove_answer
from rights.carrying_out import BY_ITSELF, carry_out
from rights.requests.incoming import take_in_requests
from rights.requests.pending import deadlines, to_be_told
from rights.requests.request_book import RequestBook

BY = "subject_requests"


def work_off_requests(run: Run) -> None:
    """Takes requests in, carries out those whose person was identified, and removes what may no longer be kept.

    Safe to repeat.

    Raises:
        InputRefused: what the app delivered is not what it should be.
        VerificationFailed: of one or more who were to be erased something is left; every other request was worked off.
        AnotherRunHoldsTheLock: another run writes to this home.
    """
    with held(run.home):
        with Register(run.home) as register:
            is_run_of_its_own = not register.has_run(run.run_id)
        with recorded_step(run, "subject_requests"):
            _work_off(run)
        if is_run_of_its_own:
            with Register(run.home) as register:
                register.finish_run(run.run_id, 0, "")


def deadlines_to_tell(run: Run) -> list[str]:
    """A line for each deadline that is near or has passed; ids of requests, kinds and days. Holds no lock."""
    book = RequestBook(run.home, run.policy, run.as_of)
    found = to_be_told(deadlines(book.all(), book.today, run.policy.rights), run.policy.rights)
    return [str(one) for one in found]


def _work_off(run: Run) -> None:
    book = RequestBook(run.home, run.policy, run.as_of)
    _remove_what_is_old(run, book)
    counts = {"opened": take_in_requests(run), "carried_out": 0}
    left = []
    for request in book.all():
        if request.is_open and request.identified_at is not None and request.kind in BY_ITSELF:
            try:
                carry_out(run.settings, book, request, BY, run.as_of)
                counts["carried_out"] += 1
            except VerificationFailed as refusal:
                left.append(f"request {request.request_id}: {refusal}")
    with Register(run.home) as register:
        register.add_counts(run.run_id, "requests", "worked_off", counts)
    if left:
        raise VerificationFailed("\n".join(left))


def _remove_what_is_old(run: Run, book: RequestBook) -> None:
    """Answers that nobody handed over in time or that a kill left, requests and tombstones past their years."""
    rights = run.policy.rights
    waiting = {request.request_id for request in book.all() if request.closed_at is None}
    for request in book.all():
        is_over = request.answered_at is not None and run.as_of - request.answered_at >= timedelta(
            days=rights.package_days
        )
        if is_over and request.closed_at is None:
            book.close(request.request_id)
            waiting.discard(request.request_id)
    for name in answers_there(run.home):
        if name not in waiting:
            remove_answer(run.home, name.removesuffix(".new"))
    book.forget(_years_before(book.today, rights.finished_years))
    expire_tombstones(run.home, _years_before(book.today, rights.tombstone_years))


def _years_before(day: date, years: int) -> date:
    """The same day that many years before; of 29 February the last day of February."""
    return day.replace(year=day.year - years, day=min(day.day, 28) if day.month == 2 else day.day)
