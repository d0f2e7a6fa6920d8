"""A running test cluster as tests see it: its commands, its accounting, and ways to hurt it."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

TEST_CLUSTER = Path(__file__).parents[2] / "slurm" / "test_cluster"
FOLDER_OF = "slurm_of_test_"  # and the number of the process that tests
PROGRAMS = ("slurmctld", "slurmd", "slurmdbd", "munged", "mariadbd")


@dataclass(frozen=True)
class Slurm:
    """The cluster in a folder."""

    folder: Path

    @property
    def conf(self) -> str:
        """What SLURM_CONF must be for commands of this cluster."""
        return str(self.folder / "slurm.conf")

    def run(self, *command: str) -> str:
        """What a SLURM command prints; it must succeed."""
        result = self.answer(*command)
        assert result.returncode == 0, f"{command}: {result.stderr}"
        return result.stdout

    def answer(self, *command: str) -> subprocess.CompletedProcess[str]:
        """All that a SLURM command has to say."""
        environment = os.environ | {"SLURM_CONF": self.conf}
        return subprocess.run(command, env=environment, cwd=self.folder, capture_output=True, text=True, timeout=60)

    def submit(self, script: str, *options: str) -> str:
        """The number of a new batch job that runs a line of shell; its output goes to /dev/null unless asked for."""
        return self.run("sbatch", "--parsable", "--output=/dev/null", *options, f"--wrap={script}").strip()

    def state(self, job: str) -> str:
        """The latest state of a job in the accounting: COMPLETED, `CANCELLED by 0`, ...; empty while unknown."""
        return (self.states(job) or [""])[-1]

    def states(self, job: str) -> list[str]:
        """The states of a job's executions: an earlier one that was requeued, then the present one."""
        shown = ("--allocations", "--duplicates", "--noheader", "--parsable2", "--format=state")
        return self.run("sacct", *shown, "--jobs", job).splitlines()

    def wait_for(self, job: str, state: str, *, within_s: float = 30) -> None:
        """Wait until the accounting shows a job in a final state."""
        deadline = time.monotonic() + within_s
        while self.state(job) != state:
            assert time.monotonic() < deadline, f"job {job} is {self.states(job)}, not {state}, after {within_s} s"
            time.sleep(0.1)

    def wait_until_running(self, job: str, *, within_s: float = 30) -> None:
        """Wait until a job runs, by what the controller says: the accounting may hear of it five seconds later."""
        deadline = time.monotonic() + within_s
        while self.run("squeue", "--noheader", "--format=%T", "--jobs", job) != "RUNNING\n":
            assert time.monotonic() < deadline, f"job {job} does not run after {within_s} s"
            time.sleep(0.1)

    def cancel_all_jobs(self) -> None:
        """End all jobs and wait until the queue is empty."""
        self.run("scancel", "--user=root")
        deadline = time.monotonic() + 30
        while self.run("squeue", "--noheader"):
            assert time.monotonic() < deadline, f"jobs do not end: {self.run('squeue')}"
            time.sleep(0.1)

    def stop_daemon(self, name: str) -> None:
        """End slurmctld, slurmdbd, or a node such as node2 with all its jobs."""
        _test_cluster("stop", "--folder", str(self.folder), "--only", name)

    def start_stopped_daemons(self) -> None:
        """Start again what does not run."""
        _test_cluster("start", "--folder", str(self.folder))

    def heal(self) -> None:
        """Undo what a test has done: every daemon runs, every node takes jobs, nothing is queued."""
        found = self.status()
        if found["state"] != "running":
            self.start_stopped_daemons()
            found = self.status()
        for node, state in found["nodes"].items():
            if state.startswith(("down", "drain")):
                self.run("scontrol", "update", f"nodename={node}", "state=resume")
        self.cancel_all_jobs()

    def status(self) -> dict[str, Any]:
        """What `test_cluster status` says."""
        found: dict[str, Any] = json.loads(_test_cluster("status", "--json", "--folder", str(self.folder)))
        return found


@contextlib.contextmanager
def running_slurm(*settings: str) -> Iterator[Slurm]:
    """A cluster of one's own, such as `running_slurm("--max-array-size=5")`; takes about six seconds in all."""
    skip_or_fail_without_slurm()
    stop_clusters_of_killed_tests()
    folder = Path(tempfile.mkdtemp(prefix=f"{FOLDER_OF}{os.getpid()}_"))  # pytest's folders are too long for sockets
    try:
        with one_at_a_time("start"):  # whoever tests beside this looks for free ports too
            _test_cluster("start", "--folder", str(folder), *settings)
        try:
            yield Slurm(folder)
        finally:
            _test_cluster("stop", "--folder", str(folder))
    finally:
        shutil.rmtree(folder)


@contextlib.contextmanager
def one_at_a_time(what: str) -> Iterator[None]:
    """Of all processes that test on this machine."""
    with (Path(tempfile.gettempdir()) / f"{FOLDER_OF}{what}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def stop_clusters_of_killed_tests() -> None:
    """Stop and remove what tests could not, because they were killed."""
    for folder in Path(tempfile.gettempdir()).glob(f"{FOLDER_OF}*_*"):
        owner = folder.name.removeprefix(FOLDER_OF).partition("_")[0]
        if not Path("/proc", owner).exists():
            ask_test_cluster("stop", "--folder", str(folder))
            shutil.rmtree(folder, ignore_errors=True)


def ask_test_cluster(*arguments: str, path: str | None = None) -> subprocess.CompletedProcess[str]:
    """What `python slurm/test_cluster ...` answers, with a PATH of choice."""
    environment = os.environ | ({} if path is None else {"PATH": path})
    command = [sys.executable, str(TEST_CLUSTER), *arguments]
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120)


def _test_cluster(*arguments: str) -> str:
    result = ask_test_cluster(*arguments)
    assert result.returncode == 0, result.stderr
    return result.stdout


def skip_or_fail_without_slurm() -> None:
    """In CI the absence of SLURM is a failure, elsewhere a reason to skip."""
    path = f"{os.environ['PATH']}:/usr/sbin"
    missing = [name for name in PROGRAMS if shutil.which(name, path=path) is None]
    if not missing and os.geteuid() == 0:
        return
    reason = "not root" if not missing else f"{missing[0]} is not installed (see slurm/README.md)"
    if os.environ.get("GTPT_BENCH_REAL_PARTS") == "required":
        pytest.fail(reason)
    pytest.skip(reason)
