"""SIGINT, SIGTERM and SIGHUP end the command by one exception, once, wherever it is."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from home.register.register import step_listeners
from refusals.errors import Stopped

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Stopping:
    """Whether a signal came. It is raised as `Stopped`; a library that swallows that does not keep the run going."""

    def __init__(self) -> None:
        self.stopped: Stopped | None = None

    def stop(self, number: int, frame: FrameType | None) -> None:
        """The signals' handler. A second signal finds the system's own: it ends the process where it is."""
        for each in SIGNALS:
            signal.signal(each, signal.SIG_DFL)
        self.stopped = Stopped(signal.Signals(number))
        raise self.stopped

    def check(self, _: str = "") -> None:
        """Raises what a library swallowed; every step that begins calls it."""
        if self.stopped is not None:
            raise self.stopped


@contextmanager
def stopped_by_signals() -> Iterator[Stopping]:
    """Raises `Stopped` in the block when a signal comes; only in the main thread, where signals are handled."""
    stopping = Stopping()
    if threading.current_thread() is not threading.main_thread():
        yield stopping
        return
    # A signal that whoever called has put aside (nohup) stays so.
    before = {each: handler for each in SIGNALS if (handler := signal.getsignal(each)) != signal.SIG_IGN}
    for each in before:
        signal.signal(each, stopping.stop)
    step_listeners.append(stopping.check)
    try:
        yield stopping
    finally:
        step_listeners.remove(stopping.check)
        for each, handler in before.items():
            signal.signal(each, handler)
