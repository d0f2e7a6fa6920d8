"""`status --watch` redraws on a terminal; in a pipe it prints when something has changed."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from gtpt_bench.cli.watching import PrintedOnChange, Redrawn

ROWS = [("dense seed 0", "running", "train 1/40 loss 2"), ("pruned seed 0", "queued", "")]


def test_a_terminal_has_the_last_state_only() -> None:
    terminal = Console(file=io.StringIO(), force_terminal=True, width=80, height=12)
    with Redrawn(terminal) as shown:
        shown.show("mini: 1 running, 1 queued", ROWS)
        shown.show("mini: 1 running, 1 done", ROWS[:1])
    written = terminal.file.getvalue()  # type: ignore[attr-defined]
    assert written.count("\x1b[1A") >= 3  # up to the first line, and over it
    assert "mini: 1 running, 1 done" in written


def test_a_small_terminal_is_not_overrun() -> None:
    terminal = Console(file=io.StringIO(), force_terminal=True, width=60, height=10)
    rows = [(f"dense seed {seed}", "queued", "in the queue as 17") for seed in range(40)]
    with Redrawn(terminal) as shown:
        shown.show("mini: 40 queued", rows)
    written = terminal.file.getvalue()  # type: ignore[attr-defined]
    assert "dense seed 4" in written
    assert "dense seed 5" not in written
    assert "… and 35 more" in written


def test_a_pipe_is_told_of_changes_and_of_other_news_once_a_minute(capsys: pytest.CaptureFixture[str]) -> None:
    now = [0.0]
    with PrintedOnChange(clock=lambda: now[0]) as shown:
        for second in range(0, 130, 2):
            now[0] = second
            rows = [("dense seed 0", "running", f"train {second}/400 loss 2"), ROWS[1]]
            shown.show("mini: 1 running, 1 queued", rows)
        shown.show("mini: 1 done, 1 queued", ROWS[1:])
    told = [line[9:] for line in capsys.readouterr().out.splitlines() if "mini: " in line]
    assert told == 3 * ["mini: 1 running, 1 queued"] + ["mini: 1 done, 1 queued"]
