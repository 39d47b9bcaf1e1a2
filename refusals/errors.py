"""Every refusal the project makes, with the exit code that the command gives for it.

A message is one or two lines that name the file, table, column or setting and the way to mend it;
it never quotes a row.
"""

import signal
from datetime import UTC, datetime


class Refusal(Exception):
    """Something was refused.

    `exit_code` is what the command leaves with. `may_pass`: the same call may go well later with nothing mended, so
    Airflow tries again; of any other refusal a second try would be refused too.
    """

    exit_code = 1
    may_pass = False


class UsageError(Refusal):
    """The call, the config or the policy is wrong: exit 2."""

    exit_code = 2


class InputRefused(Refusal):
    """A source delivered what must not be taken in (data quality, schema drift): exit 3."""

    exit_code = 3


class SourceUnavailable(Refusal):
    """A source could not be read for a reason that says nothing against what it holds: exit 1, and it may pass."""

    may_pass = True


class QuotaUsedUp(SourceUnavailable):
    """A source answers no more for now: exit 1. `goes_on_at`: from when on the same call goes well; what was read is
    kept."""

    def __init__(self, why: str, goes_on_at: datetime) -> None:
        self.goes_on_at = goes_on_at
        super().__init__(
            f"quota: {why}: goes on at {goes_on_at.astimezone(UTC):%Y-%m-%d %H:%M} UTC: run the same again then; what"
            " was read is kept"
        )


class EngineFailed(Refusal):
    """What this project made could not be read or judged: exit 1. It says nothing against a source, and may pass."""

    may_pass = True


class PublicationRefused(Refusal):
    """A release was refused by the audit: exit 4."""

    exit_code = 4


class MartsRefused(Refusal):
    """The marts about to be swapped in break a promise, so nothing was swapped: exit 3."""

    exit_code = 3


class VerificationFailed(Refusal):
    """A release, its ledger or their key is not what was signed, or the release was withdrawn: exit 1."""


class StateDamaged(Refusal):
    """A file of the home is missing, cut or changed, and what it held cannot be known: exit 1.

    It is neither the input's nor the config's fault; the line names the file and the mend.
    """


class AnotherRunHoldsTheLock(Refusal):
    """Another run is writing to this home: exit 5."""

    exit_code = 5
    may_pass = True


class DeliveryFailed(Refusal):
    """A destination of releases could not be reached or written; the same delivery may go well later: exit 1."""

    may_pass = True


class DeliveryRefused(Refusal):
    """A destination holds what this home has not published, or what is here is not as it was signed: exit 1."""


class DiskFull(Refusal):
    """The disk is full where something was to be written: exit 1. The same call goes well once there is room."""

    may_pass = True

    def __init__(self, place: str, doing: str = "") -> None:
        during = f" (during {doing})" if doing else ""
        super().__init__(
            f"{place}: the disk is full, or its quota used up{during}: make room, and run the same again; nothing is"
            " half done"
        )


class Stopped(KeyboardInterrupt):
    """A signal asked the process to end. `exit_code` is 128 and the signal's number, as shells have it."""

    def __init__(self, number: signal.Signals) -> None:
        super().__init__(f"stopped by {number.name}")
        self.exit_code = 128 + number
