"""`cmn weeks`: what became of each week; accept an empty day; retract a week."""

import argparse
import json

from command.every_step import EveryStep
from command.publish import show_readers
from command.published_text import published_text
from command.summary import weeks_by_state
from home.lock import held
from home.register import Register
from home.run import Run, parse_day
from home.settings import Settings, load_settings
from home.weeks import WeekCommit, commit_week, settled_weeks
from policy.errors import UsageError


def weeks_command(options: argparse.Namespace) -> int:
    """Runs one of list, accept-empty, retract."""
    settings = load_settings(options.config)
    settings.home.make()
    if options.action == "list":
        return _list(settings, as_json=options.as_json)
    if options.source and options.source not in settings.sources:
        raise UsageError(f"source {options.source} is not configured in {settings.file}")
    sources = (options.source,) if options.source else settings.sources
    if options.action == "accept-empty":
        return _accept_empty(settings, sources, options.days)
    return _retract(settings, sources, options.monday, options.why)


def _list(settings: Settings, *, as_json: bool) -> int:
    if as_json:
        print(json.dumps({"weeks": weeks_by_state(settings)}))
        return 0
    for source, states in weeks_by_state(settings).items():
        commits = settled_weeks(settings.home, source)
        for state, mondays in states.items():
            for monday in mondays:
                why = next((commit.why for week, commit in commits.items() if str(week) == monday), "")
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


def _retract(settings: Settings, sources: tuple[str, ...], monday_text: str, why: str) -> int:
    """Replaces the week's commit by a tombstone, builds the marts without it, and takes releases that hold it back.

    Quarters are corrected first, so that their readers find the new version where the old one was withdrawn.
    """
    from publishing.cells import remove_uncommitted
    from publishing.marts import build_marts, check_marts, publish_marts
    from publishing.publication.due import is_retraction
    from publishing.publication.publish import publish_quarters
    from publishing.releases.listing import published_releases

    monday, why = parse_day(monday_text, "MONDAY"), published_text(why, "--why")
    with held(settings.home):
        states = {source: settled_weeks(settings.home, source).get(monday) for source in sources}
        frozen = [source for source, commit in states.items() if commit and commit.state == "frozen"]
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
                if release.withdrawn_at is not None and is_retraction(release.why, monday):
                    print(f"withdrawn: {release.id}, which held it")
    return 0
