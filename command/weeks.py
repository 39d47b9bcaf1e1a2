"""`cmn weeks`: what became of each week; accept an empty day; retract a week."""

import argparse
import json

from catalogue.catalogue import SOURCES
from command.every_step import EveryStep
from command.public_reason import public_reason
from command.publish import show_readers
from command.summary import weeks_by_state
from home.lock import held
from home.register.register import Register
from home.run import Run, parse_day
from home.settings.settings import Settings, load_settings
from home.state import settle
from home.weeks.older_rules import told_in_words
from home.weeks.week_states import WeekCommit, commit_week, is_commit_damaged, settled_weeks
from refusals.errors import UsageError


def weeks_command(options: argparse.Namespace) -> int:
    """Runs one of list, accept-empty, retract, give-up."""
    settings = load_settings(options.config)
    settings.home.make()
    if options.action == "list":
        return _list(settings, as_json=options.as_json)
    if options.source and options.source not in settings.sources:
        raise UsageError(f"source {options.source} is not configured in {settings.file}")
    sources = (options.source,) if options.source else settings.sources
    if options.action == "accept-empty":
        return _accept_empty(settings, sources, options.days)
    if options.action == "give-up":
        return _give_up(settings, sources, options.monday, options.why)
    return _retract(settings, sources, options.monday, options.why)


def _list(settings: Settings, *, as_json: bool) -> int:
    if as_json:
        print(json.dumps({"weeks": weeks_by_state(settings)}))
        return 0
    for source, states in weeks_by_state(settings).items():
        commits = settled_weeks(settings.home, source)
        for state, mondays in states.items():
            for monday in mondays:
                commit = next((commit for week, commit in commits.items() if str(week) == monday), None)
                why = commit.why if commit else ""
                if commit and commit.is_of_older_rules:
                    why = told_in_words(commit)
                print(f"{monday}  {source:<10}  {state:<9}  {why}".rstrip())
    return 0


def _accept_empty(settings: Settings, sources: tuple[str, ...], days: list[str]) -> int:
    parsed = [parse_day(day, "DATE") for day in days]
    with held(settings.home), Register(settings.home) as register:
        for source in sources:
            register.accept_empty(source, parsed)
    print(
        f"accepted as empty: {', '.join(days)} ({', '.join(sources)}); the next run over them counts them as ingested"
    )
    return 0


def _give_up(settings: Settings, sources: tuple[str, ...], monday_text: str, why: str) -> int:
    """Of a lost key every source's records go, since no person in them can be found any more."""
    from ingestion.store.giving_up import give_up_week, is_key_lost

    monday, why = parse_day(monday_text, "MONDAY"), public_reason(why, "--why")
    every = is_key_lost(settings.home, monday)
    outcome = give_up_week(settings.home, SOURCES if every else sources, monday, why, settings.policy)
    for source, state in outcome.items():
        print(f"given up: the records of {monday} of {source} are destroyed; the week is {state}")
    if not outcome:
        print(f"given up: the key of {monday}; nothing was stored with it")
    return 0


def _retract(settings: Settings, sources: tuple[str, ...], monday_text: str, why: str) -> int:
    """Replaces the week's commit by a tombstone, builds the marts without it, and takes releases that hold it back.

    Quarters are corrected first, so that their readers find the new version where the old one was withdrawn.
    """
    from freezing.cell_files import remove_uncommitted
    from marts.marts import build_marts, check_marts, publish_marts
    from releases.due.release_step import publish_quarters
    from releases.publishing.listing import published_releases

    monday, why = parse_day(monday_text, "MONDAY"), public_reason(why, "--why")
    with held(settings.home):
        settle(settings.home)
        # What became of the week may be what is lost: its tombstone then takes the damaged commit's place.
        lost = [source for source in sources if is_commit_damaged(settings.home, source, monday)]
        states = {source: settled_weeks(settings.home, source).get(monday) for source in sources if source not in lost}
        frozen = [source for source, commit in states.items() if commit and commit.state == "frozen"] + lost
        # A retraction that was killed before the marts were built anew is finished by saying it again.
        if not frozen and not any(commit and commit.state == "retracted" for commit in states.values()):
            raise UsageError(f"{monday} is no frozen week of {', '.join(sources)}: `cmn weeks list` shows which are")
        rules = settings.policy.anonymity
        for source in frozen:
            commit_week(settings.home, WeekCommit(monday, source, "retracted", why, rules.k, rules.dominance_p))
        remove_uncommitted(settings.home)
        run = Run.from_conf({"config": str(settings.file), "from": monday_text, "to": monday_text})
        build_marts(run)
        check_marts(run)
        publish_marts(run)
        print(f"retracted: {monday} of {', '.join(frozen or sources)}; the marts are built without it")
        with EveryStep() as steps:
            steps.take(lambda: publish_quarters(run))
            steps.take(lambda: show_readers(run))
            for release in published_releases(settings.home):
                if release.retracted == monday:
                    print(f"withdrawn: {release.id}, which held it")
    return 0
