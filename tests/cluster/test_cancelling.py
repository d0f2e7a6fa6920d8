"""What is cancelled leaves the queue and is missing again, not failed; what is not meant stays where it is."""

from __future__ import annotations

from pathlib import Path

import pytest

from gtpt_bench.cluster.commands import Refused
from gtpt_bench.cluster.control import cancel
from gtpt_bench.cluster.ledger import Submission
from tests.cluster import fake_slurm
from tests.cluster.simulated import Simulated, begun, simulated, units_of, works


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Simulated:
    """Six runs: four in the queue, one of which runs, and two that wait for a place."""
    found = simulated(tmp_path, monkeypatch)
    begun(found, units_of(works(6)), limits={"max_submitted": 4})
    found.look()
    found.begin("1_0")
    return found


def folders(world: Simulated) -> set[str]:
    """All that the ledger knows of."""
    waiting = {work.folder for unit in world.cluster.read().waiting for work in unit.work}
    return waiting | world.cluster.queued


def test_all_of_a_study_is_taken_out_in_one_call(world: Simulated) -> None:
    assert cancel(world.cluster, {work.folder for work in works(6)}) == 6
    assert world.slurm.calls("scancel") == [["1"]]
    assert world.in_state("PENDING", "RUNNING") == []
    assert folders(world) == set()


def test_only_what_is_meant_is_taken_out(world: Simulated) -> None:
    assert cancel(world.cluster, {"run-0", "run-2", "run-5"}) == 3
    assert world.slurm.calls("scancel") == [["1_0", "1_2"]]
    assert world.in_state("PENDING") == ["1_1", "1_3"]
    assert folders(world) == {"run-1", "run-3", "run-4"}


def test_the_others_go_on_to_their_end(world: Simulated) -> None:
    cancel(world.cluster, {"run-0", "run-2", "run-5"})
    campaign = world.run_out()
    assert world.done_by.keys() == {"run-1", "run-3", "run-4"}
    assert campaign.failed == ()


def test_what_was_cancelled_has_not_failed_and_can_be_run_again(world: Simulated) -> None:
    runs = works(6)
    cancel(world.cluster, {work.folder for work in runs})
    world.now += 1000
    campaign = world.look()
    assert campaign.failed == ()
    assert not any(work.job_folder(world.cluster.study).error.exists() for work in runs)
    begun(world, units_of(runs))
    assert world.run_out().num_trained == 6


def test_cancelling_again_finds_nothing(world: Simulated) -> None:
    everything = {work.folder for work in works(6)}
    cancel(world.cluster, everything)
    assert cancel(world.cluster, everything) == 0


def test_a_job_that_also_has_other_work_is_left_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    world = simulated(tmp_path, monkeypatch)
    begun(world, units_of(works(4), packed=2))
    world.look()
    assert cancel(world.cluster, {"run-0", "run-1", "run-2"}) == 1
    assert world.in_state("PENDING") == ["1_1"]
    assert folders(world) == {"run-2", "run-3"}


def test_of_a_submission_that_was_cut_off_the_others_wait_for_their_turn(world: Simulated) -> None:
    """Whoever submitted them died before the number of the job was written."""
    (submission,) = world.cluster.submissions()
    world.cluster.write_submission(submission.model_copy(update={"job_id": ""}))
    cancel(world.cluster, {"run-0", "run-2", "run-5"})
    assert world.in_state("PENDING", "RUNNING") == []
    assert folders(world) == {"run-1", "run-3", "run-4"}
    world.run_out()
    assert world.done_by.keys() == {"run-1", "run-3", "run-4"}


def test_whoever_cancels_may_be_killed_and_cancel_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    meant = {"run-0", "run-2", "run-3"}
    for moment in range(30):
        with monkeypatch.context() as patch:
            world = simulated(tmp_path / str(moment), patch)
            begun(world, units_of(works(4)), limits={"max_submitted": 3, "max_array_size": 2})
            world.look()
            _cut_off(world, world.cluster.submissions()[-1])
            world.steps_to_live = moment
            with world.survived():
                cancel(world.cluster, meant)
            world.steps_to_live = float("inf")
            cancel(world.cluster, meant)
            assert folders(world) == {"run-1"}, f"killed at step {moment}"
            world.run_out()
            assert world.done_by.keys() == {"run-1"}


def _cut_off(world: Simulated, submission: Submission) -> None:
    world.cluster.write_submission(submission.model_copy(update={"job_id": ""}))


def test_a_job_that_slurm_does_not_let_us_end_stays_in_the_ledger(world: Simulated) -> None:
    world.slurm.set(denied=["1_2"])
    before = folders(world)
    with pytest.raises(Refused, match=r"^scancel: Kill job error on job id 1_2: Access/permission denied$"):
        cancel(world.cluster, {"run-2"})
    assert folders(world) == before
    world.slurm.set(denied=[])
    assert cancel(world.cluster, {"run-2"}) == 1


def test_a_job_that_is_over_when_it_is_cancelled_is_no_error(world: Simulated, monkeypatch: pytest.MonkeyPatch) -> None:
    words = "scancel: error: Kill job error on job id {}: Job/step already completing or completed\n"
    monkeypatch.setattr(fake_slurm, "DENIED", words)
    world.slurm.set(denied=["1_2"])
    assert cancel(world.cluster, {"run-2"}) == 1
