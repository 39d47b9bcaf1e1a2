"""What readers see of all this: the catalogue of releases and the portal, made anew from marts and ledger."""

from home.lock import held
from home.register import recorded_step
from home.run import Run
from publishing.portal.site import build_portal as build_site
from publishing.release_files.catalogue import CATALOGUE, catalogue
from publishing.releases.public_files import replace_file
from publishing.releases.publisher import recover


def build_portal(run: Run) -> None:
    """Writes catalogue and portal, each file whole; before the first marts there is no portal. Safe to repeat.

    Raises:
        VerificationFailed: the ledger, its key or the releases do not fit together.
        AnotherRunHoldsTheLock: see home.lock.
    """
    with held(run.home), recorded_step(run, "build_portal"):
        releases = recover(run.home)
        content = catalogue(releases, run.policy.releases)
        replace_file(run.home.releases / CATALOGUE, content, run.home.work / CATALOGUE)
        if run.home.marts.exists() or any(run.home.portal.iterdir()):
            build_site(run.home, run.policy, run.as_of)
