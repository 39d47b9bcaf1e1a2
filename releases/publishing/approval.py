"""That people decided it: without an approval on record, nothing of a dataset leaves."""

from datetime import UTC, datetime

from policy.release_policy import Approval, DatasetPolicy, ReleasePolicy
from refusals.errors import PublicationRefused


def approval_in_force(policy: ReleasePolicy, dataset: str, as_of: datetime) -> Approval | None:
    """The latest approval given by the day of `as_of`; None: there is none.

    An `as_of` ahead of the clock brings no approval into force that nobody has given yet.
    """
    day = min(as_of, datetime.now(UTC)).date()
    given = [one for one in policy.approval if one.dataset == dataset and one.approved_on <= day]
    return max(given, key=lambda one: one.approved_on, default=None)


def approved_datasets(policy: ReleasePolicy, as_of: datetime) -> tuple[DatasetPolicy, ...]:
    """The datasets of which something may leave, in the policy's order: the one decision that every way out asks."""
    return tuple(dataset for dataset in policy.dataset if approval_in_force(policy, dataset.name, as_of) is not None)


def approved_names(policy: ReleasePolicy, as_of: datetime) -> frozenset[str]:
    """Their names."""
    return frozenset(dataset.name for dataset in approved_datasets(policy, as_of))


def check_approved(policy: ReleasePolicy, dataset: str, as_of: datetime) -> Approval:
    """The approval in force.

    Raises:
        PublicationRefused: nobody has approved the dataset by then.
    """
    approval = approval_in_force(policy, dataset, as_of)
    if approval is None:
        raise PublicationRefused(
            f"dataset {dataset} is not approved: a reviewer approves it in releases.toml of the policy directory, with"
            " [[approval]] and its dataset, reviewer, approved_on and reference"
        )
    return approval
