"""What the cluster is like: the choices a test has."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from errors import ClusterError

MEMORY_LIMITS = ("auto", "cgroup", "polling")


@dataclass(frozen=True, kw_only=True)
class Settings:
    """One cluster: equal nodes, two partitions (`low` and `high`) over all of them.

    Nothing is compared with what the machine has: SLURM counts what it is told, so that two cores can play four nodes.
    """

    nodes: int = 2
    """Nodes, called node1, node2 and so on; each is a slurmd of its own on this machine."""

    cpus: int = 4
    """CPUs of each node."""

    gpus: int = 2
    """Fake GPUs of each node: counted and given out by SLURM, without a device behind them."""

    gpu_type: str = "fake"
    """Type of the GPUs, so that both `--gpus-per-node=1` and `--gpus-per-node=fake:1` find one."""

    memory_mb: int = 8000
    """Memory of each node; a job that asks for none gets its CPUs' share."""

    max_array_size: int = 1001
    """One more than the largest index of a job array."""

    max_submit_jobs: int | None = None
    """Jobs that a user may have waiting and running at once; each task of an array counts. None: any number."""

    memory_limit: Literal["auto", "cgroup", "polling"] = "auto"
    """Who ends a job that uses more memory than it asked for.

    cgroup: the kernel, and sacct says OUT_OF_MEMORY, as on most clusters. polling: SLURM looks once a second, and sacct
    says FAILED with signal 9. auto: the kernel where that is possible.
    """

    grace_s: int = 20
    """From the signal to the end of a preempted job in the partition `low`."""

    kill_wait_s: int = 5
    """From SIGTERM to SIGKILL of a job that is ended."""

    def __post_init__(self) -> None:
        for name in ("nodes", "cpus", "memory_mb", "max_array_size"):
            if getattr(self, name) < 1:
                raise ClusterError(f"{option(name)} must be at least 1, not {getattr(self, name)}")
        for name in ("gpus", "grace_s", "kill_wait_s"):
            if getattr(self, name) < 0:
                raise ClusterError(f"{option(name)} must not be negative, not {getattr(self, name)}")
        if self.memory_limit not in MEMORY_LIMITS:
            raise ClusterError(f"--memory-limit must be one of {', '.join(MEMORY_LIMITS)}, not {self.memory_limit!r}")
        if self.max_submit_jobs is not None and self.max_submit_jobs < 1:
            raise ClusterError(f"--max-submit-jobs must be at least 1, not {self.max_submit_jobs}")
        if not re.fullmatch(r"[a-z][a-z0-9_]*", self.gpu_type):
            raise ClusterError(f"--gpu-type must be a plain lower-case word, not {self.gpu_type!r}")

    @property
    def node_names(self) -> list[str]:
        """node1, node2 and so on."""
        return [f"node{number}" for number in range(1, self.nodes + 1)]


def option(name: str) -> str:
    """The field's name on the command line."""
    return "--" + name.replace("_", "-")
