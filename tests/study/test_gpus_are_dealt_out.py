"""Runs that go side by side have a GPU each, by CUDA_VISIBLE_DEVICES; what is measured has all to itself."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from gtpt_bench.efficiency.device import gpu_ids
from gtpt_bench.study import execute_local, missing
from gtpt_bench.study.execute_local import execute
from gtpt_bench.study.gpu_slots import GpuSlots
from gtpt_bench.study.job import RunJob
from gtpt_bench.study.missing import PlannedJob, runs_at_once, threads_a_run
from tests.study.small_study import STUDY, Ends, Workplace


@dataclass
class Process:
    """A worker that is started and, some looks later, over."""

    gpus: str
    threads: str
    looks: int

    def poll(self) -> int | None:
        self.looks -= 1
        return 0 if self.looks < 0 else None

    @property
    def is_over(self) -> bool:
        return self.looks < 0


class Processes:
    """All that were started, and which of them shared GPUs when they were."""

    def __init__(self, looks: Sequence[int]) -> None:
        self.looks, self.started = iter(looks), list[Process]()
        self.side_by_side = list[list[str]]()

    def start(self, command: Sequence[str], *, env: dict[str, str], **options: Any) -> Process:
        self.started.append(Process(env["CUDA_VISIBLE_DEVICES"], env["OMP_NUM_THREADS"], next(self.looks)))
        self.side_by_side.append([process.gpus for process in self.started if not process.is_over])
        return self.started[-1]


@pytest.fixture
def place(place: Workplace) -> Workplace:
    """A study of two variants with three seeds."""
    place.write({**STUDY, "seeds": [0, 1, 2]})
    return place


def jobs(place: Workplace, *, measured: bool = False) -> list[PlannedJob]:
    return [job for job in place.open().missing_jobs() if measured or isinstance(job.job, RunJob)]


def executed(
    patch: pytest.MonkeyPatch, todo: list[PlannedJob], gpus: Sequence[str], *, at_once: int, looks: Sequence[int]
) -> Processes:
    processes = Processes(looks)
    patch.setattr(subprocess, "Popen", processes.start)
    patch.setattr(execute_local, "POLL_S", 0.0)
    assert execute(todo, GpuSlots(gpus).start, Ends(), at_once=at_once).done == len(todo)
    return processes


def test_runs_side_by_side_have_different_gpus(place: Workplace, monkeypatch: pytest.MonkeyPatch) -> None:
    found = executed(monkeypatch, jobs(place), ["2", "5"], at_once=2, looks=[1, 5, 2, 1, 9, 3])
    assert {process.gpus for process in found.started} == {"2", "5"}
    assert all(len(set(gpus)) == len(gpus) <= 2 for gpus in found.side_by_side), found.side_by_side
    assert found.side_by_side[-1] != found.side_by_side[0]


def test_a_gpu_is_given_back_at_the_end_of_a_run(place: Workplace, monkeypatch: pytest.MonkeyPatch) -> None:
    """The second GPU comes free again and again, while the first is at one long run."""
    found = executed(monkeypatch, jobs(place), ["0", "1"], at_once=2, looks=[100, 1, 1, 1, 1, 1])
    assert [process.gpus for process in found.started] == ["0", "1", "1", "1", "1", "1"]


def test_more_runs_than_gpus_share_them_evenly(place: Workplace, monkeypatch: pytest.MonkeyPatch) -> None:
    """As in a job of a cluster with one GPU for several small runs."""
    found = executed(monkeypatch, jobs(place), ["0", "1"], at_once=6, looks=[50] * 6)
    assert sorted(process.gpus for process in found.started) == ["0", "0", "0", "1", "1", "1"]


def test_what_is_measured_sees_all_gpus_and_is_alone(place: Workplace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "0,1")
    todo = jobs(place, measured=True)
    found = executed(monkeypatch, todo, gpu_ids(), at_once=2, looks=[2] * len(todo))
    assert [process.gpus for process in found.started][:2] == ["0,1", "0"]
    assert found.side_by_side[:2] == [["0,1"], ["0"]]


def test_a_run_of_several_processes_has_a_gpu_for_each(place: Workplace, monkeypatch: pytest.MonkeyPatch) -> None:
    todo = place.open("accuracy.training.micro_batch=2").prepared(Ends(), processes=2)[1:]
    found = executed(monkeypatch, todo, ["0", "1", "2"], at_once=3, looks=[2] * len(todo))
    assert {len(process.gpus.split(",")) for process in found.started} == {2}
    assert all(len(gpus) == 1 for gpus in found.side_by_side)


def test_without_gpus_nothing_is_hidden_or_shown(place: Workplace, monkeypatch: pytest.MonkeyPatch) -> None:
    found = executed(monkeypatch, jobs(place), [], at_once=2, looks=[1] * 6)
    assert {process.gpus for process in found.started} == {os.environ["CUDA_VISIBLE_DEVICES"]}


@pytest.mark.parametrize(
    ("visible", "gpus"),
    [("2,5", ["2", "5"]), ("GPU-1a2b, GPU-3c", ["GPU-1a2b", "GPU-3c"]), ("", []), ("-1", []), (None, ["0", "1", "2"])],
)
def test_only_visible_gpus_are_dealt_out(
    visible: str | None, gpus: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without CUDA_VISIBLE_DEVICES, all that the driver knows."""
    (tmp_path / "nvidia-smi").write_text('#!/bin/sh\n[ "$1" = --query-gpu=index ] && echo "0\n1\n2"\n')
    (tmp_path / "nvidia-smi").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    if visible is None:
        monkeypatch.delenv("CUDA_VISIBLE_DEVICES")
    else:
        monkeypatch.setenv("CUDA_VISIBLE_DEVICES", visible)
    assert gpu_ids() == gpus


@pytest.mark.parametrize(
    ("visible", "at_once", "threads"),
    [("", 6, 2), ("0", 1, 12), ("0,1,2", 3, 4), ("0,1,2,3,4,5,6,7", 8, 2)],
)
def test_as_many_runs_go_at_once_as_there_are_gpus_and_share_the_cores(
    visible: str, at_once: int, threads: int, place: Workplace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Six runs on twelve cores."""
    monkeypatch.setattr(missing, "num_cores", lambda: 12)
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", visible)
    plan = place.open().plan
    assert len(plan.distinct_runs) == 6
    assert (runs_at_once(plan), threads_a_run(plan, 12)) == (at_once, threads)
    assert {job.threads for job in jobs(place)} == {threads}
