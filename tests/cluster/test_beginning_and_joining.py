"""A study is submitted once, however often and by however many people it is asked for."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from gtpt_bench.cluster.code_copy import CodeCopy
from gtpt_bench.cluster.ledger import Campaign
from gtpt_bench.cluster.profile import ClusterProfile
from gtpt_bench.cluster.start import start
from gtpt_bench.errors import InputError, StudyError
from gtpt_bench.study.session import Session
from tests.cluster.simulated import Simulated, simulated
from tests.study.small_study import STUDY, Ends, Workplace


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
    assert set(folders(campaign)) == {".cost-quick", *(run.folder for run in session.plan.runs)}
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
    assert world.done_by == Counter({".cost-quick": 1} | {run.folder: 1 for run in session.plan.runs})


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
    assert all(state.state == "done" for state in session.status())


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
    jobs = [".cost-quick", *sorted(run.folder for run in session.plan.runs)]
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
