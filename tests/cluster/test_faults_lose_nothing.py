"""Whatever happens to jobs of a study on a real SLURM: the same command again ends with every run done once."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cluster.faults import Injects
from tests.cluster.real_slurm import Slurm
from tests.cluster.small_campaign import Campaign, eventually, finishes, fresh_copy, kill
from tests.study.outcomes import states

pytestmark = pytest.mark.slurm

Fault = Callable[[Campaign, Slurm], None]


def requeued_by_hand(campaign: Campaign, slurm: Slurm) -> None:
    slurm.run("scontrol", "requeue", campaign.at_work().job)


def warned_before_the_time_limit(campaign: Campaign, slurm: Slurm) -> None:
    slurm.run("scancel", "--signal=USR2", campaign.at_work().job)


def warned_after_a_save_was_cut_off(campaign: Campaign, slurm: Slurm) -> None:
    job = campaign.at_work().job
    (campaign.session.cluster.jobs / f"{job}_submitted.pkl.save_tmp").write_bytes(b"half a pick")
    slurm.run("scancel", "--signal=USR2", job)


def cancelled_by_the_user(campaign: Campaign, slurm: Slurm) -> None:
    slurm.run("scancel", campaign.at_work().job)


def worker_killed(campaign: Campaign, slurm: Slurm) -> None:
    kill(campaign.at_work().pid)


def submitits_process_killed(campaign: Campaign, slurm: Slurm) -> None:
    kill(parent_of(campaign.at_work().pid))


def parent_of(pid: int) -> int:
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])


FAULTS: list[Fault] = [
    requeued_by_hand,
    warned_before_the_time_limit,
    warned_after_a_save_was_cut_off,
    worker_killed,
    submitits_process_killed,
    cancelled_by_the_user,
]


def test_what_hits_a_job_costs_its_run_nothing(
    undisturbed: Campaign, slurm: Slurm, tmp_path: Path, injects: Injects
) -> None:
    """Side by side, to each study another fault; all but what the user has cancelled go on by themselves.

    Beside them one whose run is longer than a job may be, with SLURM's shortest time limit, a minute, whose warning may
    come that much too early."""
    longer = fresh_copy(undisturbed, tmp_path / "longer", GTPT_TEST_STEP_S="1.7")
    longer.write_profile(training={"time_limit_h": 1 / 60}, rhythm={"warn_before_end_s": 10})
    injects("time limit reached")
    goes_through_several = longer.run_there("--only=dense")
    campaigns = {fault: fresh_copy(undisturbed, tmp_path / fault.__name__, GTPT_TEST_STEP_S="0.5") for fault in FAULTS}
    shells = {fault: campaign.run_there("--only=dense") for fault, campaign in campaigns.items()}
    for fault, campaign in campaigns.items():
        injects(fault.__name__.replace("_", " "))
        fault(campaign, slurm)
    for fault, shell in shells.items():
        said = shell.ends(1 if fault is cancelled_by_the_user else 0)
        assert (f"cancelled by user {os.getuid()}" in said) == (fault is cancelled_by_the_user)
    assert states(campaigns[cancelled_by_the_user].session)["dense seed 0"] == "failed"
    for campaign in campaigns.values():
        finishes(campaign, undisturbed, "dense")
    goes_through_several.ends(0, within_s=300)
    assert "RunInterrupted: stopped after step" in (longer.run_folder("dense").path / "log.txt").read_text()
    finishes(longer, undisturbed, "dense")


def test_a_run_gives_way_to_others_before_it_listens_and_later(
    slow_campaign: Campaign, undisturbed: Campaign, slurm: Slurm, injects: Injects
) -> None:
    whole_cluster = ("--partition=high", "--nodes=2", "--exclusive", "--mem=0")
    shell = slow_campaign.run_there("--only=dense")
    eventually(lambda: slurm.run("squeue", "--noheader", "--states=RUNNING"), "job that runs")
    injects("preempted by the higher partition")
    slurm.submit("sleep 1", *whole_cluster)
    slow_campaign.at_work()
    injects("preempted by the higher partition")
    slurm.submit("sleep 1", *whole_cluster)
    shell.ends(0)
    finishes(slow_campaign, undisturbed, "dense")


def test_a_node_that_is_taken_down_and_one_without_power_lose_nothing(
    slow_campaign: Campaign, undisturbed: Campaign, slurm: Slurm, injects: Injects
) -> None:
    shell = slow_campaign.run_there("--only=dense")
    owner = slow_campaign.at_work()
    node = node_of(owner.job, slurm)
    injects("node taken down")
    slurm.run("scontrol", "update", f"nodename={node}", "state=down", "reason=test")
    slow_campaign.at_work(not_by=owner.pid)
    slurm.run("scontrol", "update", f"nodename={node}", "state=resume")
    other = node_of(owner.job, slurm)
    injects("node without power")
    slurm.stop_daemon(other)
    eventually(
        lambda: "down" in slurm.run("sinfo", "--noheader", f"--nodes={other}", "--format=%T"), "node that is down"
    )
    slurm.start_stopped_daemons()
    shell.ends(0)
    finishes(slow_campaign, undisturbed, "dense")


def test_a_worker_that_outlives_its_nodes_daemon_is_not_joined_by_another(
    slow_campaign: Campaign, undisturbed: Campaign, slurm: Slurm, injects: Injects
) -> None:
    """SLURM gives the node up and starts the job again elsewhere, while the run still goes on."""
    shell = slow_campaign.run_there("--only=dense", GTPT_TEST_STEP_S="0.6")
    owner = slow_campaign.at_work()
    injects("daemon of a node killed")
    kill(slurm.status()["daemons"][node_of(owner.job, slurm)])
    shell.ends(0)
    slurm.start_stopped_daemons()
    assert {line["pid"] for line in slow_campaign.written(slow_campaign.run_folder("dense").path.name)} == {owner.pid}
    finishes(slow_campaign, undisturbed, "dense")


def node_of(job: str, slurm: Slurm) -> str:
    return slurm.run("squeue", "--noheader", f"--jobs={job}", "--format=%N").strip()
