"""Whatever happens to jobs and to whoever submits them: each run is in at most one job, and ends done or failed, once.

On a fake SLURM, at thousands of moments; `test_faults_lose_nothing` asks a real one at some.
"""

from __future__ import annotations

import contextlib
import random
from collections import Counter
from pathlib import Path

import pytest

from gtpt_bench.cluster.commands import Unreachable
from tests.cluster.simulated import Simulated, begun, simulated, units_of, works

KINDS = ("input", "diverged", "crash", "killed", "gpu_memory", "disk")
ENDS = ("OUT_OF_MEMORY", "NODE_FAIL", "TIMEOUT", "PREEMPTED", "FAILED", "CANCELLED by 0")


def something_happens(world: Simulated, rng: random.Random) -> None:
    """One thing, anywhere in the cluster."""
    pending, running = world.in_state("PENDING"), world.in_state("RUNNING")
    what = rng.choice(
        ("begin", "begin", "finish", "half", "fail", "end", "requeue", "forget", "cancel", "wait", "silence")
    )
    if what == "begin" and pending:
        world.begin(rng.choice(pending))
    elif what in ("finish", "half", "fail", "end", "requeue") and running:
        _happens_to(world, rng.choice(running), what, rng)
    elif what == "forget":
        for job in world.in_state("COMPLETED", *ENDS):
            world.slurm.put(job, state="forgotten", accounted=rng.choice((None, "FAILED", "COMPLETED")))
    elif what == "cancel" and pending:
        world.slurm.put(rng.choice(pending), state="CANCELLED by 0")
    elif what == "silence":
        world.slurm.set(silent=rng.choice((["all"], ["sacct"], ["sbatch"], [], [])))
    world.now += rng.choice((1, 30, 100, 1000))


def _happens_to(world: Simulated, job: str, what: str, rng: random.Random) -> None:
    works, brings_on = world.works_of[job], rng.random() < 0.5
    world.slurm.set(silent=[])
    if what == "finish":
        return world.finish(job, brings_on=brings_on)
    if what == "requeue":  # accounting hears of it late
        return world.slurm.put(job, state="PENDING", accounted=rng.choice(("NODE_FAIL", "PREEMPTED", "PENDING")))
    for work in works[: len(works) // 2 if what == "half" else 0]:
        world.do(work)
    if what == "end":
        return world.end(job, rng.choice(ENDS))
    for work in works:
        if not work.is_done(world.cluster.study) and rng.random() < 0.9:
            world.fail(work, rng.choice(KINDS))
    return world.end(job, "FAILED", brings_on=brings_on)


@pytest.mark.parametrize("seed", range(16))
def test_in_any_weather(seed: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rng = random.Random(seed)
    runs = works(rng.randint(3, 9))
    world = simulated(tmp_path, monkeypatch, max_submitted=rng.choice((3, 5, 100)))
    limits = {"max_array_size": rng.choice((1, 2, 5, None)), "max_submitted": rng.choice((2, 4, 500))}
    begun(world, units_of(runs, packed=rng.choice((1, 1, 3))), limits=limits)
    for _ in range(30):
        something_happens(world, rng)
        world.steps_to_live = rng.choice((float("inf"), rng.randint(0, 40)))
        with world.survived(), contextlib.suppress(Unreachable):
            world.look()
        world.check()
    world.slurm.set(silent=[])
    world.check_end(world.run_out(), runs)


@pytest.mark.parametrize(
    ("limits", "of_slurm", "arrays"),
    [
        ({}, {}, [23]),
        ({"max_array_size": 5}, {}, [5, 5, 5, 5, 3]),
        ({"max_submitted": 4}, {}, [4]),
        ({"max_submitted": 7, "max_array_size": 5}, {}, [5, 2]),
        ({}, {"max_submitted": 9}, [5, 2, 2]),  # it says no until it is asked for half, a quarter, ... as much
    ],
    ids=str,
)
def test_the_queue_is_filled_as_far_as_there_is_room(
    limits: dict[str, int], of_slurm: dict[str, int], arrays: list[int], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world, runs = simulated(tmp_path, monkeypatch, **of_slurm), works(23)
    begun(world, units_of(runs), limits=limits)
    world.look()
    assert list(Counter(job["array"] for job in world.slurm.jobs.values()).values()) == arrays
    world.check()
    world.check_end(world.run_out(), runs)
    assert world.done_by.total() == 23


def short_life(world: Simulated, *, steps_to_live: float = float("inf")) -> int:
    """Of a campaign of four runs; whoever looks after it may be killed once, and somebody else goes on.

    Returns:
        how many steps it took.
    """
    runs = works(4)
    begun(world, units_of(runs), limits={"max_submitted": 3, "max_array_size": 2})
    world.steps_to_live = steps_to_live

    def looked_after() -> None:
        for _ in range(2):
            with world.survived():
                world.look()
            world.check()
            world.now += 100

    looked_after()
    first, second, third = world.in_state("PENDING")
    for job in (first, second, third):
        world.begin(job)
    world.fail(world.works_of[first][0], "diverged")
    world.end(first, "FAILED")
    world.end(second, "OUT_OF_MEMORY")
    world.now += 100
    looked_after()
    world.finish(third)
    looked_after()
    campaign = world.run_out()
    world.check_end(campaign, runs)
    assert [run.kind for run in campaign.failed] == ["diverged"]
    return world.num_steps


def test_whoever_submits_may_be_killed_at_any_moment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Between any two changes of files, and before and after each command of SLURM."""
    with monkeypatch.context() as patch:
        num_moments = short_life(simulated(tmp_path / "undisturbed", patch))
    assert num_moments > 50
    for moment in range(num_moments):
        with monkeypatch.context() as patch:
            short_life(simulated(tmp_path / str(moment), patch), steps_to_live=moment)


def test_a_run_that_has_failed_is_not_submitted_again_because_somebody_was_killed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Killed after its job was submitted, before it was taken from the list of what waits; the job failed meanwhile."""
    world, runs = simulated(tmp_path, monkeypatch), works(2)
    waiting = begun(world, units_of(runs)).waiting
    world.cluster.write(world.look().model_copy(update={"waiting": waiting}))
    for job, run in zip(world.in_state("PENDING"), runs, strict=True):
        world.begin(job)
        world.fail(run, "diverged")
        world.end(job, "FAILED")
    world.now += 100
    campaign = world.look()
    assert [run.kind for run in campaign.failed] == ["diverged"] * 2
    assert campaign.waiting == ()
    assert world.in_state("PENDING", "RUNNING") == []


def test_why_a_run_failed_is_not_forgotten_because_somebody_was_killed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever judges a job may be killed at any step of it: its retries are counted by the kind of failure."""
    for moment in range(40):
        with monkeypatch.context() as patch:
            world = simulated(tmp_path / str(moment), patch)
            begun(world, units_of(works(1)))
            world.look()
            (job,) = world.in_state("PENDING")
            world.begin(job)
            world.fail(works(1)[0], "killed")
            world.end(job, "FAILED")
            world.now, world.steps_to_live = world.now + 100, moment
            with world.survived():
                world.look()
            world.look()
            ((_, unit),) = [pair for submission in world.cluster.submissions() for pair in submission.open]
            assert unit.retries == {"killed": 1}, f"killed at step {moment}"
