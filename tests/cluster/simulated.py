"""A campaign on the fake SLURM in this very process, whose clock, jobs and deaths are in a test's hand."""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest import mock

import pytest
from submitit.core.utils import CommandFunction, DelayedSubmission, FailedJobError

from gtpt_bench.cluster import after_a_job, commands, fill, queue, submit
from gtpt_bench.cluster.advance import advance
from gtpt_bench.cluster.code_copy import package_folder
from gtpt_bench.cluster.ledger import Campaign, ClusterFolder, Submission, Unit, Work
from gtpt_bench.cluster.profile import ClusterProfile
from gtpt_bench.files import write_json
from gtpt_bench.study.store import SCHEMA, StudyFolder
from tests.cluster.fake_slurm import FakeSlurm

RECORD = {"schema": SCHEMA, "step": "evaluate", "signature": "s"}


class Killed(BaseException):
    """What `kill -9` is to a process: nothing that it still wants to do is done."""


@dataclass
class Simulated:
    """A study of some runs on its way through a fake cluster."""

    cluster: ClusterFolder
    slurm: FakeSlurm
    now: float = 1e9
    steps_to_live: float = float("inf")
    """Until whoever acts is killed: steps are changes of files, and the moments before and after SLURM's commands."""
    num_steps: int = 0
    is_mortal: bool = False
    works_of: dict[str, tuple[Work, ...]] = field(default_factory=dict)
    """What each job was submitted to do."""
    over: set[str] = field(default_factory=set)
    """Jobs whose processes have ended, though SLURM may still hold them."""
    done_by: Counter[str] = field(default_factory=Counter)

    def step(self) -> None:
        if self.is_mortal:
            self.num_steps += 1
            self.steps_to_live -= 1
            if self.steps_to_live < 0:
                raise Killed

    @contextmanager
    def survived(self) -> Iterator[None]:
        """Whoever acts inside may be killed; others follow, for whom what they held is held by a dead process."""
        self.is_mortal = True
        try:
            yield
        except Killed:
            self.is_mortal, self.steps_to_live = False, float("inf")
            lock = self.cluster.path / "lock"
            if lock.exists():
                owner = json.loads(lock.read_text())
                lock.unlink()
                lock.write_text(json.dumps(owner | {"started": "long ago"}))
        finally:
            self.is_mortal = False

    def command(self, *words: str) -> tuple[int, str, str]:
        self.step()
        answer = self.slurm.answer(*words)
        if words[0] == "sbatch" and answer[0] == 0:
            self._remember(answer[1].split()[-1])
        self.step()
        return answer

    def _remember(self, array: str) -> None:
        jobs = {name: job for name, job in self.slurm.jobs.items() if job["array"] == array}
        name = next(iter(jobs.values()))["name"]
        (file,) = self.cluster.study.path.parent.glob(f"*/.slurm-*/submissions/{name}.json")
        units = Submission.model_validate_json(file.read_text()).units
        assert len(units) == len(jobs)
        self.works_of |= {job: unit.work for job, unit in zip(jobs, units, strict=True)}

    def wait(self, seconds: float) -> None:
        self.now += seconds

    def look(self) -> Campaign:
        """What a shell that watches does, again and again."""
        return advance(self.cluster)

    def in_state(self, *states: str) -> list[str]:
        return [name for name, job in self.slurm.jobs.items() if job["state"] in states]

    def begin(self, job: str) -> None:
        """The job's processes start, and find what they were submitted to do; or nothing, if who did was killed."""
        self.slurm.put(job, state="RUNNING", node="n1")
        pickle = self.cluster.jobs / f"{job}_submitted.pkl"
        if not pickle.exists():
            self.end(job, "FAILED")
            return
        assert DelayedSubmission.load(pickle).function.work == self.works_of[job]

    def end(self, job: str, state: str = "COMPLETED", *, step: str = "", brings_on: bool = False) -> None:
        """A job's processes end, then the job.

        Args:
            brings_on: whether it still brings the study on, as a job does that is not killed.
        """
        self.over.add(job)
        self.slurm.put(job, step=step or state)
        if brings_on:
            self.bring_on(job, exit_code=0 if state == "COMPLETED" else 1)
        self.slurm.put(job, state=state)

    def bring_on(self, job: str, *, exit_code: int = 0, code: int = 0) -> None:
        """A job's last line.

        Args:
            exit_code: of its processes.
            code: with which the line itself ends.
        """
        words = ["after_a_job", str(self.cluster.study.path), self.cluster.label, str(exit_code), job]
        with mock.patch.object(sys, "argv", words), mock.patch.object(after_a_job, "_report"):
            assert after_a_job.main() == code

    def do(self, work: Work) -> None:
        """What a worker does that gets to its end."""
        if not work.is_done(self.cluster.study):
            self.done_by[work.folder] += 1
            work.job_folder(self.cluster.study).error.unlink(missing_ok=True)
            write_json(self.cluster.study.path / work.record, RECORD)

    def finish(self, job: str, *, brings_on: bool = False) -> None:
        """All of a job's work is done, and the job over."""
        for work in self.works_of[job]:
            self.do(work)
        self.end(job, brings_on=brings_on)

    def fail(self, work: Work, kind: str, reason: str = "it does not work") -> None:
        """What a worker leaves that fails."""
        write_json(work.job_folder(self.cluster.study).error, {"reason": reason, "kind": kind})

    def check(self) -> None:
        """Nothing is in the queue twice, nor more than is allowed."""
        live = [job for job in self.in_state("PENDING", "RUNNING") if job not in self.over]
        limits = self.cluster.read().profile.limits
        assert len(live) <= limits.max_submitted
        sizes = Counter(job["array"] for job in self.slurm.jobs.values())
        assert max(sizes.values(), default=0) <= (limits.max_array_size or 1001)
        twice = Counter(work.folder for job in live for work in self.works_of[job] if not self._is_done(work))
        assert max(twice.values(), default=0) <= 1, f"in several jobs: {twice}"

    def _is_done(self, work: Work) -> bool:
        return work.is_done(self.cluster.study)

    def run_out(self) -> Campaign:
        """Good weather until the end: what is in the queue starts, and does what it should."""
        for _ in range(200):
            for job in self.in_state("PENDING"):
                self.begin(job)
            for job in self.in_state("RUNNING"):
                self.finish(job)
            self.now += 1000
            campaign = self.look()
            self.check()
            if (campaign.held or not campaign.waiting) and not self.cluster.submissions():
                return campaign
        raise AssertionError("the campaign does not come to its end")

    def check_end(self, campaign: Campaign, works: Sequence[Work]) -> None:
        """Each run is done, has failed once, or is held back with others that failed; none is lost."""
        failed = Counter(run.folder for run in campaign.failed)
        done = {work.folder for work in works if self._is_done(work)}
        assert set(failed.values()) <= {1}, f"failed several times: {failed}"
        held = {work.folder for unit in campaign.waiting for work in unit.work}
        assert len(done) + len(failed) + len(held) == len(works), (done, failed, held)
        assert done | failed.keys() | held == {work.folder for work in works}
        assert set(self.done_by.values()) <= {1}
        assert campaign.num_trained <= len(done)  # not counted: what was done in jobs that nobody knew of
        assert all(work.job_folder(self.cluster.study).error.exists() for work in works if work.folder in failed)


def works(number: int) -> list[Work]:
    """Runs of a study of two variants."""
    return [Work(folder=f"run-{n}", record=f"run-{n}/evaluate.json", variant=f"v{n % 2}") for n in range(number)]


def simulated(
    folder: Path, patch: pytest.MonkeyPatch, *, cluster: ClusterFolder | None = None, **slurm: Any
) -> Simulated:
    """A fake SLURM and the ledger of a study.

    Args:
        cluster: that ledger; None: of an empty study.
        slurm: settings of the fake: `max_submitted=4`.
    """
    found = Simulated(cluster or ClusterFolder(StudyFolder(folder / "results" / "sim"), "quick"), FakeSlurm())
    found.slurm.set(**slurm)
    patch.setattr(shutil, "which", lambda name: name)
    clock = SimpleNamespace(time=lambda: found.now)
    patch.setattr("gtpt_bench.cluster.ledger.LOCK_WAIT_S", 0.0)
    patch.setattr(queue, "time", clock)
    patch.setattr(fill, "time", clock)
    patch.setattr(commands, "time", SimpleNamespace(monotonic=lambda: found.now, sleep=found.wait))
    patch.setattr(submit, "time", clock)
    patch.setattr(commands, "subprocess", SimpleNamespace(run=_run(found), TimeoutExpired=TimeoutError))
    patch.setattr(CommandFunction, "__call__", _call(found))
    patch.setattr(os, "fsync", lambda file: None)  # no power is cut here, and disks are slow
    for name in ("replace", "unlink", "rename", "link"):
        patch.setattr(os, name, _stepping(getattr(os, name), found))
    return found


def _run(world: Simulated) -> Callable[..., Any]:
    def run(words: Sequence[str], **options: Any) -> Any:
        code, out, err = world.command(*words)
        return SimpleNamespace(returncode=code, stdout=out, stderr=err)

    return run


def _call(world: Simulated) -> Callable[[CommandFunction], str]:
    def call(function: CommandFunction) -> str:
        code, out, err = world.command(*function.command)
        if code:
            raise FailedJobError(err)
        return out

    return call


def _stepping(act: Callable[..., Any], world: Simulated) -> Callable[..., Any]:
    def acts(*arguments: Any, **options: Any) -> Any:
        world.step()
        return act(*arguments, **options)

    return acts


def begun(world: Simulated, units: Sequence[Unit], **profile: Any) -> Campaign:
    """Units that wait to be submitted."""
    for unit in units:
        for work in unit.work:
            work.job_folder(world.cluster.study).path.mkdir(parents=True, exist_ok=True)
    campaign = Campaign(
        profile=ClusterProfile.model_validate({"cluster": "fake", "rhythm": {"ask_every_s": 60}, **profile}),
        label="quick",
        code="abc",
        code_folder=package_folder().parent,
        python="python",
        waiting=tuple(units),
    )
    world.cluster.write(campaign)
    return campaign


def units_of(works: Sequence[Work], *, packed: int = 1, memory_gb: float = 32) -> list[Unit]:
    """Units of so many runs each."""
    packs = [tuple(works[first : first + packed]) for first in range(0, len(works), packed)]
    return [Unit(kind="training", work=pack, memory_gb_per_task=memory_gb) for pack in packs]
