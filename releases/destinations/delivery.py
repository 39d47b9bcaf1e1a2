"""The pipeline's step: what the home has published goes to every destination."""

from dataclasses import asdict

from home.lock import held
from home.register.register import Register, recorded_step
from home.run import Run
from refusals.errors import Refusal
from releases.destinations.destination import deliver
from releases.publishing.approval import approved_names


def deliver_releases(run: Run) -> None:
    """Delivers what is approved to every destination of the config; one that fails keeps no other waiting.
    Safe to repeat.

    Raises:
        Refusal: the first destination's that failed, with the names of the others that did.
        AnotherRunHoldsTheLock: see home.lock.
    """
    with held(run.home), recorded_step(run, "deliver_releases"):
        failed: dict[str, Refusal] = {}
        approved = approved_names(run.policy.releases, run.as_of)
        for destination in run.settings.destinations:
            try:
                delivered = deliver(run.home, destination, approved)
            except Refusal as refusal:
                failed[destination.name] = refusal
            else:
                with Register(run.home) as register:
                    register.add_counts(run.run_id, "deliveries", destination.name, asdict(delivered))
        if failed:
            first, *others = failed
            rest = f" (not delivered either: {', '.join(others)})" if others else ""
            raise type(failed[first])(f"{failed[first]}{rest}") from failed[first]
