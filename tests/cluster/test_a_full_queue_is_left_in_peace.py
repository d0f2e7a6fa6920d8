"""How often a cluster is asked for places that it does not have, and how many jobs of a study run at a time there."""

from __future__ import annotations

from pathlib import Path

import pytest

from gtpt_bench.cluster import fill
from gtpt_bench.cluster.commands import Refused
from gtpt_bench.cluster.ledger import Work
from tests.cluster import fake_slurm
from tests.cluster.simulated import Simulated, begun, simulated, units_of, works


@pytest.fixture
def full(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Simulated:
    """Twelve runs, of which the cluster takes four, though the profile would submit 500."""
    world = simulated(tmp_path, monkeypatch, max_submitted=4)
    begun(world, units_of(works(12)))
    world.look()
    assert len(world.in_state("PENDING")) == 4
    return world


def num_asked(world: Simulated) -> int:
    return len(world.slurm.calls("sbatch"))


def test_it_is_asked_again_once_in_a_rhythm(full: Simulated) -> None:
    before = num_asked(full)
    for _ in range(29):
        full.now += 2
        full.look()
    assert num_asked(full) == before
    full.now += 2
    full.look()
    full.look()
    assert num_asked(full) == before + 1


def test_for_each_job_that_ends_it_is_asked_for_one(full: Simulated) -> None:
    before = num_asked(full)
    for number in range(1, 4):
        job = full.in_state("PENDING")[0]
        full.begin(job)
        full.finish(job)
        full.look()
        full.look()
        assert num_asked(full) == before + number
        assert len(full.in_state("PENDING")) == 4


def test_places_that_come_free_for_another_reason_are_found(full: Simulated) -> None:
    full.slurm.set(max_submitted=100)
    full.now += 61
    full.look()
    assert len(full.in_state("PENDING")) == 12


def test_places_of_jobs_that_end_together_are_all_filled_again(full: Simulated) -> None:
    """A job at whose end it is asked still counts, so that it is refused; the next that asks makes up for it."""
    first, second, *_ = full.in_state("PENDING")
    for job in (first, second):
        full.begin(job)
        full.finish(job, brings_on=True)
    full.begin(third := full.in_state("PENDING")[0])
    full.finish(third)
    full.look()
    assert len(full.in_state("PENDING")) == 4


def test_refused_calls_leave_no_files(full: Simulated) -> None:
    files = [path.name for path in full.cluster.jobs.iterdir() if not path.is_symlink()]
    assert len([name for name in files if name.endswith(".pkl")]) == 4
    assert not [name for name in files if name.startswith(".submission_file")]
    assert all(name.split("_")[0].isdecimal() for name in files)


def test_what_may_never_be_submitted_is_an_error_after_a_rhythm(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SLURM has the same words for a full queue and for a wrong time or size."""
    world = simulated(tmp_path, monkeypatch, max_submitted=0)
    begun(world, units_of(works(2)))
    world.look()
    world.now += 61
    with pytest.raises(Refused, match=r"violates accounting/QOS policy.*no job of yours is in the queue"):
        world.look()


def test_a_queue_full_of_other_jobs_of_the_user_is_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    world = simulated(tmp_path, monkeypatch, max_submitted=3, others=3)
    begun(world, units_of(works(2)))
    for _ in range(5):
        world.look()
        world.now += 61
    world.slurm.set(others=0)
    assert world.run_out().num_trained == 2


def test_a_job_above_what_any_job_may_ask_for_is_an_error_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = fake_slurm.FULL.replace("QOSMaxSubmitJobPerUserLimit", "QOSMaxWallDurationPerJobLimit")
    monkeypatch.setattr(fake_slurm, "FULL", words)
    world = simulated(tmp_path, monkeypatch, max_submitted=0)
    begun(world, units_of(works(2)))
    with pytest.raises(Refused, match="QOSMaxWallDurationPerJobLimit"):
        world.look()
    assert num_asked(world) == 1


def test_nothing_that_waits_is_looked_at_while_there_is_no_place(
    full: Simulated, monkeypatch: pytest.MonkeyPatch
) -> None:
    queued = full.cluster.queued
    looked_at = list[str]()
    is_done = Work.is_done
    monkeypatch.setattr(Work, "is_done", lambda work, study: looked_at.append(work.folder) or is_done(work, study))
    full.look()
    assert set(looked_at) == queued


def test_only_as_many_that_wait_are_looked_at_as_there_are_places(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world, looked_at = simulated(tmp_path, monkeypatch), list[Path]()
    begun(world, units_of(works(40)), limits={"max_submitted": 3})
    monkeypatch.setattr(fill, "owner_of", looked_at.append)
    world.look()
    assert len(looked_at) == 3


def test_arrays_together_run_no_more_than_the_share_of_the_study(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first array may be long, since its own throttle holds it; what follows comes as its jobs end."""
    world = simulated(tmp_path, monkeypatch)
    begun(world, units_of(works(12)), limits={"max_submitted": 6, "array_parallelism": 4})
    while True:
        world.look()
        live = {name: job for name, job in world.slurm.jobs.items() if job["state"] == "PENDING"}
        if not live:
            break
        arrays = {job["array"]: int(job["throttle"]) for job in live.values()}
        of_each = {array: sum(job["array"] == array for job in live.values()) for array in arrays}
        assert sum(min(throttle, of_each[array]) for array, throttle in arrays.items()) <= 4
        job = next(iter(live))
        world.begin(job)
        world.finish(job)
    assert world.done_by.total() == 12
