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

    def line(self, title: str, verb: str = "started") -> Line:
        """A line for a piece of work that has started, or whatever else it does."""

    def say(self, words: str) -> None:
        """Tell something beside the work."""


TELL_EVERY_S = 60.0
"""How often logs and pipes get a line about work that goes on, if there is news."""


class EventLine:
    """Prints a line when a piece of work starts, each minute of it that brings news, and when it ends."""

    def __init__(self, title: str, verb: str = "started") -> None:
        self.title, self.started = title, time.monotonic()
        self.told_at, self.told = self.started, ""
        self._print(verb)

    def update(self, done: int, total: int, words: str) -> None:
        news, now = f"{done}/{total} {words}", time.monotonic()
        if news != self.told and now - self.told_at >= TELL_EVERY_S:
            self.told, self.told_at = news, now
            self._print(news)

    def finish(self, outcome: str) -> None:
        self._print(f"{outcome} ({time.monotonic() - self.started:.0f} s)")

    def _print(self, words: str) -> None:
        _print(f"{self.title}: {words}")


class EventLines:
    """For logs and pipes."""

    def line(self, title: str, verb: str = "started") -> EventLine:
        return EventLine(title, verb)

    def say(self, words: str) -> None:
        _print(words)


def _print(words: str) -> None:
    print(f"{time.strftime('%H:%M:%S')} {words}", file=sys.stderr, flush=True)


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
