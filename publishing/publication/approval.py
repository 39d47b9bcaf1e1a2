"""That people decided it: without an approval on record, nothing of a dataset leaves."""

from datetime import date

from policy.errors import PublicationRefused
from policy.release_policy import Approval, ReleasePolicy


def approval_in_force(policy: ReleasePolicy, dataset: str, day: date) -> Approval | None:
    """The latest approval given on or before a day; None: there is none."""
    given = [one for one in policy.approval if one.dataset == dataset and one.approved_on <= day]
    return max(given, key=lambda one: one.approved_on, default=None)


def check_approved(policy: ReleasePolicy, dataset: str, day: date) -> Approval:
    """The approval in force.

    Raises:
        PublicationRefused: nobody approved the dataset by that day.
    """
    approval = approval_in_force(policy, dataset, day)
    if approval is None:
        raise PublicationRefused(
            f"dataset {dataset} is not approved: a reviewer approves it in releases.toml of the policy directory, with"
            " [[approval]] and its dataset, reviewer, approved_on and reference"
        )
    return approval
