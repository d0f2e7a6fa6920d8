"""The state of a study again and again: drawn in its place on a terminal; in logs and pipes a table when it changes."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Sequence
from types import TracebackType
from typing import Protocol, Self

import typer
from rich.console import Console
from rich.live import Live
from rich.text import Text

from gtpt_bench.cli.columns import set_in_columns
from gtpt_bench.cli.printing import print_table
from gtpt_bench.study.display import TELL_EVERY_S

Row = tuple[str, str, str]
"""A part, its state, and words about it."""

COLUMNS: Row = ("part", "state", "")
ROWS_WATCHED = 30
"""Parts that are named while watching; there may be thousands."""

LINES_BESIDE_ROWS = 5
"""Of a terminal: summary, heading, what is left out, the cursor."""


class Watching(Protocol):
    """Where each look at a study is shown."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...

    def show(self, summary: str, rows: Sequence[Row]) -> None: ...


class Redrawn:
    """On a terminal."""

    def __init__(self, console: Console) -> None:
        self.console = console
        self.live = Live(console=console, auto_refresh=False, vertical_overflow="crop")

    def __enter__(self) -> Self:
        self.live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.live.stop()

    def show(self, summary: str, rows: Sequence[Row]) -> None:
        most = max(1, min(ROWS_WATCHED, self.console.height - LINES_BESIDE_ROWS))
        lines = [summary]
        if rows:
            table = set_in_columns([COLUMNS, *rows[:most]], [False] * len(COLUMNS), self.console.width)
            lines += [line for row in table for line in row]
        lines += left_out(rows, most)
        self.live.update(Text("\n".join(lines), no_wrap=True, overflow="ellipsis"), refresh=True)


class PrintedOnChange:
    """In logs and pipes: when a part is in another state, or a minute later if there is other news."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.clock = clock
        self.states: list[tuple[str, str]] | None = None
        self.shown: tuple[str, list[Row]] = ("", [])
        self.shown_at = 0.0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Nothing is left to do."""

    def show(self, summary: str, rows: Sequence[Row]) -> None:
        states, now = [(part, state) for part, state, _ in rows], self.clock()
        is_change = states != self.states or summary != self.shown[0]
        if not is_change and (now - self.shown_at < TELL_EVERY_S or list(rows) == self.shown[1]):
            return
        self.states, self.shown, self.shown_at = states, (summary, list(rows)), now
        typer.echo(f"{time.strftime('%H:%M:%S')} {summary}")
        if rows:
            print_table("", COLUMNS, rows[:ROWS_WATCHED])
        for line in left_out(rows, ROWS_WATCHED):
            typer.echo(line)


def left_out(rows: Sequence[Row], most: int) -> list[str]:
    return [f"… and {len(rows) - most} more"] if len(rows) > most else []


def watching() -> Watching:
    return Redrawn(Console()) if sys.stdout.isatty() else PrintedOnChange()
