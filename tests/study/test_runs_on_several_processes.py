"""A run that several processes share: started by its worker, or all together by torchrun or srun."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from gtpt_bench.files import read_json_file, write_json
from gtpt_bench.study import teamwork
from gtpt_bench.study.job import RunJob
from gtpt_bench.study.store import JobFolder
from gtpt_bench.study.worker import work
from tests.study.outcomes import states, status_of
from tests.study.small_study import Workplace, prepared

ONLY: dict[str, Any] = {"only": ["pruned"]}
HALVES = ("accuracy.training.micro_batch=2",)
"""Batches of four in two parts."""


def shared(place: Workplace, processes: int) -> JobFolder:
    """The folder of a run whose job asks for so many processes."""
    session = place.open(*HALVES, **ONLY)
    folder = prepared(session, session.chosen.runs[0])
    job = RunJob.model_validate(read_json_file(folder.job))
    write_json(folder.job, job.model_copy(update={"processes": processes}).model_dump(mode="json"))
    return folder


def killing(started: list[subprocess.Popen[bytes]], after: int) -> Callable[[], bool]:
    """Never asks to stop, but kills the assistants when asked so often."""
    asked = iter(range(10**6))

    def stop() -> bool:
        if next(asked) + 1 == after:
            for assistant in started:
                assistant.kill()
                assistant.wait()
        return False

    return stop


@pytest.mark.long
def test_a_run_of_two_processes_fails_with_one_of_them_and_goes_on_next_time(
    place: Workplace, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, started = teamwork._started, list[subprocess.Popen[bytes]]()

    def remembered(*arguments: Any) -> subprocess.Popen[bytes]:
        started.append(real(*arguments))
        return started[-1]

    monkeypatch.setattr(teamwork, "_started", remembered)
    folder = shared(place, 2)
    assert work(folder, stop=killing(started, after=2)) == 1
    reason = "process 2 of 2 was killed by signal 9; run again to go on"
    session = place.open(*HALVES, **ONLY)
    assert status_of(session, "pruned seed 0", "failed").words == reason

    assert work(folder, stop=lambda: False) == 0
    assert [assistant.poll() for assistant in started] == [-signal.SIGKILL, 0]
    record = read_json_file(folder.train_record)
    assert record
    assert record["processes"] == 2


def test_a_lost_picture_is_named_whichever_process_wanted_it(place: Workplace) -> None:
    folder = shared(place, 2)
    job = RunJob.model_validate(read_json_file(folder.job))
    picture = sorted((job.data_root / "images" / "train2017").iterdir())[-1]
    picture.unlink()
    assert work(folder, stop=lambda: False) == 1
    error = read_json_file(folder.error)
    assert error
    assert str(picture) in error["reason"]
    assert "\n" not in error["reason"]


def started_together(*arguments: str | Path) -> list[tuple[int, str, str]]:
    """The command as torchrun starts it, twice: code, stdout and stderr of each."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    common = {**os.environ, "WORLD_SIZE": "2", "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port)}
    processes = [
        subprocess.Popen(
            [sys.executable, "-m", "gtpt_bench", *map(str, arguments)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=common | {"RANK": str(rank), "LOCAL_RANK": str(rank)},
        )
        for rank in range(2)
    ]
    outputs = [process.communicate(timeout=100) for process in processes]
    return [(process.returncode, *output) for process, output in zip(processes, outputs, strict=True)]


@pytest.mark.long
def test_started_by_torchrun_the_first_process_reports_and_the_other_assists(finished: Workplace) -> None:
    arguments = ["--only", "pruned", "--set", *HALVES, "--results", finished.results]
    first, second = started_together("run", finished.study_file, *arguments)
    assert (first[0], second[0]) == (0, 0), first[2] + second[2]
    assert "Report: " in first[1]
    assert second[1] == ""
    session = finished.open(*HALVES, **ONLY)
    assert states(session)["pruned seed 0"] == "done"
    record = read_json_file(session.folder.run(session.chosen.runs[0]).train_record)
    assert record
    assert record["processes"] == 2
