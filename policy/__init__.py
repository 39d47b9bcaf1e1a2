"""What people decide: numbers and lists, typed and frozen, each with its unit, reason and source."""

from policy.policy import Policy, load_policy

__all__ = ["Policy", "load_policy"]
