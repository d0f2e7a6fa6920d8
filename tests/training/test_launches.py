"""What torchrun and srun say about a process, by their variables."""

from __future__ import annotations

import pytest

from gtpt_bench.errors import InputError
from gtpt_bench.training.launch import Launch, first_host, launch_from

TORCHRUN = {"RANK": "3", "WORLD_SIZE": "4", "LOCAL_RANK": "1", "MASTER_ADDR": "here", "MASTER_PORT": "1234"}
SRUN = {
    "SLURM_JOB_ID": "100123",
    "SLURM_STEP_ID": "0",
    "SLURM_PROCID": "5",
    "SLURM_NTASKS": "8",
    "SLURM_LOCALID": "1",
    "SLURM_JOB_NODELIST": "node[03-07,09]",
}


def test_torchrun() -> None:
    assert launch_from(TORCHRUN) == Launch(rank=3, size=4, local_rank=1)


def test_srun_meets_at_the_first_node_at_a_port_of_the_job() -> None:
    assert launch_from(SRUN) == Launch(rank=5, size=8, local_rank=1, host="node03", port=20123)
    chosen = SRUN | {"MASTER_ADDR": "10.0.0.7", "MASTER_PORT": "4000"}
    assert launch_from(chosen) == Launch(rank=5, size=8, local_rank=1, host="10.0.0.7", port=4000)


def test_a_step_may_have_fewer_tasks_than_its_job() -> None:
    found = launch_from(SRUN | {"SLURM_STEP_NUM_TASKS": "6", "SLURM_STEP_NODELIST": "gpu[2,4]"})
    assert found == Launch(rank=5, size=6, local_rank=1, host="gpu2", port=20123)


def test_jobs_of_one_number_on_a_machine_of_two_clusters_meet_at_different_ports() -> None:
    one, other = (launch_from(SRUN | {"SLURM_STEP_LAUNCHER_PORT": port}) for port in ("41001", "41002"))
    assert one
    assert other
    assert one.port != other.port


@pytest.mark.parametrize("nodes", ["gpu2", "gpu[2]", "rack1-[07]-ib"])
def test_on_a_single_node_no_name_has_to_be_known(nodes: str) -> None:
    found = launch_from(SRUN | {"SLURM_STEP_NODELIST": nodes})
    assert found
    assert found.host == "127.0.0.1"


@pytest.mark.parametrize(
    "environ",
    [
        {},
        {"RANK": "0"},
        TORCHRUN | {"RANK": "0", "WORLD_SIZE": "1"},
        SRUN | {"SLURM_PROCID": "0", "SLURM_NTASKS": "1"},
    ],
    ids=["neither", "a rank of nothing", "torchrun of one", "srun of one"],
)
def test_a_process_on_its_own(environ: dict[str, str]) -> None:
    assert launch_from(environ) is None


def test_a_batch_script_is_no_task_of_srun_although_it_has_a_number() -> None:
    script = {key: value for key, value in SRUN.items() if key != "SLURM_STEP_ID"} | {"SLURM_PROCID": "0"}
    assert launch_from(script) is None


@pytest.mark.parametrize(
    "environ",
    [
        TORCHRUN | {"RANK": "four"},
        TORCHRUN | {"RANK": "4"},
        {key: value for key, value in SRUN.items() if key != "SLURM_JOB_NODELIST"},
    ],
    ids=["no number", "too many", "no node"],
)
def test_variables_that_make_no_sense_are_one_line(environ: dict[str, str]) -> None:
    with pytest.raises(InputError) as caught:
        launch_from(environ)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("listed", "first"),
    [
        ("node7", "node7"),
        ("node7,node9", "node7"),
        ("node[03-07,09]", "node03"),
        ("node[03,09]-ib", "node03-ib"),
        ("gpu-a1,node[1-2]", "gpu-a1"),
    ],
)
def test_the_first_host_of_a_list_as_slurm_writes_it(listed: str, first: str) -> None:
    assert first_host(listed) == first
