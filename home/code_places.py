"""Where in this project's code an error came up: all that may be told of one whose own text could quote a row."""

import traceback
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent
FRAMES_NAMED = 6


def type_and_places(error: BaseException, *but: str) -> str:
    """The error's type and the innermost places of this project that it passed, outermost first.

    `but` are files that are of no help, since every error passes them.
    """
    left_out = {Path(file).resolve() for file in (__file__, *but)}
    places = [(Path(frame.filename).resolve(), frame.lineno) for frame in traceback.extract_tb(error.__traceback__)]
    own = [
        f"{file.relative_to(PROJECT)}:{line}"
        for file, line in places
        if file.is_relative_to(PROJECT) and "site-packages" not in file.parts and file not in left_out
    ]
    where = " > ".join(own[-FRAMES_NAMED:]) or "no place in this project"
    return f"{type(error).__name__} at {where}"
