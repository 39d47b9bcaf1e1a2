"""What lies in a home's folder of releases, as bytes and names: nothing of it is checked yet."""

from pathlib import Path

from home.layout import Home
from refusals.errors import StateDamaged, UsageError
from releases.folders.folder_contents import unreadable
from releases.ledger.ledger import LEDGER
from releases.ledger.release_id import ReleaseId
from releases.ledger.signing import PUBLIC_KEY


def ledger_content(home: Home) -> bytes | None:
    """The ledger's file; None: it is not there.

    Raises:
        StateDamaged: a folder stands in its place.
        UsageError: it cannot be read.
    """
    return _content(home.releases / LEDGER)


def public_keys_content(home: Home) -> bytes | None:
    """The file of the public keys; None: it is not there.

    Raises:
        StateDamaged: a folder stands in its place.
        UsageError: it cannot be read.
    """
    return _content(home.releases / PUBLIC_KEY)


def release_folders(home: Home) -> list[tuple[ReleaseId, Path]]:
    """Everything on the disk that is named like a release, in order, whether the ledger names it or not."""
    found = []
    for path in sorted(home.releases.glob("*/*")):
        try:
            found.append((ReleaseId.parse(f"{path.parent.name}/{path.name}"), path))
        except UsageError:
            continue
    return found


def is_anything_signed(home: Home) -> bool:
    """Whether there is anything that a key has signed, or that says which key is in use."""
    return any(path.exists() for path in (home.releases / LEDGER, home.releases / PUBLIC_KEY)) or bool(
        release_folders(home)
    )


def _content(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None
    except IsADirectoryError as error:
        raise StateDamaged(
            f"{path} is a folder, where a file belongs: put it back from a backup, or from a destination's copy"
        ) from error
    except OSError as error:
        raise unreadable(path, error) from error
