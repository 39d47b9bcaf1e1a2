"""Puts a site in place so that nobody sees half a page: a folder cannot be replaced in one rename, its files can.

Every file is written aside, in the home's restricted part, and renamed. First come the files that are named by their
content (styles, scripts, downloads): nothing on the old pages leads to them yet, and nothing of the old ones is lost.
Then the pages, each in one rename, the index last. Only then go the files that no page names any more. So whenever it
is killed, every page that a reader opens is whole and finds all it needs; doing it again finishes it.
"""

from collections.abc import Iterable, Mapping
from pathlib import Path

from home.atomic_file import PUBLIC_FILE
from home.layout import Home
from releases.folders.portal_contents import CONTENTS
from releases.folders.public_files import make_public_folder, remove, replace_file

#: A page that leads to all others: put in place when they are.
INDEX = "index.html"


def put_in_place(home: Home, files: Mapping[str, bytes]) -> None:
    """Makes the portal hold exactly these files, by path from its folder, readable for everyone. Safe to repeat."""
    aside = home.work / "portal"
    if aside.exists() or aside.is_symlink():
        remove(aside)
    aside.mkdir(mode=0o700, parents=True)
    for folder in _folders(home.portal, files):
        if folder.is_symlink() or folder.is_file():
            remove(folder)
        make_public_folder(folder)
    for name in sorted(files, key=_order):
        target = home.portal / name
        if target.is_dir() and not target.is_symlink():
            remove(target)
        if not _stands(target, files[name]):
            replace_file(target, files[name], aside / "file")
    remove(aside)
    for path in _unnamed(home.portal, files):
        remove(path)


def _order(name: str) -> tuple[int, str]:
    """Named by content, then pages, then the indexes, the top one late; what says that all are there, last."""
    if name == CONTENTS:
        return (4, name)
    if not name.endswith(".html"):
        return (0, name)
    return (1 if not name.endswith(INDEX) else 3 if name == INDEX else 2, name)


def _folders(portal: Path, files: Iterable[str]) -> list[Path]:
    """The folders of the files, each after the one that it is in."""
    inner = {parent for name in files for parent in Path(name).parents}
    return [portal / folder for folder in sorted(inner)]


def _stands(target: Path, content: bytes) -> bool:
    if target.is_symlink() or not target.is_file():
        return False
    return target.stat().st_mode & 0o777 == PUBLIC_FILE and target.read_bytes() == content


def _unnamed(portal: Path, files: Mapping[str, bytes]) -> list[Path]:
    """What is in the folder and not of the site, the deepest first; a link is removed, never followed."""
    named = {portal / name for name in files}
    kept = named | set(_folders(portal, files))
    found: list[Path] = []
    waiting = [portal]
    while waiting:
        for path in sorted(waiting.pop().iterdir()):
            if path not in kept:
                found.append(path)
            elif path.is_dir():
                waiting.append(path)
    return found
