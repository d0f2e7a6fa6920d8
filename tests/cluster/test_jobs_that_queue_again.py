"""What a job does when its end is announced: it queues again as long as that leads anywhere, and leaves a mark."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from gtpt_bench.cluster import after_a_job, task
from gtpt_bench.cluster.ledger import ClusterFolder
from gtpt_bench.cluster.requeued import is_marked, leave_mark
from gtpt_bench.cluster.task import Task
from gtpt_bench.errors import InputError
from gtpt_bench.files import read_json_file, write_json
from gtpt_bench.study.store import StudyFolder
from tests.cluster.simulated import works


@dataclass
class Job:
    """A job of an hour, whose clock and workers are in a test's hand; its end is announced two minutes before."""

    folder: Path
    patch: pytest.MonkeyPatch
    now: float = 1e9
    works: Callable[[], None] = field(default=lambda: None)

    def __post_init__(self) -> None:
        self.patch.setattr(task.time, "time", lambda: self.now)
        self.patch.setattr(task, "fingerprint", lambda package: "abc")
        self.patch.setattr(Task, "_alone", lambda task: self.works())
        self.patch.setattr(task, "_pickle", lambda: self.folder / "jobs" / "17_submitted.pkl")
        self.patch.setenv("SLURM_JOB_ID", "17")
        self.patch.setenv("OMP_NUM_THREADS", "96")
        self.study = StudyFolder(self.folder / "study")
        self.work = works(1)[0]
        self.run = self.work.job_folder(self.study)

    def says(self, step: str, done: int) -> None:
        write_json(self.run.progress, {"step": step, "done": done, "total": 100, "words": ""})

    def queues_again(self, *words: tuple[str, int], after_s: float = 3600 - 120 - 60) -> bool:
        """Whether it does after its worker said these words and the time is up."""
        job = Task(self.study.path, (self.work,), "abc", 4, 1, "", time_limit_min=60, warn_before_end_s=120)
        self.works = lambda: [self.says(*word) for word in words] and None
        job()
        self.now += after_s
        return job.checkpoint() is not None


@pytest.fixture
def job(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Job:
    return Job(tmp_path, monkeypatch)


@pytest.mark.parametrize("step", ["train", "cost"])
def test_what_goes_on_where_it_was_takes_as_many_jobs_as_it_needs(job: Job, step: str) -> None:
    assert [job.queues_again((step, done)) for done in (20, 40, 60)] == [True, True, True]
    assert not job.queues_again((step, 60))


@pytest.mark.parametrize("step", ["evaluate", "timing"])
def test_what_starts_anew_in_each_job_does_not_go_round_for_ever(job: Job, step: str) -> None:
    """However far it gets each time."""
    assert job.queues_again(("train", 100), (step, 50))
    assert not job.queues_again((step, 70))
    failure = read_json_file(job.run.error)
    assert failure
    assert failure["kind"] == "time"
    assert failure["reason"] == "no step was finished in a whole job of 1 h; raise time_limit_h"
    assert "provenance" in failure  # it speaks of itself


def test_a_job_that_had_to_give_way_early_queues_again_whatever_it_did(job: Job) -> None:
    assert [job.queues_again(("evaluate", 5), after_s=600) for _ in range(3)] == [True, True, True]


def test_the_cores_of_a_job_are_those_of_the_profile(job: Job) -> None:
    job.queues_again(("train", 1))
    assert task.os.environ["OMP_NUM_THREADS"] == "4"


def test_a_job_that_queued_again_has_not_ended(job: Job, monkeypatch: pytest.MonkeyPatch) -> None:
    """submitit leaves with code -1, so that srun says 255, as it does for any failure."""
    jobs = job.folder / "study" / ".slurm-quick" / "jobs"
    assert ended(job, monkeypatch) == {"17": 1}
    leave_mark(jobs)
    assert ended(job, monkeypatch) == {}
    monkeypatch.setenv("SLURM_RESTART_COUNT", "1")
    assert not is_marked(jobs, "17")
    assert ended(job, monkeypatch) == {"17": 1}
    assert ended(job, monkeypatch, exit_code="137") == {"17": 137}


@pytest.mark.parametrize(
    ("error", "words"),
    [(OSError(28, "No space left on device", "a/b"), "a/b: No space left on device"), (InputError("no"), "no")],
)
def test_what_goes_wrong_at_the_end_of_a_job_is_one_line(
    error: Exception, words: str, job: Job, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fails(cluster: Any) -> None:
        raise error

    ended(job, monkeypatch, brings_on=fails, code=2)
    assert capsys.readouterr().err == f"error: {words}\n"


def ended(
    job: Job, patch: pytest.MonkeyPatch, *, exit_code: str = "255", brings_on: Any = None, code: int = 0
) -> dict[str, int]:
    """The word that the end of the job leaves for whoever brings the study on."""
    patch.setattr(after_a_job, "bring_on", brings_on or (lambda cluster: None))
    patch.setattr(after_a_job, "is_over", lambda cluster: False)
    patch.setattr(sys, "argv", ["after_a_job", str(job.study.path), "quick", exit_code, "17"])
    assert after_a_job.main() == code
    words = ClusterFolder(job.study, "quick").ended
    left = words.read()
    words.forget(left)
    return left
