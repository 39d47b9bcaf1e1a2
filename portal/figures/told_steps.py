"""What counts that are told in steps leave open, where a page makes a ratio of them."""

from dataclasses import dataclass

from anonymisation.audit.count_step import CountStep
from portal.figures.figure import Between


@dataclass(frozen=True, slots=True)
class ToldSteps:
    """The step of a week, and the fewest persons that its cells have."""

    step: CountStep
    k: int

    def sessions(self, told: int, users: int, *, is_divided: bool) -> tuple[int, int]:
        """The sessions that a row of a side mart leaves open: fewest and most.

        One that is not divided is the sum of its core cells, each told in a step of its own; there are no more of them
        than its users make groups of k.
        """
        return self.step.interval(told, 1 if is_divided else max(1, users // self.k))

    def engaged_share(self, engaged: int, sessions: int, cells: int) -> Between:
        """The share of engaged sessions in percent, of a union of so many cells that tell its sessions.

        Engaged ones are told in one step, or as the sessions (`freezing/told_parts.py`).
        """
        fewest, most = self.step.interval(sessions, cells)
        low, high = self.step.interval(engaged, cells if engaged == sessions else 1)
        fewest, high = max(0, fewest), min(high, most)
        return Between(
            100 * max(0, low) / most if most else 0.0,
            100 * high / max(fewest, high) if high else 0.0,
        )

    def rate(self, sessions: tuple[int, int], hours: float) -> Between:
        """Sessions an hour, of a row that leaves so many open."""
        return Between(max(0, sessions[0]) / hours, sessions[1] / hours)

    def share(self, part: tuple[int, int], others: tuple[int, int]) -> Between:
        """A part's share in percent, of all that it and the others of its union can be."""
        low, high = (
            100 * one / (one + other) if one + other else 0.0
            for one, other in ((max(0, part[0]), others[1]), (part[1], max(0, others[0])))
        )
        return Between(low, high)
