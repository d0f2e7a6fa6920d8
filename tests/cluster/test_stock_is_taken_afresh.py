"""Who asks for a study again is told of what ended a moment ago, though the scheduler was asked just before that."""

from __future__ import annotations

from pathlib import Path

import pytest

from gtpt_bench.cluster import run
from gtpt_bench.cluster.advance import take_stock
from gtpt_bench.cluster.code_copy import CodeCopy
from gtpt_bench.cluster.commands import Unreachable
from gtpt_bench.cluster.profile import ClusterProfile
from gtpt_bench.study.session import Session
from tests.cluster.simulated import Simulated, begun, simulated, units_of, works
from tests.study.small_study import STUDY, Ends, Workplace


@pytest.fixture
def just_cancelled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Simulated:
    """Of three runs two are in the queue; the first was cancelled a second after the scheduler was last asked."""
    world = simulated(tmp_path, monkeypatch)
    begun(world, units_of(works(3)), limits={"max_submitted": 2})
    world.look()
    world.wait(61)
    world.look()
    world.wait(1)
    world.slurm.put("1_0", state="CANCELLED by 0")
    return world


def test_who_watches_learns_of_it_in_the_rhythm(just_cancelled: Simulated) -> None:
    before = len(just_cancelled.slurm.calls("sacct"))
    assert just_cancelled.look().failed == ()
    assert len(just_cancelled.slurm.calls("sacct")) == before


def test_who_takes_stock_asks_at_once_and_submits_nothing(just_cancelled: Simulated) -> None:
    asked = {command: len(just_cancelled.slurm.calls(command)) for command in ("sacct", "sbatch")}
    campaign = take_stock(just_cancelled.cluster)
    assert [(failed.folder, failed.kind) for failed in campaign.failed] == [("run-0", "cancelled")]
    assert len(just_cancelled.slurm.calls("sacct")) == asked["sacct"] + 1
    assert len(just_cancelled.slurm.calls("sbatch")) == asked["sbatch"]
    assert len(campaign.waiting) == 1


def test_what_was_found_is_in_the_ledger_for_all(just_cancelled: Simulated) -> None:
    campaign = take_stock(just_cancelled.cluster)
    assert just_cancelled.cluster.read() == campaign
    assert just_cancelled.look().failed == campaign.failed


def test_nothing_is_asked_about_where_nothing_is_in_the_queue(just_cancelled: Simulated) -> None:
    just_cancelled.run_out()
    before = len(just_cancelled.slurm.calls("sacct"))
    take_stock(just_cancelled.cluster)
    assert len(just_cancelled.slurm.calls("sacct")) == before


def test_a_scheduler_that_does_not_answer_is_no_empty_queue(just_cancelled: Simulated) -> None:
    just_cancelled.slurm.set(silent=["sacct"])
    with pytest.raises(Unreachable, match="Unable to contact"):
        take_stock(just_cancelled.cluster)
    assert len(just_cancelled.cluster.queued) == 2


@pytest.fixture
def session(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Session:
    """Costs to count and two runs."""
    monkeypatch.setattr(run, "keep_code", lambda results: CodeCopy(folder=results, fingerprint="abc"))
    place = Workplace(tmp_path)
    place.write(STUDY)
    return place.open()


def test_a_command_says_what_was_cancelled_and_submits_it_again_in_one_go(
    session: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = simulated(tmp_path, monkeypatch, cluster=session.cluster)
    run.submit_study(session, ClusterProfile(cluster="fake"), Ends())
    world.wait(61)
    world.look()
    world.wait(1)
    cancelled = next(job for job, (work, *_) in world.works_of.items() if work.variant)
    world.slurm.put(cancelled, state="CANCELLED by 0")
    ends = Ends()
    run.submit_study(session, ClusterProfile(cluster="fake"), ends)
    assert "1 part(s) were cancelled outside gtpt-study; run and retry do them again" in ends.lines
    assert len(world.in_state("PENDING")) == 3
    again = Ends()
    run.submit_study(session, ClusterProfile(cluster="fake"), again)
    assert not [words for words in again.lines if "cancelled" in words]
    assert len(world.slurm.calls("sbatch")) == 3
