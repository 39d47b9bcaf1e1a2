"""From the mail to the answer: what a privacy officer notes, and what the register keeps of it."""

import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from home.layout import Home
from home.register.register_file import rebuild_register, register_open
from policy.policy import load_policy
from refusals.errors import StateDamaged
from rights.requests.request_book import RequestBook
from tests.worlds.rights_world import RightsWorld

ANNA = "anna-with-a-long-id"


@pytest.fixture
def world(tmp_path: Path) -> RightsWorld:
    return RightsWorld(tmp_path)


@pytest.mark.clause("command-rights", "rights-deadline")
def test_a_request_that_came_by_mail_is_opened_and_waits_for_the_identity_check(world: RightsWorld) -> None:
    said = world.done("erase", ANNA, "--received", "2026-01-31", "--request", "mail-7")
    assert "opened: request mail-7 (erasure), received on 2026-01-31" in said
    assert "its identity check is due on 2026-03-02, in 20 days" in said
    assert ANNA not in said
    again = world.done("erase", ANNA)
    assert "opened" not in again, "the person waits for one of this kind already"
    assert list(world.requests()) == ["mail-7"]


@pytest.mark.clause("rights-identity")
def test_who_checked_an_identity_and_how_is_kept(world: RightsWorld) -> None:
    request = world.ask("complain", ANNA)
    assert world.requests()[request]["state"] == "open"
    world.done("identify", request, "--how", "wrote from the address of the account", "--by", "Noor")
    kept = world.requests()[request]
    assert (kept["identified_how"], kept["identified_by"]) == ("wrote from the address of the account", "Noor")
    assert kept["state"] == "identified"


@pytest.mark.clause("rights-extension")
def test_an_answer_is_extended_once_within_the_first_month_with_a_reason(world: RightsWorld) -> None:
    request = world.ask("access", ANNA, "--received", "2026-01-31")
    assert "until 2026-04-30" in world.done("extend", request, "--why", "many requests at once")
    code, said = world.cmn("extend", request, "--why", "again")
    assert (code, "only once" in said) == (2, True)
    late = world.ask("access", "bert", "--received", "2026-01-31")
    code, said = world.cmn("extend", late, "--why", "too late", as_of="2026-03-03T12:00:00Z")
    assert (code, "was to be extended by 2026-03-02" in said) == (2, True)
    complaint = world.ask("complain", ANNA)
    assert world.cmn("extend", complaint, "--why", "no")[0] == 2


@pytest.mark.clause("rights-complaint")
def test_a_complaint_is_acknowledged_then_answered(world: RightsWorld) -> None:
    request = world.ask("complain", ANNA, "--received", "2026-02-07")
    assert "its acknowledgement is due on 2026-02-10, in 0 days" in world.done("list")
    world.done("acknowledge", request)
    assert "its answer is due on 2026-02-21" in world.done("list")
    world.done("answer", request, "--why", "explained by mail")
    assert world.requests()[request]["state"] == "answered"


@pytest.mark.clause("rights-refusal")
def test_a_refusal_has_its_reason_and_ends_what_is_known_of_the_person(world: RightsWorld) -> None:
    request = world.ask("access", ANNA, "--note", f"writes that {ANNA} is hers")
    said = world.done("refuse", request, "--why", "could not show who they are", "--by", "Noor")
    assert "Autoriteit Persoonsgegevens" in said and "court" in said
    kept = world.requests()[request]
    assert (kept["outcome"], kept["answered_why"]) == ("refused", "could not show who they are")
    register = Home(world.root).register.read_bytes()
    assert ANNA.encode() not in register
    assert world.cmn("identify", request, "--how", "late")[0] == 2


@pytest.mark.clause("rights-register")
def test_an_id_presented_a_year_later_is_matched_by_its_keyed_hash(world: RightsWorld) -> None:
    request = world.ask("access", ANNA)
    world.done("refuse", request, "--why", "could not show who they are")
    found = world.done("show", "--user", ANNA, as_of="2027-02-10T12:00:00Z")
    assert f"request_id: {request}" in found and ANNA not in found
    assert "no request of this person" in world.done("show", "--user", "anna-with-a-long-ie")


@pytest.mark.clause("rights-register")
def test_an_open_requests_id_is_gone_from_every_part_of_the_register_once_it_is_answered(world: RightsWorld) -> None:
    """Many requests of changing length, answered in another order: free pages and cells hold none of the ids."""
    ids = [f"person-{number:03}-{'x' * (number % 90)}" for number in range(60)]
    world.requests()
    book = RequestBook(Home(world.root), load_policy(), datetime(2026, 2, 10, 12, tzinfo=UTC))
    for number, user_id in enumerate(ids):
        book.open("access", user_id, request_id=f"r{number}", note=user_id * 3)
    for number in [*range(0, 60, 2), *range(59, 0, -2)]:
        book.answer(f"r{number}", "refused", "Noor", "not theirs")
    book.tidy()
    content = Home(world.root).register.read_bytes()
    assert [user_id for user_id in ids if user_id.encode() in content] == []
    assert not list(Home(world.root).restricted.glob("register.sqlite-*"))


def test_without_tidying_an_id_would_be_found(world: RightsWorld) -> None:
    world.ask("access", ANNA)
    assert ANNA.encode() in Home(world.root).register.read_bytes()


@pytest.mark.clause("rights-register")
def test_the_key_of_the_hashes_is_known_and_its_loss_is_named(world: RightsWorld) -> None:
    request = world.ask("access", ANNA)
    world.done("refuse", request, "--why", "not theirs")
    key = Home(world.root).keys / "subjects-of-requests.key"
    key.unlink()
    code, said = world.cmn("show", "--user", ANNA)
    assert (code, "subjects-of-requests.key is missing" in said) == (1, True)


@pytest.mark.clause("rights-register")
def test_a_request_that_somebody_changed_in_the_register_is_found(world: RightsWorld) -> None:
    world.ask("access", ANNA)
    home = Home(world.root)
    with closing(sqlite3.connect(home.register)) as db:
        db.execute("drop trigger seal_requests_update")
        db.execute("update requests set due_on = '2030-01-01'")
        db.commit()
    with pytest.raises(StateDamaged, match="register"), register_open(home, writing=False):
        pass


def test_a_register_made_anew_has_its_tables(world: RightsWorld) -> None:
    world.ask("access", ANNA)
    home = Home(world.root)
    home.register.unlink()
    rebuild_register(home, "lost")
    assert world.requests() == {}


@pytest.mark.parametrize(
    "arguments",
    [
        ("access", ""),
        ("access", ANNA, "--request", "has a space"),
        ("access", ANNA, "--channel", "e@mail"),
        ("access", ANNA, "--received", "2026-02-11"),
        ("identify", "nobody", "--how", "x"),
        ("refuse", "nobody", "--why", "x"),
        ("show",),
        ("show", "one", "--user", "two"),
    ],
)
def test_a_wrong_call_is_exit_2_and_changes_nothing(world: RightsWorld, arguments: tuple[str, ...]) -> None:
    assert world.cmn(*arguments)[0] == 2
    assert world.requests() == {}
