"""`cmn register rebuild`: a way on for a home whose register is lost and has no backup."""

import argparse

from command.public_reason import public_reason
from home.register.register_file import rebuild_register
from home.settings.settings import load_settings


def register_command(options: argparse.Namespace) -> int:
    """Makes the register anew from what is on the disk, and says what nobody knows any more."""
    settings = load_settings(options.config)
    settings.home.make()
    aside = rebuild_register(settings.home, public_reason(options.why, "--why"))
    print(f"rebuilt: {settings.home.register}" + (f"; what was there is {aside}" if aside else ""))
    print("every key, record file and commit is taken as it is now: whether one was damaged before, nobody can say")
    print("lost: the days read and accepted as empty (run over the open weeks again), the counts of earlier runs, and")
    print("the sizes of the last snapshots: see that users and consents are whole before the next run")
    return 0
