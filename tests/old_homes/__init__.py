"""Homes as older software wrote them, kept as archives; README.md says how each was made."""

import shutil
import tarfile
from pathlib import Path

FOLDER = Path(__file__).parent


def old_home(name: str, folder: Path) -> Path:
    """Unpacks one into a folder that it makes; the path of its config."""
    folder.mkdir(parents=True)
    with tarfile.open(FOLDER / f"{name}.tar.xz") as archive:
        # Before Python 3.11.4 a filter could not be named, and all is taken as it is; the archive is ours.
        archive.extraction_filter = getattr(tarfile, "tar_filter", None)
        archive.extractall(folder)  # noqa: S202
    return folder / "cmn.toml"


def copied(config: Path, folder: Path) -> Path:
    """The same home in another folder, for a test to change; the path of its config."""
    shutil.copytree(config.parent, folder)
    return folder / config.name
