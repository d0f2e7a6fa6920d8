"""A shell that watches a study on a cluster tells what somebody must know, once."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest

from gtpt_bench.cluster import follow as following
from gtpt_bench.cluster import silence
from gtpt_bench.cluster.follow import follow
from tests.cluster.simulated import Simulated, begun, simulated, units_of, works
from tests.study.small_study import Ends


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Simulated:
    """Two runs in the queue."""
    found = simulated(tmp_path, monkeypatch)
    begun(found, units_of(works(2)))
    found.look()
    return found


def followed(world: Simulated, patch: pytest.MonkeyPatch, *events: Callable[[], object]) -> list[str]:
    """What is said while things happen, one between two looks."""
    happens = iter(events)

    def sleep(seconds: float) -> None:
        world.now += 100
        next(happens)()

    clock = SimpleNamespace(sleep=sleep, monotonic=lambda: world.now)
    for module in (following, silence):
        patch.setattr(module, "time", clock)
    ends = Ends()
    follow(world.cluster, ends)
    return ends.lines


def test_a_scheduler_that_falls_silent_and_comes_back(world: Simulated, monkeypatch: pytest.MonkeyPatch) -> None:
    said = followed(
        world,
        monkeypatch,
        lambda: world.slurm.set(silent=["all"]),
        lambda: None,
        lambda: None,
        lambda: world.slurm.set(silent=[]),
        lambda: [(world.begin(job), world.finish(job)) for job in world.in_state("PENDING")],
    )
    silent, back, *_ = said
    assert silent.startswith("the scheduler does not answer; waiting (sacct: Unable to contact slurm controller")
    assert back == "the scheduler answers again"
    assert sum("does not answer" in words for words in said) == 1


def test_runs_that_were_cancelled_outside(world: Simulated, monkeypatch: pytest.MonkeyPatch) -> None:
    def happens() -> None:
        first, second = world.in_state("PENDING")
        world.slurm.put(first, state="CANCELLED by 0")
        world.begin(second)
        world.finish(second)

    said = followed(world, monkeypatch, happens)
    assert "1 part(s) were cancelled outside gtpt-study; gtpt-study retry does them again" in said


def test_a_reason_of_several_lines_is_told_in_one(world: Simulated, monkeypatch: pytest.MonkeyPatch) -> None:
    def happens() -> None:
        first, second = world.in_state("PENDING")
        for job in (first, second):
            world.begin(job)
        world.fail(world.works_of[first][0], "diverged", "the loss is no number\nTraceback\n...")
        world.end(first, "FAILED")
        world.finish(second)

    said = followed(world, monkeypatch, happens)
    assert "run-0: failed: the loss is no number" in said
    assert not any("\n" in words for words in said)
