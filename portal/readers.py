"""What readers see of all this: the catalogue of releases and the portal, made anew from marts and ledger."""

from contextlib import suppress

from home.lock import held
from home.register.register import recorded_step
from home.run import Run
from portal.site import build_portal as build_site
from portal.site import take_down_what_lapsed
from releases.files.release_catalogue import CATALOGUE, catalogue
from releases.folders.public_files import replace_file
from releases.publishing.approval import approved_names
from releases.publishing.publisher import recover


def build_portal(run: Run) -> None:
    """Writes catalogue and portal, each file whole; before the first marts there is no portal. Safe to repeat.

    Where it fails, the portal that is there stays, unless a dataset of it is not approved any more: then it goes.

    Raises:
        VerificationFailed: the ledger, its key or the releases do not fit together.
        AnotherRunHoldsTheLock: see home.lock.
    """
    with held(run.home), recorded_step(run, "build_portal"):
        approved = approved_names(run.policy.releases, run.as_of)
        try:
            releases = recover(run.home)
            content = catalogue(releases, run.policy.releases, approved)
            replace_file(run.home.releases / CATALOGUE, content, run.home.work / CATALOGUE)
            if run.home.marts.exists() or any(run.home.portal.iterdir()):
                build_site(run.home, run.policy, run.as_of)
        except Exception:
            with suppress(OSError):  # the error at hand is what counts
                take_down_what_lapsed(run.home, approved)
            raise
