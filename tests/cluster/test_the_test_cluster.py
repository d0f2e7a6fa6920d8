"""The test cluster is a real SLURM that does what studies meet, and leaves nothing on the machine."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cluster.real_slurm import Slurm, ask_test_cluster, running_slurm, skip_or_fail_without_slurm

pytestmark = pytest.mark.slurm

LISTEN = "trap 'echo signal >> {heard}' USR2; echo start >> {heard}; for i in $(seq 600); do sleep 0.1; done"
"""A job that writes down its starts and the signals it gets, and does not end because of them."""

TAKE_MEMORY = "python3 -c 'x = bytearray(500 << 20); import time; time.sleep(30)'"


def test_a_started_cluster_says_so_and_its_nodes_take_jobs(slurm: Slurm) -> None:
    found = slurm.status()
    assert found["state"] == "running"
    assert found["nodes"] == {"node1": "idle", "node2": "idle"}
    assert all(found["daemons"].values())
    assert slurm.run("srun", "--nodes=2", "sh", "-c", "echo $SLURMD_NODENAME").split() in (
        ["node1", "node2"],
        ["node2", "node1"],
    )


def test_commands_without_a_configuration_of_their_own_find_the_session_cluster(slurm: Slurm) -> None:
    assert (
        subprocess.run(["sinfo", "--noheader", "--format=%R"], capture_output=True, text=True).stdout == "low\nhigh\n"
    )


def test_a_job_starts_within_seconds_and_sacct_knows_how_it_ended(slurm: Slurm) -> None:
    good, bad = slurm.submit("true"), slurm.submit("exit 3")
    slurm.wait_for(good, "COMPLETED", within_s=10)
    slurm.wait_for(bad, "FAILED", within_s=10)
    code = slurm.run("sacct", "-X", "--noheader", "--parsable2", "--format=exitcode", "-j", bad)
    assert code == "3:0\n"


def test_an_array_of_three_runs_three_tasks(slurm: Slurm, tmp_path: Path) -> None:
    job = slurm.submit(f"touch {tmp_path}/$SLURM_ARRAY_TASK_ID", "--array=0-2")
    for index in range(3):
        slurm.wait_for(f"{job}_{index}", "COMPLETED")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["0", "1", "2"]


@pytest.mark.parametrize("wanted", ["1", "fake:1"])
def test_jobs_are_given_different_gpus_of_a_node(slurm: Slurm, wanted: str) -> None:
    show = ("sh", "-c", "echo $CUDA_VISIBLE_DEVICES; sleep 1")
    asked = ("srun", "--nodelist=node1", f"--gpus-per-node={wanted}", "--ntasks=1", "--mem=100")
    with subprocess.Popen([*asked, *show], stdout=subprocess.PIPE, text=True) as first:
        second = slurm.run(*asked, *show)
        assert first.stdout is not None
        assert {first.stdout.read(), second} == {"0\n", "1\n"}


def test_more_gpus_than_a_node_has_are_refused(slurm: Slurm) -> None:
    assert "Requested node configuration is not available" in slurm.answer("srun", "--gpus-per-node=3", "true").stderr


def test_a_user_has_at_most_as_many_jobs_as_allowed(narrow_slurm: Slurm) -> None:
    for _ in range(4):
        narrow_slurm.submit("true", "--hold")
    assert "AssocMaxSubmitJobLimit" in narrow_slurm.answer("sbatch", "--hold", "--wrap=true").stderr


def test_an_array_index_above_the_limit_is_refused(narrow_slurm: Slurm) -> None:
    narrow_slurm.submit("true", "--hold", "--array=1-4")
    assert "Invalid job array" in narrow_slurm.answer("sbatch", "--hold", "--array=5", "--wrap=true").stderr


def test_an_unknown_account_is_refused(slurm: Slurm) -> None:
    assert "Invalid account" in slurm.answer("sbatch", "--account=elsewhere", "--wrap=true").stderr


def test_a_preempted_job_hears_its_signal_and_starts_again_after_the_other(narrow_slurm: Slurm, tmp_path: Path) -> None:
    heard = tmp_path / "heard"
    low = narrow_slurm.submit(LISTEN.format(heard=heard), "--nodes=2", "--exclusive", "--signal=B:USR2@60")
    wait_for_words(heard, ["start"])
    high = narrow_slurm.submit("true", "--partition=high", "--exclusive")
    wait_for_words(heard, ["start", "signal"])
    narrow_slurm.wait_for(high, "COMPLETED")
    wait_for_words(heard, ["start", "signal", "start"])
    narrow_slurm.wait_until_running(low)
    assert narrow_slurm.states(low)[0] == "PREEMPTED"


def test_a_job_on_a_failed_node_is_requeued_and_the_node_stays_down_until_resumed(slurm: Slurm) -> None:
    job = slurm.submit("sleep 600", "--nodelist=node2")
    slurm.wait_until_running(job)
    slurm.run("scontrol", "update", "nodename=node2", "state=down", "reason=test")
    slurm.wait_for(job, "NODE_FAIL")
    time.sleep(1)
    assert slurm.status()["nodes"]["node2"] == "down"
    slurm.run("scontrol", "update", "nodename=node2", "state=resume")
    assert slurm.status()["nodes"]["node2"].startswith("idle")
    assert slurm.run("squeue", "--noheader", "--format=%T", "--jobs", job) == "PENDING\n"


def test_memory_beyond_what_was_asked_for_ends_a_job(slurm: Slurm) -> None:
    job = slurm.submit(TAKE_MEMORY, "--mem=100")
    slurm.wait_for(job, "OUT_OF_MEMORY" if slurm.status()["memory_limit"] == "cgroup" else "FAILED")


def test_memory_limited_by_polling_ends_a_job_by_signal_9(narrow_slurm: Slurm, tmp_path: Path) -> None:
    job = narrow_slurm.submit(TAKE_MEMORY, "--mem=100", f"--output={tmp_path}/log")
    narrow_slurm.wait_for(job, "FAILED")
    assert "Exceeded job memory limit" in (tmp_path / "log").read_text()


def test_jobs_go_on_while_the_controller_is_away(slurm: Slurm, tmp_path: Path) -> None:
    job = slurm.submit(f"sleep 3; touch {tmp_path}/done")
    slurm.wait_until_running(job)
    slurm.stop_daemon("slurmctld")
    assert "is DOWN" in slurm.answer("scontrol", "ping").stdout
    assert slurm.status()["state"] == "partly running"
    slurm.start_stopped_daemons()
    slurm.wait_for(job, "COMPLETED")
    assert (tmp_path / "done").exists()


def test_stopping_leaves_no_process_and_no_other_cluster_is_touched(slurm: Slurm) -> None:
    before = slurm.status()
    with running_slurm("--nodes=1", "--gpus=0") as other:
        job = other.submit("setsid sleep 600 & sleep 600")
        other.wait_until_running(job)
        assert len(processes_of(other)) >= 7  # five daemons, the step, the job
        ask_test_cluster("stop", "--folder", str(other.folder))
        assert processes_of(other) == []
        assert other.status()["state"] == "stopped"
        assert "nothing ran" in ask_test_cluster("stop", "--folder", str(other.folder)).stdout
    assert slurm.status() == before


def test_a_running_cluster_is_not_started_with_other_settings(slurm: Slurm) -> None:
    result = ask_test_cluster("start", "--folder", str(slurm.folder), "--nodes=5")
    assert result.returncode == 1
    assert "runs with other settings" in result.stderr
    assert slurm.status()["state"] == "running"


@pytest.fixture
def short_path() -> Iterator[Path]:
    """A cluster's sockets lie in its folder, and a socket's path may not be long."""
    with tempfile.TemporaryDirectory(prefix="tc") as folder:
        yield Path(folder)


def test_a_start_that_fails_half_way_ends_what_it_started(short_path: Path) -> None:
    skip_or_fail_without_slurm()
    folder = short_path / "c"
    (folder / "mariadb.socket" / "in the way").mkdir(parents=True)
    result = ask_test_cluster("start", "--folder", str(folder))
    assert result.returncode == 1
    assert len(result.stderr.splitlines()) == 1
    assert "mariadbd ended at once; see" in result.stderr
    assert processes_of(Slurm(folder)) == []


def test_a_missing_package_is_named_with_the_command_that_installs_it(short_path: Path) -> None:
    result = ask_test_cluster("start", "--folder", str(short_path), path="/nowhere")
    assert result.returncode == 1
    assert "apt-get install slurm-wlm munge mariadb-server slurmdbd" in result.stderr
    assert len(result.stderr.splitlines()) == 1


def test_a_folder_without_a_cluster_has_the_state_absent(short_path: Path) -> None:
    assert Slurm(short_path).status()["state"] == "absent"
    assert "no cluster in" in ask_test_cluster("stop", "--folder", str(short_path)).stderr


def test_a_process_that_got_the_number_of_an_ended_daemon_is_left_alone(short_path: Path) -> None:
    with subprocess.Popen(["sleep", "60"]) as stranger:
        ended = {"name": "munged", "pid": stranger.pid, "start_ticks": 1}
        record = {"settings": {}, "ports": {"slurmctld": 1, "slurmdbd": 2, "slurmd": [3, 4]}, "memory_cgroup": None}
        (short_path / "cluster.json").write_text(json.dumps(record | {"processes": [ended]}))
        assert ask_test_cluster("stop", "--folder", str(short_path)).stdout == "nothing ran\n"
        assert stranger.poll() is None
        stranger.send_signal(signal.SIGKILL)


def wait_for_words(path: Path, words: list[str], within_s: float = 30) -> None:
    """Wait until a job has written exactly these words."""
    deadline = time.monotonic() + within_s
    while not path.exists() or path.read_text().split() != words:
        assert time.monotonic() < deadline, f"{path.read_text().split() if path.exists() else 'nothing'}, not {words}"
        time.sleep(0.1)


def processes_of(cluster: Slurm) -> list[str]:
    """Command lines of all processes but this one that name the cluster's folder in arguments or environment."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            command = (process / "cmdline").read_bytes()
            named = command + (process / "environ").read_bytes()
        except OSError:
            continue
        if os.fsencode(cluster.folder) in named and int(process.name) != os.getpid():
            found.append(command.replace(b"\0", b" ").decode())
    return found
