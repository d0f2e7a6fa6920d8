"""Jobs that wait cost the scheduler one query in each rhythm, whether they are ten or a thousand, whoever watches."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from gtpt_bench.cluster import follow as following
from gtpt_bench.cluster import silence
from gtpt_bench.cluster.follow import follow
from gtpt_bench.cluster.positions import queue_words
from tests.cluster.fake_slurm import COMMANDS
from tests.cluster.simulated import Simulated, begun, simulated, units_of, works
from tests.study.small_study import Ends

TEN_MINUTES_S = 600
LOOKS_EVERY_S = 30
"""Twice in a rhythm; a real shell looks every two seconds, for which nobody is asked either."""


def waiting(folder: Path, patch: pytest.MonkeyPatch, number: int, **slurm: Any) -> Simulated:
    """So many runs of a study, submitted as far as there are places, of which none begins."""
    world = simulated(folder, patch, **slurm)
    begun(world, units_of(works(number)), limits={"max_submitted": 1000})
    world.look()
    return world


def asked_meanwhile(
    world: Simulated, patch: pytest.MonkeyPatch, also: Callable[[], object] = lambda: None
) -> Counter[str]:
    """Calls of SLURM's commands while a shell watches for ten minutes.

    Args:
        also: what others do each time that it pauses.
    """
    before = {command: len(world.slurm.calls(command)) for command in COMMANDS}
    until = world.now + TEN_MINUTES_S

    def sleep(seconds: float) -> None:
        also()
        world.wait(LOOKS_EVERY_S)
        if world.now >= until:
            raise KeyboardInterrupt

    clock = SimpleNamespace(sleep=sleep, monotonic=lambda: world.now)
    for module in (following, silence):
        patch.setattr(module, "time", clock)
    assert follow(world.cluster, Ends()).interrupted
    return +Counter({command: len(world.slurm.calls(command)) - before[command] for command in COMMANDS})


@pytest.mark.parametrize("number", [10, 1000])
def test_ten_minutes_are_ten_queries(number: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    world = waiting(tmp_path, monkeypatch, number)
    assert len(world.in_state("PENDING")) == number
    assert asked_meanwhile(world, monkeypatch) == {"sacct": 10}


def test_several_shells_are_no_more(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another one that watches, and one that only looks at the status."""
    world = waiting(tmp_path, monkeypatch, 10)

    def others() -> None:
        world.look()
        assert len(queue_words(world.cluster, world.cluster.read())) == 10

    assert asked_meanwhile(world, monkeypatch, others) == {"sacct": 10}


def test_a_full_queue_is_asked_for_a_place_as_often(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    world = waiting(tmp_path, monkeypatch, 40, max_submitted=4)
    assert len(world.cluster.read().waiting) == 36
    assert asked_meanwhile(world, monkeypatch) == {"sacct": 10, "sbatch": 9}  # and one when it was submitted


def test_a_queue_full_of_other_jobs_is_asked_what_they_are_as_often(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing of the study is in it, so that accounting has nothing to tell."""
    world = waiting(tmp_path, monkeypatch, 40, max_submitted=4, others=4)
    assert asked_meanwhile(world, monkeypatch) == {"sbatch": 9, "squeue": 9}


def test_a_scheduler_that_does_not_answer_is_asked_as_often(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    world = waiting(tmp_path, monkeypatch, 10)
    world.slurm.set(silent=["all"])
    assert asked_meanwhile(world, monkeypatch) == {"sacct": 10}
