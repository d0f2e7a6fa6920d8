"""What jobs ask the cluster for: tasks, GPUs, packs of runs, nodes alone; and that results do not depend on it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.cluster.faults import Injects
from tests.cluster.real_slurm import Slurm
from tests.cluster.small_campaign import LONG_STUDY, Campaign, fresh_copy, kill, numbers_of, was_done_once
from tests.study.outcomes import states
from tests.study.small_study import STUDY

pytestmark = pytest.mark.slurm

IN_PARTS: dict[str, Any] = {
    **LONG_STUDY,
    "accuracy": {
        **STUDY["accuracy"],
        "training": {"preset": "quick", "epochs": 2, "batch_size": 4, "micro_batch": 2},
    },
}


def asked(slurm: Slurm, field: str) -> list[str]:
    """A field of accounting for each job that this cluster has run, in their order."""
    return slurm.run("sacct", "--allocations", "--noheader", "--parsable2", f"--format={field}").splitlines()


@pytest.fixture(scope="module")
def by_two(tmp_path_factory: pytest.TempPathFactory, undisturbed: Campaign) -> Campaign:
    """A study whose runs two processes of this machine have shared."""
    campaign = fresh_copy(undisturbed, tmp_path_factory.mktemp("by_two"))
    campaign.write(IN_PARTS)
    campaign.start("run", "--processes=2", "--only=dense").ends(0)
    return campaign


@pytest.mark.parametrize(("tasks_per_node", "nodes"), [(2, "1"), (1, "2")])
def test_two_tasks_of_a_job_train_as_two_processes_of_a_machine_do(
    tasks_per_node: int, nodes: str, campaign: Campaign, by_two: Campaign, slurm: Slurm
) -> None:
    """The names of these nodes mean nothing on this machine: on one they need none, on two SLURM knows the address."""
    campaign.write(IN_PARTS)
    campaign.write_profile(training={"tasks_per_node": tasks_per_node})
    before = len(asked(slurm, "nnodes"))
    campaign.run_there("--processes=2", "--only=dense").ends(0)
    assert asked(slurm, "nnodes")[before:] == [nodes]
    assert numbers_of(campaign, "dense") == numbers_of(by_two, "dense")
    was_done_once(campaign, campaign.run_folder("dense").path.name)


def test_a_job_of_two_tasks_is_warned_and_later_loses_one_of_them(
    campaign: Campaign, by_two: Campaign, slurm: Slurm, injects: Injects
) -> None:
    campaign.write(IN_PARTS)
    campaign.write_profile(training={"tasks_per_node": 2})
    shell = campaign.run_there("--processes=2", "--only=dense", GTPT_TEST_STEP_S="1")
    first = campaign.at_work(after_step=1)
    injects("warned before the time limit")
    slurm.run("scancel", "--signal=USR2", first.job)
    second = campaign.at_work(after_step=1, not_by=first.pid)
    (assistant,) = set(workers_of(campaign)) - {second.pid}
    injects("one of two tasks killed")
    kill(assistant)
    shell.ends(0)
    assert numbers_of(campaign, "dense") == numbers_of(by_two, "dense")
    was_done_once(campaign, campaign.run_folder("dense").path.name)


def workers_of(campaign: Campaign) -> list[int]:
    """Processes at work on a run, whether they lead or assist."""
    folder = str(campaign.run_folder("dense").path).encode()
    return [int(path.parent.name) for path in Path("/proc").glob("[0-9]*/cmdline") if folder in words_of(path)]


def words_of(path: Path) -> list[bytes]:
    """Of a command line; none if its process is gone."""
    try:
        return path.read_bytes().split(b"\0")
    except OSError:
        return []


def test_runs_go_to_gpus_in_packs_and_measuring_has_a_node_alone(campaign: Campaign, slurm: Slurm) -> None:
    for cost in campaign.results.glob("mini/cost-*.json"):
        cost.unlink()
    campaign.write({**LONG_STUDY, "seeds": [0, 1, 2]})
    gpu = {"gpus_per_task": 1, "gpu_type": "fake"}
    packing = {"runs_per_job": 3, "runs_at_once": 2}
    campaign.write_profile(training=gpu, measuring={**gpu, "exclusive": True}, packing=packing)
    before = len(asked(slurm, "jobid"))
    campaign.run_there("--only=dense").ends(0)
    costs, runs = [dict(part.split("=") for part in job.split(",")) for job in asked(slurm, "alloctres")[before:]]
    assert (costs["cpu"], costs["gres/gpu"]) == ("4", "2")  # all that the node has
    assert (runs["cpu"], runs["gres/gpu"]) == ("1", "1")
    found = states(campaign.session)
    assert [found[f"dense seed {seed}"] for seed in range(3)] == 3 * ["done"]
