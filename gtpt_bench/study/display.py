"""What work tells people while it goes on: as lines here, drawn by cli/progress.py."""

from __future__ import annotations

import contextlib
import sys
import time
from collections.abc import Iterator
from typing import Protocol


class Line(Protocol):
    """Shows how one piece of work goes."""

    def update(self, done: int, total: int, words: str) -> None: ...

    def finish(self, outcome: str) -> None: ...


class Display(Protocol):
    """Shows what goes on, a line a piece of work."""

    def line(self, title: str) -> Line: ...


class EventLine:
    """Prints a line when a piece of work starts and when it ends."""

    def __init__(self, title: str) -> None:
        self.title, self.started = title, time.monotonic()
        self._print("started")

    def update(self, done: int, total: int, words: str) -> None:
        """Nothing: a line an update would drown the events."""

    def finish(self, outcome: str) -> None:
        self._print(f"{outcome} ({time.monotonic() - self.started:.0f} s)")

    def _print(self, words: str) -> None:
        print(f"{time.strftime('%H:%M:%S')} {self.title}: {words}", file=sys.stderr, flush=True)


class EventLines:
    """For logs and pipes."""

    def line(self, title: str) -> EventLine:
        return EventLine(title)


@contextlib.contextmanager
def shown(display: Display, title: str) -> Iterator[Line]:
    """A line for work done right here; it ends as done or, after an error or Ctrl-C, as stopped."""
    line = display.line(title)
    try:
        yield line
    except BaseException:
        line.finish("stopped")
        raise
    line.finish("done")
