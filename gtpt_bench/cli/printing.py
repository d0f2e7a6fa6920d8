"""How answers are shown: tables and progress for people, JSON for programs."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Sequence
from typing import Any

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table


def print_json(content: Any) -> None:
    typer.echo(json.dumps(content, indent=1, ensure_ascii=False, allow_nan=False))


def print_table(title: str, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """A table on stdout; columns whose cells are all numbers are set to the right."""
    table = Table(title=title or None, title_justify="left", header_style="bold", box=None, pad_edge=False)
    for place, column in enumerate(columns):
        numeric = rows and all(row[place].replace(",", "")[:1].isdigit() or not row[place] for row in rows)
        table.add_column(column, justify="right" if numeric else "left", overflow="fold")
    for row in rows:
        table.add_row(*map(_plain, row))
    width = None if sys.stdout.isatty() else 200
    Console(width=width, highlight=False).print(table)


def _plain(cell: str) -> str:
    """A cell that rich does not take for markup."""
    return cell.replace("[", r"\[")


class ProgressLines:
    """One line an event, for logs and pipes."""

    def __init__(self) -> None:
        self.title, self.started = "", 0.0

    def start(self, title: str) -> None:
        self.title, self.started = title, time.monotonic()
        self._print("started")

    def update(self, done: int, total: int, words: str) -> None:
        """Nothing: a line an update would drown the events."""

    def finish(self, outcome: str) -> None:
        self._print(f"{outcome} ({time.monotonic() - self.started:.0f} s)")

    def _print(self, words: str) -> None:
        print(f"{time.strftime('%H:%M:%S')} {self.title}: {words}", file=sys.stderr, flush=True)


class ProgressBar:
    """One bar a job on a terminal."""

    def __init__(self) -> None:
        self.progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(bar_width=24),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TextColumn("{task.fields[words]}"),
            console=Console(stderr=True),
        )

    def start(self, title: str) -> None:
        self.progress.start()
        self.task = self.progress.add_task(_plain(title), total=None, words="starting")

    def update(self, done: int, total: int, words: str) -> None:
        self.progress.update(self.task, completed=done, total=total, words=_plain(words))

    def finish(self, outcome: str) -> None:
        self.progress.update(self.task, words=_plain(outcome))
        self.progress.stop_task(self.task)
        self.progress.stop()


def progress_display() -> ProgressBar | ProgressLines:
    return ProgressBar() if sys.stderr.isatty() else ProgressLines()
