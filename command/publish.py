"""`cmn releases publish`: what is due, or what is named; then what readers see, and the destinations."""

import argparse
import json
from datetime import UTC, datetime

from command.every_step import EveryStep
from command.public_reason import public_reason
from home.lock import held
from home.register.register import Register
from home.run import Run, new_run_id, parse_instant
from home.settings.settings import Settings, load_settings
from refusals.errors import PublicationRefused, UsageError
from releases.due.release_step import publish_named, publish_quarters, publish_weeks, withdraw_of_older_rules
from releases.ledger.period import Period
from releases.publishing.approval import approval_in_force


def publish_command(options: argparse.Namespace) -> int:
    """Publishes, shows readers, and says which releases came out of it, whatever else was refused.

    Readers are shown the new state where nothing may be published too: that is how a lapsed approval takes effect.
    """
    settings = load_settings(options.config)
    correction = public_reason(options.correction, "--correction") if options.correction is not None else ""
    run = run_now(settings, _as_of(options.as_of))
    named = [_dataset_and_period(name) for name in options.what]
    if correction and len(named) != 1:
        raise UsageError("--correction is of one release: name it, such as usage_by_region_age/2026-Q3")
    settings.home.make()
    with held(settings.home), EveryStep() as steps:
        steps.take(lambda: _tell_by_todays_rules(run))
        withdrawn: list[str] = []
        steps.take(lambda: withdrawn.extend(withdraw_of_older_rules(run)))
        if named:
            steps.take_unless_wrong(lambda: publish_named(run, named, correction))
        elif steps.take(lambda: _check_something_is_approved(run)):
            steps.take(lambda: publish_weeks(run))
            steps.take(lambda: publish_quarters(run))
        steps.take(lambda: show_readers(run))
        published = _published_by(run)
        if not options.as_json:
            print("".join(f"withdrawn: {release}, made by older rules\n" for release in withdrawn), end="")
            print("\n".join(f"published: {release}" for release in published) or "nothing new was released")
    if options.as_json:
        print(json.dumps({"releases": published, "withdrawn": withdrawn, "run_id": run.run_id}))
    return 0


def run_now(settings: Settings, as_of: datetime | None = None) -> Run:
    """A run of today over no source, for steps that publish."""
    now = as_of or datetime.now(UTC).replace(microsecond=0)
    return Run(new_run_id(now), settings, now.date(), now.date(), now)


def show_readers(run: Run) -> None:
    """Makes catalogue and portal anew, and brings them to the destinations, each whatever becomes of the other.

    What older rules made is told by today's before, and its releases are withdrawn: readers are shown none of it.
    """
    from portal.readers import build_portal
    from releases.destinations.delivery import deliver_releases

    with EveryStep() as steps:
        steps.take(lambda: _tell_by_todays_rules(run))
        steps.take(lambda: withdraw_of_older_rules(run))
        steps.take(lambda: build_portal(run))
        steps.take(lambda: deliver_releases(run))
    with Register(run.home) as register:
        register.finish_run(run.run_id, 0, "")


def _tell_by_todays_rules(run: Run) -> None:
    """Builds the marts anew where they are behind today's tables or rules: releases follow the marts."""
    from marts.marts import are_marts_behind, build_marts, check_marts, publish_marts

    if are_marts_behind(run.home):
        build_marts(run)
        check_marts(run)
        publish_marts(run)


def _as_of(text: str | None) -> datetime | None:
    """A moment that has been: a release says when it was issued, and an approval counts from its day on."""
    as_of = parse_instant(text, "--as-of") if text else None
    if as_of is not None and as_of > datetime.now(UTC):
        raise UsageError("--as-of is ahead of the clock: a release cannot be issued before its time")
    return as_of


def _check_something_is_approved(run: Run) -> None:
    policy = run.policy.releases
    if not any(approval_in_force(policy, dataset.name, run.as_of) for dataset in policy.dataset):
        raise PublicationRefused(
            "no dataset is approved, so nothing was released: a reviewer approves one in releases.toml of the policy"
            " directory, with [[approval]] and its dataset, reviewer, approved_on and reference"
        )


def _dataset_and_period(name: str) -> tuple[str, Period]:
    dataset, slash, label = name.partition("/")
    if not slash:
        raise UsageError(f"'{name}' names no release: say dataset and period, such as usage_by_region_age/2026-W39")
    return dataset, Period.parse(label)


def _published_by(run: Run) -> list[str]:
    with Register(run.home) as register:
        return list(register.run(run.run_id)["counts"].get("releases", {}).get("published", []))
