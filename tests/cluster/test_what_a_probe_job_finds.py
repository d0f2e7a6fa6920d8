"""From a probe job's fate to checks: what one machine of tests cannot show for real is judged from made-up findings."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gtpt_bench.cluster.doctor.exchange import Exchange
from gtpt_bench.cluster.doctor.probe import Found, ProbeFiles, lock_error, scratch_here
from gtpt_bench.cluster.doctor.probe_job import Hello, Outcome, Place
from gtpt_bench.cluster.doctor.probe_words import judged
from gtpt_bench.cluster.outside_a_job import outside_any_job
from gtpt_bench.cluster.profile import ClusterProfile
from gtpt_bench.cluster.queue import Element
from gtpt_bench.study.lock import locked

FOUND = Found(
    host="n1",
    python="/env/bin/python",
    python_version="3.12.1",
    code="c0de",
    answer=(1000.5, 1000.9),
    file_clock_s=0.01,
    lock_error="",
    cores=8,
    node_cores=64,
    torch="2.9.0+cu128",
    cuda="12.8",
    num_gpus=2,
    gpu="NVIDIA A100",
    visible_gpus="0,1",
    scratch="/local/17",
    scratch_free_gb=900,
)
HEALTHY = Outcome(
    job="17",
    folder=Path("results/.doctor/x/jobs"),
    started_s=12.3,
    hello=Hello(written_at=1000.0, seen_at=1000.4, file_clock_s=-0.02),
    found=FOUND,
    end=Element(state="COMPLETED", node="n1", exit_code="0:0"),
)
PROFILE = ClusterProfile.model_validate(
    {"cluster": "c", "training": {"gpus_per_task": 2}, "environment": {"scratch": "/local/$SLURM_JOB_ID"}}
)


def problems(outcome: Outcome = HEALTHY, profile: ClusterProfile = PROFILE, **found: Any) -> dict[str, str]:
    """Checks that failed, some findings of a healthy probe changed."""
    if found:
        outcome = replace(outcome, found=FOUND.changed(found))
    return {check.name: check.words for check in judged(profile, outcome, "c0de") if not check.passed}


def test_a_healthy_probe_tells_what_it_found() -> None:
    words = {check.name: check.words for check in judged(PROFILE, HEALTHY, "c0de")}
    assert problems() == {}
    assert words["probe job"] == "17 started on n1 12 s after submission"
    assert words["GPUs"] == "2 × NVIDIA A100, and torch with CUDA 12.8 computes on it"
    assert words["shared files"] == "seen 0.4 s after writing, both ways; locks work"
    assert words["clocks"] == "of this machine, n1 and the file system agree to 0.02 s"


@pytest.mark.parametrize(
    ("found", "check", "words"),
    [
        (
            {"num_gpus": 0, "cuda": ""},
            "GPUs",
            "torch sees 0 of the 2 asked for (CUDA_VISIBLE_DEVICES 0,1): torch 2.9.0",
        ),
        ({"num_gpus": 0, "gpu_error": "driver too old"}, "GPUs", "do driver (nvidia-smi on n1) and CUDA 12.8 fit?"),
        ({"num_gpus": 0, "visible_gpus": ""}, "GPUs", "(CUDA_VISIBLE_DEVICES empty): is there a GPU on n1"),
        ({"num_gpus": 8, "visible_gpus": None}, "GPUs", "(CUDA_VISIBLE_DEVICES not set): jobs see GPUs of others"),
        ({"gpu_error": "no kernel image"}, "GPUs", "NVIDIA A100 cannot compute: no kernel image: install a fitting"),
        ({"torch_error": "No module named 'torch'"}, "environment", "/env/bin/python (3.12.1) cannot import torch: No"),
        ({"code": "0ld"}, "environment", "jobs import gtpt_bench 0ld, not the copy made for them, c0de: does env"),
        (
            {"cores": 1},
            "cores",
            "a process may use 1 of the 8 cores asked for: write environment.variables: {SRUN_CPUS",
        ),
        ({"cores": 4, "node_cores": 4}, "cores", "SLURM gives 8 cores, but n1 has 4: lower training.cpus_per_task"),
        ({"answer": None}, "shared files", "it did not see the answer while the job ran"),
        ({"answer": (1000.5, 1150.0)}, "shared files", "files are seen elsewhere after 75 s only"),
        (
            {"lock_error": "no lock can be made"},
            "shared files",
            "no lock can be made: take a --results folder with hard",
        ),
        ({"file_clock_s": -45}, "clocks", "differ by 45 s, and locks go by their age: ask the administrators"),
        (
            {"node_error": "the name of node n1 cannot be looked up"},
            "node names",
            "for runs on several nodes: the name of",
        ),
        ({"submit_error": "sbatch is not found"}, "jobs submit", "n1 cannot speak to SLURM: sbatch is not found; jobs"),
        ({"scratch_error": "Permission denied"}, "scratch", "/local/17 on n1: Permission denied; change environment"),
        ({"data_error": "x/annotations is missing"}, "data in jobs", "on n1: x/annotations is missing: give a folder"),
    ],
)
def test_each_finding_is_named_with_what_to_change(found: dict[str, Any], check: str, words: str) -> None:
    assert words in problems(**found)[check]


def test_a_first_file_that_is_never_seen_is_no_shared_folder() -> None:
    found = problems(replace(HEALTHY, hello=None))
    assert found["shared files"].startswith("its first file was not seen here while the job ran")
    assert "could not be compared" in found["clocks"]


def test_a_job_that_accounting_does_not_know_is_told() -> None:
    assert problems(replace(HEALTHY, end=None))["sacct"].startswith("does not know how 17 ended")


def test_complaints_of_the_setup_are_shown_though_the_job_went_well() -> None:
    complained = replace(HEALTHY, last_words="line 13: module: command not found\n\n")
    words = next(check.words for check in judged(PROFILE, complained, "c0de") if check.name == "environment")
    assert words.endswith("the job wrote to stderr: line 13: module: command not found")


EARLY = replace(HEALTHY, found=None, hello=None)


@pytest.mark.parametrize(
    ("state", "exit_code", "last_words", "words"),
    [
        (
            "FAILED",
            "3:0",
            "",
            "(FAILED, exit code 3:0) and wrote nothing that is seen here: does a line of environment",
        ),
        (
            "FAILED",
            "1:0",
            "trace\nModuleNotFoundError: No module named 'x'\nsrun: error",
            "No module named 'x': mend env",
        ),
        (
            "FAILED",
            "1:0",
            "\n srun: error: Exited \n",
            "srun: error: Exited: mend environment.setup or environment.pyth",
        ),
        ("COMPLETED", "0:0", "", "wrote nothing that is seen here: take a --results folder that all nodes share"),
        (
            "OUT_OF_MEMORY",
            "0:125",
            "",
            "(OUT_OF_MEMORY, exit code 0:125) and wrote nothing that is seen here: see sacct",
        ),
    ],
)
def test_a_job_that_ends_before_its_time_is_explained(state: str, exit_code: str, last_words: str, words: str) -> None:
    end = Element(state=state, node="n1", exit_code=exit_code)
    told = problems(replace(EARLY, end=end, last_words=last_words))
    assert list(told) == ["probe job"]
    assert told["probe job"].startswith("17 ended on n1 before it had looked around")
    assert words in told["probe job"]


@pytest.mark.parametrize(
    ("reason", "words"),
    [
        ("Priority", "(Priority, others are before it; SLURM expects it to start at 2026-11-22T03:00:00)"),
        ("QOSMaxJobsPerUserLimit", "(QOSMaxJobsPerUserLimit, a limit of your account or qos is reached;"),
        ("ReqNodeNotAvail, UnavailableNodes:n1", "the nodes it could have are down or reserved"),
        ("", "(no reason told;"),
    ],
)
def test_a_job_that_does_not_start_is_told_with_the_reason(reason: str, words: str) -> None:
    pending = replace(EARLY, pending=Place("PENDING", reason, "2026-11-22T03:00:00"), started_s=300)
    told = problems(pending)
    assert list(told) == ["probe job"]
    assert told["probe job"].startswith("17 had not started after 300 s (")
    assert words in told["probe job"]


@given(delay=st.floats(0, 100), ahead=st.floats(-1e4, 1e4), pause=st.floats(0, 10))
def test_delay_and_clocks_are_told_apart(delay: float, ahead: float, pause: float) -> None:
    written, answered = 1e9, 1e9 + delay + pause
    exchange = Exchange(written, written + delay + ahead, answered + ahead, answered + delay)
    assert exchange.delay_s == pytest.approx(delay, abs=1e-5)
    assert exchange.clock_s == pytest.approx(ahead, abs=1e-5)


def test_scratch_is_tried_out_and_left_as_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FAST", str(tmp_path))
    found = scratch_here("$FAST/17")
    assert (found["scratch"], found["scratch_error"]) == (str(tmp_path / "17"), "")
    assert list(tmp_path.iterdir()) == []
    assert scratch_here("${NO_SUCH_VARIABLE}/17")["scratch_error"] == "NO_SUCH_VARIABLE is not set in the job"
    (tmp_path / "file").write_text("")
    assert "Not a directory" in scratch_here("$FAST/file/17")["scratch_error"]


def test_a_lock_of_the_other_machine_must_be_seen(tmp_path: Path) -> None:
    files = ProbeFiles(tmp_path)
    assert "is not seen in the job" in lock_error(files)
    with locked(files.lock):
        assert lock_error(files) == ""


def test_a_new_job_is_told_nothing_of_the_job_that_submits_it(monkeypatch: pytest.MonkeyPatch) -> None:
    told = {"SLURM_ARRAY_TASK_ID": "1", "SLURM_JOB_ID": "17", "CUDA_VISIBLE_DEVICES": "3", "SBATCH_PARTITION": "gpu"}
    for name, value in (told | {"SLURM_CONF": "/etc/slurm.conf"}).items():
        monkeypatch.setenv(name, value)
    with outside_any_job():
        assert not told.keys() & os.environ.keys()
        assert os.environ["SLURM_CONF"] == "/etc/slurm.conf"
    assert told.items() <= os.environ.items()


def test_outside_of_jobs_gpus_stay_chosen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SLURM_JOB_ID", raising=False)
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "3")
    with outside_any_job():
        assert os.environ["CUDA_VISIBLE_DEVICES"] == "3"
