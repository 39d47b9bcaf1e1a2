"""Several steps of which none may keep the others waiting: what one refuses is told when all were tried."""

from collections.abc import Callable
from types import TracebackType

from refusals.errors import DiskFull, Refusal, UsageError


class EveryStep:
    """A context manager: `take` each step; at the end the first refusal is raised, with the lines of all."""

    def __init__(self) -> None:
        self._refusals: list[Refusal] = []

    def take(self, step: Callable[[], object]) -> bool:
        """Takes one step; whether it was not refused. What is no refusal ends all, as ever; and so does a full disk."""
        try:
            step()
        except DiskFull:
            raise
        except Refusal as refusal:
            self._refusals.append(refusal)
            return False
        return True

    def take_unless_wrong(self, step: Callable[[], object]) -> None:
        """Takes a step that somebody asked for: where it was asked wrongly (UsageError), nothing else is done."""
        self.take(step)
        if self._refusals and isinstance(self._refusals[-1], UsageError):
            raise self._refusals.pop()

    def __enter__(self) -> "EveryStep":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is None and self._refusals:
            first = self._refusals[0]
            lines = dict.fromkeys(str(refusal) for refusal in self._refusals)
            raise first if len(lines) == 1 else type(first)("\n".join(lines))
