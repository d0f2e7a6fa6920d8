"""How progress is shown: bars on a terminal, a line an event in logs and pipes."""

from __future__ import annotations

import sys

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from gtpt_bench.cli.printing import plain
from gtpt_bench.study.display import EventLines


class Bar:
    """The bar of one piece of work, below those before it."""

    def __init__(self, bars: Bars, task: TaskID) -> None:
        self.bars, self.task = bars, task

    def update(self, done: int, total: int, words: str) -> None:
        drawn = not self.bars.progress.live.auto_refresh
        self.bars.progress.update(self.task, completed=done, total=total, words=plain(words), refresh=drawn)

    def finish(self, outcome: str) -> None:
        self.bars.progress.update(self.task, words=plain(outcome))
        self.bars.progress.stop_task(self.task)
        self.bars.finished()


class Bars:
    """For a terminal; drawn live while any work goes on.

    Args:
        live: whether a thread draws them ten times a second; without, they are drawn at each word only.
    """

    def __init__(self, *, live: bool = True) -> None:
        self.progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(bar_width=24),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TextColumn("{task.fields[words]}"),
            console=Console(stderr=True),
            auto_refresh=live,
        )
        self.open = 0

    def line(self, title: str, verb: str = "starting") -> Bar:
        self.open += 1
        self.progress.start()
        return Bar(self, self.progress.add_task(plain(title), total=None, words=plain(verb)))

    def say(self, words: str) -> None:
        self.progress.console.print(plain(words), highlight=False)

    def finished(self) -> None:
        """When nothing is open the bars stay as they are, and the next one starts below them."""
        self.open -= 1
        if not self.open:
            self.progress.stop()
            for task in self.progress.task_ids:
                self.progress.remove_task(task)


def progress_display() -> Bars | EventLines:
    return Bars() if sys.stderr.isatty() else EventLines()


def still_display() -> Bars | EventLines:
    """For work that is timed: nothing draws while the clock runs."""
    return Bars(live=False) if sys.stderr.isatty() else EventLines()
