"""Several steps of which none may keep the others waiting: what one refuses is told when all were tried."""

from collections.abc import Callable
from types import TracebackType

from policy.errors import Refusal


class EveryStep:
    """A context manager: `take` each step; at the end the first refusal is raised, with the lines of all."""

    def __init__(self) -> None:
        self._refusals: list[Refusal] = []

    def take(self, step: Callable[[], object]) -> None:
        """Takes one step. Anything but a refusal ends all, as ever."""
        try:
            step()
        except Refusal as refusal:
            self._refusals.append(refusal)

    def __enter__(self) -> "EveryStep":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is None and self._refusals:
            first = self._refusals[0]
            lines = dict.fromkeys(str(refusal) for refusal in self._refusals)
            raise first if len(lines) == 1 else type(first)("\n".join(lines))
