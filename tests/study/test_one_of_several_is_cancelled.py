"""What is cancelled from another shell of this machine ends, or does not begin; the rest goes on."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path
from typing import Any

import pytest

from gtpt_bench.study.execute_local import INTERRUPTED, execute
from gtpt_bench.study.lock import locked
from gtpt_bench.study.missing import PlannedJob
from gtpt_bench.study.stop import Cancelled, stop_here
from gtpt_bench.study.store import StudyFolder
from tests.study.small_study import STUDY, EndedWorker, Ends, Workplace


@pytest.fixture
def jobs(tmp_path: Path) -> list[PlannedJob]:
    """Three runs."""
    place = Workplace(tmp_path)
    place.write({**STUDY, "seeds": [0, 1, 2]})
    return place.open(only=["dense"]).missing_jobs()[-3:]


def outcome_of(jobs: list[PlannedJob], *cancelled: PlannedJob) -> Any:
    """What becomes of jobs, some of which are cancelled while they run or before."""
    taken_out = list(cancelled)
    return execute(
        jobs,
        lambda job: EndedWorker(INTERRUPTED if job in taken_out else 0),
        Ends(),
        at_once=2,
        is_cancelled=lambda job: job in taken_out,
    )


def test_the_others_are_done(jobs: list[PlannedJob]) -> None:
    outcome = outcome_of(jobs, jobs[2])
    assert (outcome.done, outcome.cancelled, outcome.interrupted) == (2, 1, False)
    assert outcome.stopped == "1 part(s) were cancelled; run again to do them"


def test_who_has_nothing_else_to_do_is_interrupted(jobs: list[PlannedJob]) -> None:
    assert outcome_of(jobs, *jobs).interrupted


def test_a_signal_that_no_cancelling_sent_interrupts_all(jobs: list[PlannedJob]) -> None:
    outcome = execute(jobs, lambda job: EndedWorker(INTERRUPTED), Ends(), at_once=1)
    assert (outcome.interrupted, outcome.cancelled) == (True, 0)


def test_a_worker_that_is_stopped_is_known_to_be_cancelled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    study, told, began_at = StudyFolder(tmp_path), list[tuple[int, int]](), time.time()
    monkeypatch.setattr(os, "kill", lambda pid, number: told.append((pid, number)))
    assert stop_here(study, {"run-0", "run-1"}) == 0
    assert Cancelled(study).since(began_at) == set()
    with locked(tmp_path / "run-0" / "lock"):
        assert stop_here(study, {"run-0", "run-1"}) == 1
    assert told == [(os.getpid(), signal.SIGTERM)]
    assert Cancelled(study).since(began_at) == {"run-0", "run-1"}
    assert Cancelled(study).since(time.time()) == set()
