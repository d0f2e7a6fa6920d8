"""End what the jobs of a node have left, once its slurmd no longer can."""

from __future__ import annotations

from collections.abc import Iterable

from daemons import MARK, mark
from folder import Folder
from processes import Process, all_pids, descendants, environment_of, kill, start_ticks_of


def end_jobs(folder: Folder, nodes: Iterable[str]) -> None:
    """Kill the job steps of these nodes, and whatever was started by them."""
    found = [(pid, start_ticks_of(pid)) for pid in _pids_of_jobs(folder, set(nodes))]
    kill([Process("job", pid, ticks) for pid, ticks in found if ticks is not None])


def _pids_of_jobs(folder: Folder, nodes: set[str]) -> set[int]:
    """Steps (slurmstepd) carry the mark of their slurmd; jobs are below them, or say which node started them."""
    marks = {mark(folder, node) for node in nodes}
    environments = {pid: environment_of(pid) for pid in all_pids()}
    steps = {pid for pid, environment in environments.items() if environment.get(MARK) in marks}
    orphans = {
        pid
        for pid, environment in environments.items()
        if environment.get("SLURM_CONF") == str(folder.slurm_conf) and environment.get("SLURMD_NODENAME") in nodes
    }
    return steps | descendants(steps) | orphans
