"""The folder of what is made for an answer: written whole or not at all, handed over, removed."""

import hashlib
import os
import shutil
from collections.abc import Mapping
from pathlib import Path

from home.atomic_file import PRIVATE_FILE, sync_folder, write_through
from home.layout import PRIVATE_DIRECTORY, Home
from refusals.errors import UsageError


def write_answer(home: Home, request_id: str, files: Mapping[str, bytes]) -> None:
    """Writes the files of an answer, in place of any that stand there: aside first, then in one rename."""
    final, aside = home.answers / request_id, home.answers / f"{request_id}.new"
    home.answers.mkdir(mode=PRIVATE_DIRECTORY, exist_ok=True)
    shutil.rmtree(aside, ignore_errors=True)
    aside.mkdir(mode=PRIVATE_DIRECTORY)
    for name, content in files.items():
        write_through(aside / name, content, PRIVATE_FILE)
    sync_folder(aside)
    shutil.rmtree(final, ignore_errors=True)
    aside.rename(final)
    sync_folder(home.answers)


def read_kept(home: Home, request_id: str, name: str) -> bytes | None:
    """A file of an answer that is being made; None: there is none."""
    path = home.answers / request_id / name
    return path.read_bytes() if path.is_file() else None


def remove_answer(home: Home, request_id: str) -> None:
    """Removes what was made for an answer, whole or half written. Safe to repeat."""
    for folder in (home.answers / request_id, home.answers / f"{request_id}.new"):
        if folder.exists():
            shutil.rmtree(folder)


def hand_over(home: Home, request_id: str, out: Path) -> list[str]:
    """Copies an answer to a folder that is not there yet; the names of its files. The home's own is left as it is.

    Raises:
        UsageError: there is nothing to hand over, or the folder is there, or within the home.
    """
    made = home.answers / request_id
    if not made.is_dir():
        raise UsageError(
            f"nothing is there to hand over for request {request_id}: `cmn rights show` says what became of it"
        )
    if out.resolve().is_relative_to(home.root.resolve()):
        raise UsageError("--out lies within the home, where a copy would be found again: name a folder outside")
    try:
        out.mkdir(mode=PRIVATE_DIRECTORY, parents=True)
    except FileExistsError:
        raise UsageError(f"--out {out} is there already: name a folder that is not") from None
    except OSError as error:
        raise UsageError(f"--out {out} cannot be made ({error.strerror}): name another folder") from None
    names = sorted(path.name for path in made.iterdir())
    for name in names:
        write_through(out / name, (made / name).read_bytes(), PRIVATE_FILE)
    sync_folder(out)
    return names


def digest_of_answer(content: bytes) -> str:
    """By which the register knows a receipt: SHA-256, in hex."""
    return hashlib.sha256(content).hexdigest()


def answers_there(home: Home) -> list[str]:
    """The names of the folders of answers, of half written ones too (`<request>.new`)."""
    return sorted(path.name for path in home.answers.iterdir()) if home.answers.is_dir() else []


def is_there(home: Home, request_id: str) -> bool:
    """Whether an answer waits to be handed over."""
    return os.path.lexists(home.answers / request_id)
