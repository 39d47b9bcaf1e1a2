"""A path as a setting: what can be none is refused by the setting's name."""

import errno
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

from pydantic import BeforeValidator

#: Of a path that can never be anything; what is merely not there yet, or closed to us, is told where it is used.
_IMPOSSIBLE = (errno.ENAMETOOLONG, errno.ELOOP, errno.ENOTDIR)


def _is_a_path(value: Any) -> Any:
    """Empty text would be the folder that the config is in."""
    if value == "":
        raise ValueError("is empty: name a path")
    if isinstance(value, str) and "\0" in value:
        raise ValueError("holds a NUL character, which no path can")
    return value


SettingPath = Annotated[Path, BeforeValidator(_is_a_path)]


def impossible_path(paths: Mapping[str, Path | None]) -> str | None:
    """The first of these settings whose path the system cannot look up: its name, and why; or None."""
    for name, path in paths.items():
        try:
            if path is not None:
                path.stat()
        except OSError as error:
            if error.errno in _IMPOSSIBLE:
                return f"setting '{name}': {os.strerror(error.errno)}: name another path"
    return None
