"""Jobs that end at one moment: none waits for another with its GPUs, and no place that they leave is forgotten."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import pytest

from gtpt_bench.cluster import after_a_job, commands
from gtpt_bench.cluster.advance import advance
from gtpt_bench.cluster.ledger import ClusterFolder
from gtpt_bench.study.lock import locked
from gtpt_bench.study.store import StudyFolder
from tests.cluster.simulated import Simulated, begun, simulated, units_of, works


@pytest.fixture
def full(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Simulated:
    """Seven runs on a cluster that takes four jobs, all of which run."""
    world = simulated(tmp_path, monkeypatch, max_submitted=4)
    begun(world, units_of(works(7)))
    world.look()
    for job in world.in_state("PENDING"):
        world.begin(job)
    return world


@pytest.fixture
def waits(full: Simulated, monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """How long ends of jobs waited each time; meanwhile SLURM cleans up behind all jobs that are over."""
    waited = list[float]()

    def sleep(seconds: float) -> None:
        waited.append(seconds)
        full.wait(seconds)
        for job in full.over & set(full.in_state("RUNNING")):
            full.slurm.put(job, state="COMPLETED")

    monkeypatch.setattr(commands.time, "sleep", sleep)
    return waited


def at_their_last_line(world: Simulated, jobs: Sequence[str]) -> None:
    """Their work is done and they bring the study on, but SLURM still counts them."""
    for job in jobs:
        for work in world.works_of[job]:
            world.do(work)
    for job in jobs:
        world.over.add(job)
        world.bring_on(job)


def test_the_last_of_them_waits_for_the_places_of_the_others(full: Simulated, waits: list[float]) -> None:
    """Each of them is refused a place for the next, since it counts itself; then none would be left to try again."""
    *others, last = full.in_state("RUNNING")
    at_their_last_line(full, others)
    assert waits == []
    at_their_last_line(full, [last])
    assert len(waits) == 1
    assert len(full.in_state("PENDING")) == 3
    full.run_out()
    assert full.done_by.total() == 7


def test_only_one_of_them_waits_although_each_may_be_the_last(full: Simulated, monkeypatch: pytest.MonkeyPatch) -> None:
    """The files of all are there before the first of them looks. Would they all wait, no place would come free."""
    jobs = full.in_state("RUNNING")
    for job in jobs:
        full.do(full.works_of[job][0])
    first, *others = jobs

    def sleep(seconds: float) -> None:
        full.wait(seconds)
        while others:
            job = others.pop()
            full.bring_on(job)
            full.slurm.put(job, state="COMPLETED")

    monkeypatch.setattr(commands.time, "sleep", sleep)
    full.bring_on(first)
    assert len(full.in_state("PENDING")) == 3


def test_a_place_that_never_comes_free_is_waited_for_some_minutes(full: Simulated) -> None:
    *others, last = full.in_state("RUNNING")
    at_their_last_line(full, others)
    began = full.now
    full.do(full.works_of[last][0])
    full.bring_on(last, code=2)
    assert 60 < full.now - began <= 60 * after_a_job.WAIT_FOR_A_PLACE_MIN
    assert "no place in the queue for the 3 job(s) that wait" in (full.cluster.path / "log.txt").read_text()


def test_a_single_place_is_filled_again_by_whoever_watches(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A job holds it until it is gone, and can submit nothing then; the next one is submitted by a shell."""
    world = simulated(tmp_path, monkeypatch, max_submitted=1)
    begun(world, units_of(works(2)))
    world.look()
    (first,) = world.in_state("PENDING")
    world.begin(first)
    world.do(world.works_of[first][0])
    world.bring_on(first, code=2)
    assert "no place in the queue for the 1 job(s) that wait" in (world.cluster.path / "log.txt").read_text()
    world.end(first)
    assert world.in_state("PENDING") == []
    world.wait(61)
    world.look()
    assert len(world.in_state("PENDING")) == 1
    assert world.run_out().num_trained == 2


def test_who_finds_the_ledger_held_leaves_word_and_goes(full: Simulated, waits: list[float]) -> None:
    first, second, *_ = full.in_state("RUNNING")
    full.do(full.works_of[first][0])
    with locked(full.cluster.path / "lock"):
        full.bring_on(first)
        full.fail(full.works_of[second][0], "diverged")
        full.bring_on(second, exit_code=1)
    assert waits == []
    assert full.cluster.ended.read() == {first: 0, second: 1}
    campaign = full.look()
    assert (campaign.num_trained, [run.kind for run in campaign.failed]) == (1, ["diverged"])
    assert full.cluster.ended.read() == {}


def test_whoever_holds_the_ledger_sees_to_jobs_that_end_meanwhile(
    full: Simulated, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also at the very last moment: after its last look, before it lets go."""
    (job, *_), unlink, ended = full.in_state("RUNNING"), os.unlink, list[str]()

    def lets_go(path: str | Path, *rest: object, **options: object) -> None:
        if Path(path) == full.cluster.path / "lock" and not ended:
            ended.append(job)
            full.do(full.works_of[job][0])
            full.bring_on(job)
        unlink(path, *rest, **options)

    monkeypatch.setattr(os, "unlink", lets_go)
    assert full.look().num_trained == 1
    assert ended == [job]


def test_a_controller_that_is_away_is_waited_for_by_the_last_job_only(full: Simulated, waits: list[float]) -> None:
    *others, last = full.in_state("RUNNING")
    full.slurm.set(silent=["all"])
    at_their_last_line(full, others)
    assert waits == []
    sleep = commands.time.sleep

    def heard_again(seconds: float) -> None:
        sleep(seconds)
        full.slurm.set(silent=[])

    commands.time.sleep = heard_again
    at_their_last_line(full, [last])
    assert waits
    assert len(full.in_state("PENDING")) >= 3


def test_the_last_job_of_another_study_brings_on_what_found_no_place(full: Simulated, waits: list[float]) -> None:
    """A study that was submitted when the queue was full of the first one's jobs, and detached."""
    other = ClusterFolder(StudyFolder(full.cluster.study.path.with_name("other")), "quick")
    first, full.cluster = full.cluster, other
    begun(full, units_of(works(2)))
    assert len(advance(other).waiting) == 2
    full.cluster = first
    campaign = first.read()
    first.write(campaign.model_copy(update={"waiting": ()}))
    jobs = full.in_state("RUNNING")
    for job in jobs[:-1]:
        full.do(full.works_of[job][0])
        full.bring_on(job)
        full.slurm.put(job, state="COMPLETED")
    assert other.submissions()
    full.cluster = other
    assert full.run_out().num_trained == 2
