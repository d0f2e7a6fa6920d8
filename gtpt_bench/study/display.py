"""What work tells people while it goes on; cli/progress.py draws it."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Protocol


class Line(Protocol):
    """Shows how one piece of work goes."""

    def update(self, done: int, total: int, words: str) -> None: ...

    def finish(self, outcome: str) -> None: ...


class Display(Protocol):
    """Shows what goes on, a line a piece of work."""

    def line(self, title: str) -> Line: ...


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
