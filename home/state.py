"""State files: changed so that a killed process leaves nothing doubtful, and refused by name when they are damaged."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date
from pathlib import Path

from home.known_files import KnownFile, digest_of, known_files, name_in, what_is_wrong
from home.layout import Home
from home.register.register_file import is_register_there, register_open
from refusals.errors import StateDamaged

_BACKUP = "put it back from a backup"


@contextmanager
def replacing(home: Home, digests: Mapping[Path, str | None]) -> Iterator[None]:
    """Around the renames (or, for None, the removals) that make files what `digests` says.

    Until the block ends well, each file may be what it was or what it is to be. A removal that was cut short is
    finished by `settle`. The home's lock must be held.

    Raises:
        StateDamaged: one of the files is a folder, or cannot be read.
    """
    names = {name_in(home, path): path for path in digests}
    with register_open(home, writing=True) as db:
        known = known_files(home, db)
        for name, path in names.items():
            before = known[path].digest if path in known else None
            if path in known and known[path].is_changing:
                before = _digest_now(home, path)
            db.execute(
                "insert into known_files values (?, ?, ?, 1)"
                " on conflict do update set digest = excluded.digest, next_digest = excluded.next_digest,"
                " is_changing = 1",
                (name, before, digests[path]),
            )
    yield
    with register_open(home, writing=True) as db:
        for name, path in names.items():
            if digests[path] is None:
                db.execute("delete from known_files where path = ?", (name,))
            else:
                db.execute(
                    "update known_files set digest = next_digest, next_digest = null, is_changing = 0 where path = ?",
                    (name,),
                )


def settle(home: Home) -> None:
    """What a killed process was changing is known as what it is now; what it was removing is removed. Safe to repeat.

    The home's lock must be held.

    Raises:
        StateDamaged: see home.register_file.
    """
    with register_open(home, writing=False) as db:
        changing = [known for known in known_files(home, db).values() if known.is_changing]
    if not changing:
        return
    with register_open(home, writing=True) as db:
        for known in changing:
            name = name_in(home, known.path)
            if known.next_digest is None and not known.path.is_dir():
                known.path.unlink(missing_ok=True)
            now = _digest_now(home, known.path)
            if now is None and now in known.may_be:
                db.execute("delete from known_files where path = ?", (name,))
            elif now in known.may_be:
                db.execute(
                    "update known_files set digest = ?, next_digest = null, is_changing = 0 where path = ?", (now, name)
                )


def expected(home: Home, folder: Path | None = None) -> dict[Path, KnownFile]:
    """What must be there, in all or in one folder, by path; a home that no run has seen has nothing.

    Raises:
        StateDamaged: see home.register_file.
    """
    if not is_register_there(home):
        return {}
    with register_open(home, writing=False) as db:
        return known_files(home, db, folder)


def check(home: Home, folder: Path, pattern: str, *, is_read: bool = True) -> None:
    """Every file of a folder that must be there is what it must be, and no other is there.

    With `is_read`, every byte is read; without it, only what is there is looked at.

    Raises:
        StateDamaged: by the name of the first file that is not.
    """
    wrong = damaged(home, folder, pattern, is_read=is_read)
    if wrong:
        path, what = wrong[0]
        more = f" (and {len(wrong) - 1} more)" if len(wrong) > 1 else ""
        raise StateDamaged(f"{path} {what}{more}: {mend_of(home, path)}")


def check_file(home: Home, path: Path) -> None:
    """One file is what it must be; one that the register does not know is left to whoever reads it.

    Raises:
        StateDamaged: it is not.
    """
    known = expected(home).get(path)
    what = _wrong_now(home, known) if known is not None else None
    if what is not None:
        raise StateDamaged(f"{path} {what}: {mend_of(home, path)}")


def damaged(home: Home, folder: Path, pattern: str, *, is_read: bool = True) -> list[tuple[Path, str]]:
    """The files of a folder that are not what they must be, each with what is wrong, in order."""
    known = {path: one for path, one in expected(home, folder).items() if path.match(pattern)}
    wrong = {path: what for path, one in known.items() if (what := _wrong_now(home, one, is_read=is_read)) is not None}
    for path in sorted(folder.glob(pattern)):
        if path not in known and path not in expected(home, folder):
            wrong[path] = "is not one that this home wrote"
    return sorted(wrong.items())


def mend_of(home: Home, path: Path) -> str:
    """What to do about a damaged file."""
    name = path.name.partition(".")[0]
    if path.parent == home.keys and not name[:4].isdigit():
        or_remove = f", or remove the files of {home.quarantine} with it: without their key they tell nothing"
        return f"{_BACKUP}{or_remove if name == 'quarantine' else ': what was hashed with it is known by no other'}"
    if path.parent == home.keys or path.is_relative_to(home.records):
        source = "" if path.parent == home.keys else f" --source {path.parent.name}"
        return f"{_BACKUP}; if there is none, give the week up: `cmn weeks give-up {name}{source} --why …`"
    is_of_frozen_cells = path.is_relative_to(home.cells) and ".edition-" in path.name
    if path == home.marts or is_of_frozen_cells:
        return "`cmn run` builds it anew from the frozen cells"
    if path.is_relative_to(home.cells):
        source = f" --source {path.parent.name}" if path.parent.parent == home.cells / "weeks" else ""
        return f"{_BACKUP}; if there is none, take the week back: `cmn weeks retract {name}{source} --why …`"
    if path.is_relative_to(home.ga4_reports):
        return f"`cmn run` over the week of {name} asks for it again"
    or_leave_it = ", or leave it: it is forgotten when its days are over"
    return _BACKUP + (or_leave_it if path.is_relative_to(home.quarantine) else "")


def _wrong_now(home: Home, known: KnownFile, *, is_read: bool = True) -> str | None:
    """What is wrong; looked at again where a run may have replaced the file in between."""
    what = what_is_wrong(home, known, is_read=is_read)
    for _ in range(2):
        if what is None:
            return None
        again = expected(home).get(known.path)
        if again is None:
            return None if not known.path.exists() else what
        what = what_is_wrong(home, again, is_read=is_read)
    return what


def _digest_now(home: Home, path: Path) -> str | None:
    try:
        return digest_of(home, path)
    except OSError as error:
        raise StateDamaged(f"{path} cannot be read ({error.strerror}): {mend_of(home, path)}") from error


def monday_in(path: Path) -> date:
    """The week that a state file is named by."""
    return date.fromisoformat(path.name[:10])
