"""Every refusal the project makes, with the exit code that the command gives for it.

A message is one or two lines that name the file, table, column or setting and the way to mend it;
it never quotes a row.
"""


class Refusal(Exception):
    """Something was refused. `exit_code` is what the command leaves with."""

    exit_code = 1


class UsageError(Refusal):
    """The call, the config or the policy is wrong: exit 2."""

    exit_code = 2


class InputRefused(Refusal):
    """A source delivered what must not be taken in (data quality, schema drift): exit 3."""

    exit_code = 3


class PublicationRefused(Refusal):
    """A release was refused by the audit: exit 4."""

    exit_code = 4


class MartsRefused(Refusal):
    """The marts about to be swapped in break a promise, so nothing was swapped: exit 3."""

    exit_code = 3


class VerificationFailed(Refusal):
    """A release, its ledger or their key is not what was signed, or the release was withdrawn: exit 1."""


class AnotherRunHoldsTheLock(Refusal):
    """Another run is writing to this home: exit 5."""

    exit_code = 5


class DeliveryFailed(Refusal):
    """A destination of releases could not be reached or written; the same delivery may go well later: exit 1."""


class DeliveryRefused(Refusal):
    """A destination holds what this home has not published, or what is here is not as it was signed: exit 1."""
