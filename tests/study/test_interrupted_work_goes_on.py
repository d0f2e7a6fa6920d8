"""A study that is stopped or killed anywhere and run again gives the numbers of one that was not."""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from gtpt_bench.errors import RunInterrupted
from gtpt_bench.files import read_json_file
from gtpt_bench.study import measuring, steps
from gtpt_bench.study.job import RunJob, TimingJob
from gtpt_bench.study.worker import work
from tests.study.outcomes import numbers, status_of
from tests.study.small_study import STUDY, Workplace, prepared

ONLY: dict[str, Any] = {"only": ["pruned"]}

KILLED = """
import os, signal, sys, torch
from gtpt_bench.study import steps
from gtpt_bench.cli.main import main

steps.SECONDS_BETWEEN_CHECKPOINTS = -1.0
where, last = sys.argv.pop(1), 3
real_save, real_write, saved = torch.save, steps.write_json, 0

def die():
    os.kill(os.getpid(), signal.SIGKILL)

def save(content, path):
    global saved
    saved += 1
    real_save(content, path)
    if where == "while saving" and saved == last:
        os.truncate(path, path.stat().st_size // 2)
        die()
    if where == "after saving" and saved > last:
        die()

def write(path, content):
    if where == "before the record" and path.name == "train.json":
        die()
    real_write(path, content)

torch.save, steps.write_json = save, write
main()
"""
"""The command with a checkpoint after every step, which dies by `kill -9` at a chosen place."""


def command(place: Workplace, *options: str) -> list[str]:
    return ["run", str(place.study_file), "--results", str(place.results), "--only", "pruned", *options]


def stop_after(num_questions: int) -> Callable[[], bool]:
    """Answers a worker's question, whether to stop, with yes once it has been asked so often."""
    asked = iter(range(10**6))
    return lambda: next(asked) + 1 >= num_questions


@pytest.fixture(scope="session")
def expected(_finished: Workplace) -> dict[str, object]:
    return numbers(_finished.open(), "pruned")


@pytest.mark.parametrize("num_steps", [1, 2, 3, 4])
def test_a_worker_that_is_asked_to_stop_saves_its_state_and_goes_on_next_time(
    num_steps: int, place: Workplace, expected: dict[str, object], capsys: pytest.CaptureFixture[str]
) -> None:
    """Within an epoch and at its end."""
    session = place.open(**ONLY)
    folder = prepared(session, session.chosen.runs[0])
    assert work(folder, stop=stop_after(num_steps)) == RunInterrupted.exit_code
    assert f"stopped after step {num_steps} of" in capsys.readouterr().out
    assert status_of(session, "pruned seed 0", "missing").words == "stopped; run again to continue"
    assert not folder.error.exists()
    assert place.run(**ONLY).failed == 0
    assert numbers(session, "pruned") == expected


def test_a_worker_that_is_stopped_at_every_step_gets_there_too(place: Workplace, expected: dict[str, object]) -> None:
    session = place.open(**ONLY)
    folder = prepared(session, session.chosen.runs[0])
    codes = [work(folder, stop=stop_after(1)) for _ in range(12)]
    last_stop = codes.index(0)
    assert last_stop > 2
    assert codes == [RunInterrupted.exit_code] * last_stop + [0] * (12 - last_stop)
    assert numbers(session, "pruned") == expected


def test_going_on_starts_at_the_saved_step(place: Workplace) -> None:
    session = place.open(**ONLY)
    folder = prepared(session, session.chosen.runs[0])
    work(folder, stop=stop_after(2))
    job, done = RunJob.model_validate(read_json_file(folder.job)), list[int]()
    steps.train(job, folder, stop=lambda: False, progress=lambda step, at, total, words: done.append(at))
    assert done[0] == 3


def begun_again(place: Workplace) -> None:
    """Take the pruned variant's run away; costs and data stay."""
    for folder in place.results.glob("mini/pruned-*"):
        shutil.rmtree(folder)


@pytest.mark.parametrize(
    "where",
    ["while saving", *(pytest.param(later, marks=pytest.mark.long) for later in ("after saving", "before the record"))],
)
def test_a_study_killed_on_the_spot_and_run_again_gives_the_same_numbers(
    where: str, finished: Workplace, expected: dict[str, object]
) -> None:
    begun_again(finished)
    killed = subprocess.run(
        [sys.executable, "-c", KILLED, where, *command(finished, "--executor", "inline")],
        capture_output=True,
        text=True,
    )
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    session = finished.open(**ONLY)
    assert session.folder.run(session.chosen.runs[0]).lock.exists()
    assert status_of(session, "pruned seed 0", "missing").words
    assert finished.run(**ONLY).done == 1
    assert numbers(session, "pruned") == expected


def test_ctrl_c_stops_the_command_and_says_how_to_go_on(finished: Workplace) -> None:
    begun = set(finished.results.glob("mini/pruned-*"))
    endless = ("--set", "accuracy.training.epochs=1000000")
    running = subprocess.Popen(
        [sys.executable, "-c", "from gtpt_bench.cli.main import main; main()", *command(finished, *endless)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        # A shell that starts tests in the background has them ignore Ctrl-C, and children inherit that.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    try:
        folder = _working_folder(finished.results, running, without=begun)
        running.send_signal(signal.SIGINT)
        _, errors = running.communicate(timeout=60)
    finally:
        running.terminate()
    assert running.returncode == 130
    assert "nothing is lost" in errors
    assert "Traceback" not in errors
    assert (folder / "checkpoint.pt").exists()
    assert not (folder / "lock").exists()
    session = finished.open("accuracy.training.epochs=1000000", **ONLY)
    assert status_of(session, "pruned seed 0", "missing").words == "stopped; run again to continue"


def _working_folder(results: Path, running: subprocess.Popen[str], without: set[Path]) -> Path:
    """The folder of the run, once its training has begun."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and running.poll() is None:
        for folder in set(results.glob("mini/pruned-*")) - without:
            if (read_json_file(folder / "progress.json") or {}).get("done", 0) > 0:
                return folder
        time.sleep(0.05)
    running.terminate()
    pytest.fail(f"training did not begin: {running.communicate()[1]}")


def test_a_timing_session_that_is_asked_to_stop_ends_after_a_round_without_a_record(place: Workplace) -> None:
    place.write({**STUDY, "timing": {"warmup_s": 0, "round_s": 0.001}})
    session = place.open()
    (job,) = (planned.job for planned in session.missing_jobs() if isinstance(planned.job, TimingJob))
    rounds = list[int]()
    with pytest.raises(RunInterrupted, match="while time was measured"):
        measuring.measure_time(job, stop=lambda: True, progress=lambda step, done, total, words: rounds.append(done))
    assert rounds == [1]
    assert list(place.results.glob("mini/timing-*")) == []
