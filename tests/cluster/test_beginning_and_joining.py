"""A study is submitted once, however often and by however many people it is asked for."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from gtpt_bench.cluster import run
from gtpt_bench.cluster.code_copy import CodeCopy
from gtpt_bench.cluster.ledger import Campaign
from gtpt_bench.cluster.profile import ClusterProfile, Limits
from gtpt_bench.cluster.start import start
from gtpt_bench.errors import InputError, StudyError
from gtpt_bench.study.session import Session
from tests.cluster.simulated import Simulated, simulated
from tests.study.small_study import STUDY, Ends, Workplace

COST = ".cost-quick-drawn"


@pytest.fixture
def session(tmp_path: Path) -> Session:
    """Costs to count and four runs."""
    place = Workplace(tmp_path)
    place.write({**STUDY, "seeds": [0, 1]})
    return place.open()


@pytest.fixture
def world(session: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Simulated:
    return simulated(tmp_path, monkeypatch, cluster=session.cluster)


def asked_for(session: Session, *titles: str, cluster: str = "fake", code: str = "abc", **profile: Any) -> Campaign:
    """The study, or some of its jobs, submitted as a command does."""
    jobs = [job for job in session.missing_jobs() if not titles or job.title in titles]
    copy = CodeCopy(folder=session.folder.path, fingerprint=code)
    given = ClusterProfile.model_validate({"cluster": cluster, **profile})
    return start(session.cluster, jobs, given, copy, Ends())


def folders(campaign: Campaign) -> list[str]:
    return [work.folder for unit in campaign.waiting for work in unit.work]


def test_everything_that_is_missing_waits_once_measuring_first(session: Session, world: Simulated) -> None:
    campaign = asked_for(session)
    assert [unit.kind for unit in campaign.waiting] == ["measuring"] + ["training"] * 4
    assert set(folders(campaign)) == {COST, *(run.folder for run in session.plan.runs)}
    assert folders(asked_for(session)) == folders(campaign)


def test_what_is_in_the_queue_is_not_submitted_again(session: Session, world: Simulated) -> None:
    asked_for(session, limits={"max_submitted": 3})
    world.look()
    campaign = asked_for(session, limits={"max_submitted": 3})
    assert len(folders(campaign)) == 2
    world.look()
    assert len(world.in_state("PENDING")) == 3
    world.check()


def test_each_run_is_done_once_whoever_asks_when(session: Session, world: Simulated) -> None:
    asked_for(session, limits={"max_submitted": 2})
    for _ in range(4):
        world.look()
        asked_for(session, limits={"max_submitted": 2})
        world.begin(world.in_state("PENDING")[0])
        world.finish(world.in_state("RUNNING")[0])
        world.now += 100
    world.run_out()
    assert world.done_by == Counter({COST: 1} | {run.folder: 1 for run in session.plan.runs})


def test_a_failed_run_is_tried_again_when_it_is_asked_for(session: Session, world: Simulated) -> None:
    asked_for(session)
    world.look()
    job = next(job for job, (work, *_) in world.works_of.items() if work.variant)
    (work,) = world.works_of[job]
    world.begin(job)
    world.fail(work, "diverged")
    world.end(job, "FAILED")
    world.now += 100
    assert [run.folder for run in world.look().failed] == [work.folder]
    campaign = asked_for(session)
    assert folders(campaign) == [work.folder]
    assert campaign.failed == ()
    assert not work.job_folder(session.folder).error.exists()
    world.run_out()
    assert world.done_by[work.folder] == 1


@pytest.mark.parametrize("state", ["CANCELLED by 0", "FAILED", "OUT_OF_MEMORY"])
def test_what_was_over_before_the_study_was_asked_for_again_is_tried_again(
    state: str, session: Session, world: Simulated, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody watched when jobs were cancelled or failed; the next command does not just tell of their end."""
    monkeypatch.setattr(run, "keep_code", lambda results: CodeCopy(folder=results, fingerprint="abc"))
    profile = ClusterProfile(cluster="fake", limits=Limits(max_memory_gb_per_task=32))
    run.submit_study(session, profile, Ends())
    for job in world.in_state("PENDING"):
        for work in world.works_of[job]:
            world.fail(work, "input")
        world.end(job, state)
    world.now += 100
    run.submit_study(session, profile, Ends())
    assert len(world.in_state("PENDING")) == 5
    assert world.run_out().failed == ()
    assert world.done_by.total() == 5


def test_what_waits_to_be_tried_again_keeps_its_memory_and_its_count(session: Session, world: Simulated) -> None:
    """Also when somebody asks for the study meanwhile; with more memory in the profile it has at least that."""
    asked_for(session, limits={"max_submitted": 1})
    world.look()
    job = world.in_state("PENDING")[0]
    (work,) = world.works_of[job]
    world.begin(job)
    world.end(job, "OUT_OF_MEMORY")
    world.now += 100
    world.slurm.set(max_submitted=0)
    world.look()

    def waits() -> Any:
        return next(unit for unit in world.cluster.read().waiting if unit.work[0].folder == work.folder)

    assert (waits().memory_gb_per_task, waits().retries) == (64, {"memory": 1})
    campaign = asked_for(session, limits={"max_submitted": 1})
    assert (waits().memory_gb_per_task, waits().retries) == (64, {"memory": 1})
    assert len(folders(campaign)) == len(set(folders(campaign))) == 5
    asked_for(session, training={"memory_gb_per_task": 100}, limits={"max_submitted": 1})
    assert (waits().memory_gb_per_task, waits().retries) == (100, {"memory": 1})


def test_whoever_joins_leaves_what_was_counted(session: Session, world: Simulated) -> None:
    """A failure is told to all who watch until that run is submitted again."""
    asked_for(session, limits={"max_submitted": 3})
    world.look()
    done, failed = [job for job in world.in_state("PENDING") if world.works_of[job][0].variant][:2]
    world.begin(done)
    world.finish(done)
    world.begin(failed)
    world.fail(world.works_of[failed][0], "diverged")
    world.end(failed, "FAILED")
    world.now += 100
    before = world.look()
    assert (before.num_trained, len(before.failed)) == (1, 1)
    joined = asked_for(session, "cost")
    assert (joined.num_trained, joined.failed) == (1, before.failed)
    again = asked_for(session)
    assert (again.num_trained, again.failed) == (1, ())


def test_runs_keep_the_number_of_processes_that_they_were_submitted_with(session: Session, world: Simulated) -> None:
    """Also when somebody submits others with another number."""
    jobs, copy = session.missing_jobs(), CodeCopy(folder=session.folder.path, fingerprint="abc")
    runs = [job for job in jobs if job.title.startswith("dense")]
    profile = ClusterProfile(cluster="fake", limits=Limits(max_submitted=1))
    start(session.cluster, runs, profile, copy, Ends(), processes=2)
    campaign = start(session.cluster, [job for job in jobs if job not in runs], profile, copy, Ends())
    of_runs = {unit.work[0].folder: unit.processes for unit in campaign.waiting if unit.kind == "training"}
    assert {folder for folder, number in of_runs.items() if number == 2} == {job.folder.path.name for job in runs}


def test_a_controller_that_falls_silent_after_the_start_does_not_start_anew(
    session: Session, world: Simulated, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run, "keep_code", lambda results: CodeCopy(folder=results, fingerprint="abc"))
    world.slurm.set(silent=["sbatch"])
    wait = world.wait

    def heard_again(seconds: float) -> None:
        wait(seconds)
        world.slurm.set(silent=[])

    monkeypatch.setattr(run.patiently.__globals__["time"], "sleep", heard_again)
    run.submit_study(session, ClusterProfile(cluster="fake"), Ends())
    assert len(world.in_state("PENDING")) == 5
    assert len(world.slurm.calls("scontrol")) == 1


def test_asking_for_part_of_a_pack_leaves_the_rest_waiting(session: Session, world: Simulated) -> None:
    everything = folders(asked_for(session, packing={"runs_per_job": 4}))
    campaign = asked_for(session, "dense seed 0")
    assert sorted(folders(campaign)) == sorted(everything)


def test_what_is_submitted_later_has_the_code_of_then(session: Session, world: Simulated) -> None:
    asked_for(session, limits={"max_submitted": 2}, code="before")
    world.look()
    assert asked_for(session, limits={"max_submitted": 2}, code="after").code == "after"


def test_a_study_is_in_the_queue_of_one_cluster_at_a_time(session: Session, world: Simulated) -> None:
    asked_for(session)
    world.look()
    with pytest.raises(StudyError, match="mini is in the queue of fake; wait for it or cancel it there"):
        asked_for(session, cluster="other")
    world.run_out()
    asked_for(session, cluster="other")


@pytest.mark.parametrize("name", ["100 %", "%j", "two\nlines"])
def test_a_path_that_slurm_would_read_otherwise_is_refused(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = Workplace(tmp_path / name)
    place.path.mkdir()
    place.write()
    session = place.open()
    world = simulated(tmp_path, monkeypatch, cluster=session.cluster)
    with pytest.raises(InputError, match="choose another --results"):
        asked_for(session)
    assert world.in_state("PENDING") == []


def test_whoever_asks_may_be_killed_and_ask_again(session: Session, tmp_path: Path) -> None:
    """At any step of putting the runs into the ledger."""
    jobs = [COST, *sorted(run.folder for run in session.plan.runs)]
    for moment in range(0, 60, 3):
        with pytest.MonkeyPatch.context() as patch:
            world = simulated(tmp_path, patch, cluster=session.cluster)
            world.steps_to_live = moment
            with world.survived():
                asked_for(session)
                world.look()
            world.steps_to_live = float("inf")
            asked_for(session)
            world.look()
            world.check()
            live = [work.folder for job in world.in_state("PENDING") for work in world.works_of[job]]
            assert sorted(live) == jobs, f"killed at step {moment}"
            for file in session.cluster.path.rglob("*.json"):
                file.unlink()
