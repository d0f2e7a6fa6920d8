"""The rest of a study whose first runs all fail alike: taken out of the queue, told of, and reported."""

from __future__ import annotations

from pathlib import Path

import pytest

from gtpt_bench.cluster import advance as advancing
from gtpt_bench.cluster.after_a_job import is_over
from gtpt_bench.cluster.commands import Unreachable
from tests.cluster.simulated import Simulated, begun, simulated, units_of, works


@pytest.fixture
def failing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Simulated:
    """Six runs, five of them in the queue, of which three fail for want of a package."""
    world = simulated(tmp_path, monkeypatch)
    begun(world, units_of(works(6)), limits={"max_submitted": 5})
    world.look()
    for job in world.in_state("PENDING")[:3]:
        world.begin(job)
        world.fail(world.works_of[job][0], "import", "ImportError: no torch")
        world.end(job, "FAILED")
    world.now += 100
    return world


def test_the_ledger_says_so_before_anything_is_taken_out(failing: Simulated, monkeypatch: pytest.MonkeyPatch) -> None:
    """Else whoever dies in between leaves jobs behind that seem to have been cancelled by somebody."""
    scancel = advancing.scancel

    def seen(*words: str) -> None:
        assert failing.cluster.read().held
        scancel(*words)

    monkeypatch.setattr(advancing, "scancel", seen)
    assert failing.look().held
    assert failing.in_state("PENDING") == []
    failing.now += 100
    assert {run.kind for run in failing.look().failed} == {"import"}


def test_a_controller_that_falls_silent_meanwhile_is_asked_again(failing: Simulated) -> None:
    failing.slurm.set(silent=["scancel"])
    with pytest.raises(Unreachable):
        failing.look()
    assert failing.in_state("PENDING")
    failing.slurm.set(silent=[])
    failing.look()
    assert failing.in_state("PENDING") == []


def test_its_report_can_be_written(failing: Simulated) -> None:
    assert not is_over(failing.cluster)
    failing.look()
    failing.now += 100
    failing.look()
    assert is_over(failing.cluster)
    assert len(failing.cluster.read().waiting) == 3
