"""`gtpt-study doctor --cluster FILE` on a real SLURM: a healthy cluster passes, and what is wrong is named."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from gtpt_bench.cluster.commands import slurm as asked_of_slurm
from gtpt_bench.cluster.doctor.examine import examine_cluster
from gtpt_bench.cluster.profile import ClusterProfile
from gtpt_bench.study.display import EventLines
from tests.cli.command import gtpt_study, gtpt_study_process
from tests.cluster.real_slurm import Slurm
from tests.cluster.small_campaign import eventually

pytestmark = pytest.mark.slurm

PROFILE: dict[str, Any] = {
    "cluster": "test",
    "training": {
        "partition": "low",
        "gpus_per_task": 0,
        "cpus_per_task": 1,
        "memory_gb_per_task": 1,
        "time_limit_h": 0.5,
    },
    "limits": {"max_memory_gb_per_task": 4},
}
HOSTILE = 'it\'s "q" $(touch x); ü'


def content(training: dict[str, Any] | None = None, **parts: Any) -> dict[str, Any]:
    return PROFILE | {"training": PROFILE["training"] | (training or {})} | parts


def problems(results: Path, training: dict[str, Any] | None = None, **parts: Any) -> dict[str, str]:
    """What the doctor finds wrong with a profile; nothing of its job must be left."""
    profile = ClusterProfile.model_validate(content(training, **parts))
    checks = examine_cluster(profile, results, EventLines(), wait_s=60)
    assert asked_of_slurm("squeue", "--noheader", "--states=PENDING,RUNNING") == ""
    return {check.name: check.words for check in checks if not check.passed}


def write(folder: Path, profile: dict[str, Any]) -> Path:
    path = folder / "cluster.yaml"
    path.write_text(yaml.safe_dump(profile, allow_unicode=True), encoding="utf-8")
    return path


def test_a_healthy_cluster_passes_whatever_the_folders_are_called(slurm: Slurm, tmp_path: Path) -> None:
    results, scratch = tmp_path / HOSTILE / "results", tmp_path / HOSTILE / "scratch"
    environment = {"scratch": f"{scratch}/$SLURM_JOB_ID", "variables": {"A": HOSTILE}}
    profile = write(tmp_path, content({"extra": {"comment": HOSTILE}}, environment=environment))
    answer = gtpt_study("doctor", "--cluster", profile, "--results", results, "--json")
    checks = {check["name"]: check for check in answer.json}
    assert [check for check in answer.json if not check["passed"]] == []
    assert answer.code == 0
    assert "preemption" in checks
    assert "give way with a signal and 20 s to save" in checks["preemption"]["words"]
    assert checks["jobs submit"]["passed"]
    assert "probe job" in answer.err
    assert not (results / ".doctor").exists()
    assert not list(scratch.iterdir())


def test_a_partition_that_is_not_there_is_named_and_no_job_submitted(slurm: Slurm, tmp_path: Path) -> None:
    profile = write(tmp_path, content({"partition": "lwo"}))
    answer = gtpt_study_process("doctor", "--cluster", profile, "--results", tmp_path / "results")
    assert answer.code == 1
    assert "'lwo' does not exist; did you mean low?" in answer.out
    assert "not submitted, since SLURM would not take it" in answer.out


def test_memory_that_no_node_has_is_named(slurm: Slurm, tmp_path: Path) -> None:
    found = problems(tmp_path, {"memory_gb_per_task": 100})
    assert found["nodes"].startswith("no node of low has 100 GiB of memory, the largest 7.812")
    assert "Requested node configuration is not available" in found["sbatch"]


def test_a_gpu_that_slurm_gives_but_torch_does_not_see_is_named(slurm: Slurm, tmp_path: Path) -> None:
    found = problems(tmp_path, {"gpus_per_task": 1, "gpu_type": "fake"})
    assert list(found) == ["GPUs"]
    assert found["GPUs"].startswith("torch sees 0 of the 1 asked for (CUDA_VISIBLE_DEVICES ")


@pytest.mark.parametrize(
    ("environment", "words"),
    [
        ({"python": "/bin/false"}, "(FAILED, exit code 1:0): srun: error"),
        ({"setup": ["exit 3"]}, "(FAILED, exit code 3:0) and wrote nothing that is seen here: does a line of env"),
    ],
)
def test_an_environment_that_does_not_start_is_named(
    slurm: Slurm, tmp_path: Path, environment: dict[str, Any], words: str
) -> None:
    found = problems(tmp_path, environment=environment)
    assert list(found) == ["probe job"]
    assert words in found["probe job"]


def test_a_python_without_torch_and_a_scratch_without_a_place_are_named(slurm: Slurm, tmp_path: Path) -> None:
    (tmp_path / "hiding" / "torch").mkdir(parents=True)
    (tmp_path / "hiding" / "torch" / "__init__.py").write_text("raise ImportError('no torch today')")
    hiding = f'export PYTHONPATH="{tmp_path / "hiding"}"'
    found = problems(tmp_path, environment={"setup": [hiding], "scratch": "/proc/nowhere"})
    assert set(found) == {"environment", "scratch"}
    assert "cannot import torch: ImportError: no torch today: install it there" in found["environment"]


def test_a_job_that_does_not_start_is_cancelled_and_told_with_the_reason(slurm: Slurm, tmp_path: Path) -> None:
    profile = ClusterProfile.model_validate(content({"extra": {"begin": "now+1hour"}}))
    checks = examine_cluster(profile, tmp_path, EventLines(), wait_s=2)
    last = checks[-1]
    assert last.name == "probe job"
    assert not last.passed
    assert "had not started after 2 s (BeginTime; SLURM expects it to start at" in last.words
    assert slurm.run("squeue", "--noheader") == ""
    assert not (tmp_path / ".doctor").exists()


def test_ctrl_c_cancels_the_job(slurm: Slurm, tmp_path: Path) -> None:
    profile = write(tmp_path, content({"extra": {"begin": "now+1hour"}}))
    command = [
        sys.executable,
        "-m",
        "gtpt_bench",
        "doctor",
        "--cluster",
        str(profile),
        "--results",
        str(tmp_path / "r"),
    ]
    with subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as shell:
        eventually(lambda: slurm.run("squeue", "--noheader"), "probe job")
        shell.send_signal(signal.SIGINT)
        shell.communicate(timeout=30)
    assert shell.returncode == 130
    assert slurm.run("squeue", "--noheader") == ""
    assert not (tmp_path / "r" / ".doctor").exists()


def test_limits_of_the_queue_are_told(narrow_slurm: Slurm, tmp_path: Path) -> None:
    found = problems(tmp_path, limits={"max_memory_gb_per_task": 4, "max_array_size": 10})
    assert found["queue"] == "limits.max_submitted is 500, but you may have 4 jobs in the queue: set it to 4"
    assert "takes 5 (MaxArraySize)" in found["arrays"]


def test_options_in_the_shells_variables_do_not_change_answers(
    slurm: Slurm, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = slurm.submit("sleep 60", "--partition=low", "--mem=50M")
    for name in ("SQUEUE_PARTITION", "SCANCEL_PARTITION", "SBATCH_PARTITION"):
        monkeypatch.setenv(name, "high")
    assert asked_of_slurm("squeue", "--noheader", "--format=%i").split() == [job]
    asked_of_slurm("scancel", job)
    assert eventually(lambda: not asked_of_slurm("squeue", "--noheader"), "empty queue")


def test_a_job_submitted_inside_an_element_of_an_array_is_no_element_of_it(slurm: Slurm, tmp_path: Path) -> None:
    """What a job would otherwise hand on: its place in the array, and GPUs that the new job does not have."""
    inner = tmp_path / "inner.json"
    shows = f"srun env --null > {tmp_path / 'env'} && mv {tmp_path / 'env'} {inner}"
    script = tmp_path / "submit.py"
    script.write_text(
        "import subprocess\n"
        "from gtpt_bench.cluster.outside_a_job import outside_any_job\n"
        "with outside_any_job():\n"
        f"    subprocess.run(['sbatch', '--mem=50M', '--output=/dev/null', {f'--wrap={shows}'!r}], check=True)\n"
    )
    slurm.submit(f"{sys.executable} {script}", "--array=0-0", "--mem=100M", "--gpus-per-node=1")
    eventually(inner.exists, "word of the inner job")
    variables = dict(entry.split("=", 1) for entry in inner.read_text().rstrip("\0").split("\0"))
    assert not [name for name in variables if name.startswith(("SLURM_ARRAY", "SLURM_GPUS"))]
    assert "CUDA_VISIBLE_DEVICES" not in variables
