"""What logs and pipes are told while work goes on: at a rhythm, not with every step."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from gtpt_bench.study import display, worker
from gtpt_bench.study.display import EventLines
from gtpt_bench.study.store import JobFolder
from gtpt_bench.study.worker import ProgressFile

CLOCK = r"\d\d:\d\d:\d\d "


@pytest.fixture
def now(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Seconds of a clock, to be changed."""
    seconds = [0.0]
    monkeypatch.setattr(display.time, "monotonic", lambda: seconds[0])
    return seconds


def said(capsys: pytest.CaptureFixture[str]) -> list[str]:
    return [re.sub(f"^{CLOCK}", "", line) for line in capsys.readouterr().err.splitlines()]


def test_work_that_goes_on_is_told_of_once_a_minute_if_there_is_news(
    now: list[float], capsys: pytest.CaptureFixture[str]
) -> None:
    line = EventLines().line("mini on small")
    for second in range(0, 300, 2):
        now[0] = second
        line.update(min(second, 100), 600, "running")
    line.finish("done")
    assert said(capsys) == [
        "mini on small: started",
        "mini on small: 60/600 running",
        "mini on small: 100/600 running",
        "mini on small: done (298 s)",
    ]


def test_a_log_has_a_line_each_half_minute_and_at_both_ends_of_a_step(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    seconds = [0.0]
    report = ProgressFile(JobFolder(tmp_path), clock=lambda: seconds[0])
    for step in range(1, 101):
        seconds[0] += 1
        report("train", step, 100, f"epoch 1/1, loss {step}")
    report("evaluate", 0, 7, "persons")
    lines = [line.split(" ", 2)[2] for line in capsys.readouterr().out.splitlines()]
    assert lines == [
        *(f"train {step}/100 epoch 1/1, loss {step}" for step in (1, 31, 61, 91, 100)),
        "evaluate 0/7 persons",
    ]


@pytest.mark.parametrize(("job", "words"), [("17", "job 17, node n3, worker 5"), ("", "node n3, worker 5")])
def test_a_log_begins_with_who_works_where(job: str, words: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker.os, "getpid", lambda: 5)
    monkeypatch.setenv("SLURMD_NODENAME", "n3")
    monkeypatch.setattr(worker, "slurm_job", lambda: job)
    assert worker._who_and_where() == words
