"""What readers see of all this: the catalogue of releases and the portal, made anew from marts and ledger."""

from collections.abc import Collection
from contextlib import suppress
from pathlib import Path

from home.atomic_file import sha256_of
from home.built_from import digest_of_inputs, is_built_from, keep_built_from
from home.layout import Home
from home.lock import held
from home.register.register import recorded_step
from home.run import Run
from portal.site import build_portal as build_site
from portal.site import take_down_what_lapsed
from releases.files.release_catalogue import CATALOGUE, catalogue
from releases.folders.public_files import replace_file
from releases.ledger.ledger import LEDGER
from releases.ledger.signing import PUBLIC_KEY
from releases.publishing.approval import approved_names
from releases.publishing.publisher import recover

#: What catalogue and portal are called among what was built.
OUTPUT = "portal"


def build_portal(run: Run) -> None:
    """Writes catalogue and portal, each file whole; before the first marts there is no portal. Safe to repeat.

    Where both stand, built from the same marts, ledger, approvals, policy and code, and untouched since, they stay.

    Where it fails, the portal that is there stays, unless a dataset of it is not approved any more: then it goes.

    Raises:
        VerificationFailed: the ledger, its key or the releases do not fit together.
        AnotherRunHoldsTheLock: see home.lock.
    """
    with held(run.home), recorded_step(run, "build_portal"):
        approved = approved_names(run.policy.releases, run.as_of)
        try:
            releases = recover(run.home)
            inputs = _inputs(run, approved)
            if is_built_from(run.home, OUTPUT, inputs, _outputs(run.home)):
                return
            content = catalogue(releases, run.policy.releases, approved)
            replace_file(run.home.releases / CATALOGUE, content, run.home.work / CATALOGUE)
            if run.home.marts.exists() or any(run.home.portal.iterdir()):
                build_site(run.home, run.policy, run.as_of)
            keep_built_from(run.home, OUTPUT, inputs, _outputs(run.home))
        except Exception:
            with suppress(OSError):  # the error at hand is what counts
                take_down_what_lapsed(run.home, approved)
            raise


def _inputs(run: Run, approved: Collection[str]) -> str:
    """A digest of all that catalogue and portal tell."""
    home = run.home
    read = (home.marts, home.releases / LEDGER, home.releases / PUBLIC_KEY)
    files = [sha256_of(path) if path.is_file() else None for path in read]
    return digest_of_inputs(home, run.policy, files, sorted(approved))


def _outputs(home: Home) -> list[Path]:
    """The catalogue, and whatever is in the portal's folder."""
    return [home.releases / CATALOGUE, *sorted(home.portal.rglob("*"))]
