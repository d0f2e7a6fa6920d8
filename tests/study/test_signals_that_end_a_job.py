"""SLURM announces the end of a job by a signal: a worker stops by it with its state saved, however early it comes."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from typing import Any

import pytest

from gtpt_bench.errors import RunInterrupted
from gtpt_bench.study.local_worker import Subprocess, held_back, restored_signals
from gtpt_bench.study.store import JobFolder
from gtpt_bench.study.worker import STOPPING, StopFlag, work
from tests.study.outcomes import status_of
from tests.study.small_study import Ends, Workplace, prepared

ONLY: dict[str, Any] = {"only": ["pruned"]}

LISTENER = """
import sys
print("began", flush=True)
sys.stdin.readline()
from gtpt_bench.study.worker import StopFlag
stop = StopFlag()
stop.listen()
print(stop.is_set, flush=True)
"""
"""Begins, is held up, and only then listens to signals, as a worker is while it imports what it needs."""


def listener() -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, "-c", LISTENER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout
    assert process.stdout.readline() == "began\n"
    return process


def test_a_warning_that_comes_too_early_is_heard_once_the_worker_listens() -> None:
    with held_back():
        process = listener()
    process.send_signal(signal.SIGUSR2)
    assert process.communicate("go on\n", timeout=60)[0] == "True\n"
    assert process.returncode == 0


def test_otherwise_it_would_have_ended_the_worker() -> None:
    process = listener()
    process.send_signal(signal.SIGUSR2)
    process.communicate(timeout=60)
    assert process.returncode == -signal.SIGUSR2


def test_nothing_is_held_back_from_whoever_started_the_worker() -> None:
    before = signal.pthread_sigmask(signal.SIG_BLOCK, ())
    with held_back():
        assert signal.SIGUSR2 in signal.pthread_sigmask(signal.SIG_BLOCK, ())
    with pytest.raises(FileNotFoundError), held_back():
        subprocess.Popen(["no such program"])
    assert signal.pthread_sigmask(signal.SIG_BLOCK, ()) == before


@pytest.mark.parametrize("number", STOPPING)
def test_any_of_them_stops_training_with_its_state_saved(
    number: signal.Signals, place: Workplace, monkeypatch: pytest.MonkeyPatch
) -> None:
    session, stop = place.open(**ONLY), StopFlag()
    folder = prepared(session, session.chosen.runs[0])
    monkeypatch.setattr("gtpt_bench.study.worker.ProgressFile", lambda folder: SignalAfter(number, num_steps=2))
    with restored_signals():
        stop.listen()
        assert work(folder, stop=stop) == RunInterrupted.exit_code
    saved_its_state(folder)
    assert status_of(session, "pruned seed 0", "missing").words == "stopped; run again to continue"


class SignalAfter:
    """In place of a worker's progress file: sends this process a signal at some training step."""

    def __init__(self, number: signal.Signals, *, num_steps: int) -> None:
        self.number, self.num_steps = number, num_steps

    def __call__(self, step: str, done: int, total: int, words: str) -> None:
        assert done <= self.num_steps + 1, "it went on"
        if (step, done) == ("train", self.num_steps):
            os.kill(os.getpid(), self.number)


def saved_its_state(folder: JobFolder) -> None:
    assert folder.checkpoint.exists()
    assert not folder.train_record.exists()
    assert not folder.error.exists()
    assert not folder.lock.exists()


def test_a_worker_that_is_warned_as_soon_as_it_starts_saves_its_state(place: Workplace) -> None:
    session = place.open(**ONLY)
    (job,) = session.prepared(Ends())[1:]
    worker = Subprocess(job)
    worker.process.send_signal(signal.SIGUSR2)
    assert worker.process.wait(timeout=60) == RunInterrupted.exit_code, job.folder.log.read_text()
    saved_its_state(job.folder)
