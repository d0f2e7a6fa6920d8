"""Who else computes or draws on a card."""

from __future__ import annotations

import os
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from gtpt_bench.efficiency.gpu.card import Card

_LISTS = ("nvmlDeviceGetComputeRunningProcesses", "nvmlDeviceGetGraphicsRunningProcesses")


@dataclass(frozen=True)
class GpuProcess:
    """A process on a card.

    Attributes:
        memory_bytes: of the card; None where the driver does not tell it.
    """

    pid: int
    memory_bytes: int | None


def own_pids(status: Path = Path("/proc/self/status")) -> frozenset[int]:
    """Numbers of this process, in its own namespace and in those around it as far as they can be seen."""
    try:
        lines = status.read_text(encoding="utf-8").splitlines()
    except OSError:
        lines = []
    around = [int(pid) for line in lines if line.startswith("NSpid:") for pid in line.split()[1:]]
    return frozenset({os.getpid(), *around})


def processes_on(card: Card) -> tuple[GpuProcess, ...] | None:
    """All processes on the card, this one included; None where they may not be listed.

    Where nobody is listed, not even this process, which holds memory there: in containers drivers hide them all.
    """
    lists = [card.read(function) for function in _LISTS]
    if all(found is None for found in lists):
        return None
    by_pid: dict[int, GpuProcess] = {}
    for entry in (entry for found in lists for entry in found or ()):
        known = by_pid.get(entry.pid, GpuProcess(entry.pid, None))
        by_pid[entry.pid] = GpuProcess(entry.pid, entry.usedGpuMemory or known.memory_bytes)
    return tuple(by_pid[pid] for pid in sorted(by_pid)) or None


def other_processes(processes: Collection[GpuProcess], own: Collection[int]) -> tuple[GpuProcess, ...]:
    """Those that are not this process, which holds memory on the card itself.

    In a container drivers list numbers of the host, under which a process does not know itself. Then a single one
    is taken for this process, and of several all are given, since nobody can say which is not foreign.
    """
    if len(processes) == 1 and not any(process.pid in own for process in processes):
        return ()
    return tuple(process for process in processes if process.pid not in own)


def own_memory_bytes(processes: Collection[GpuProcess], own: Collection[int]) -> int | None:
    """What this process holds of the card: context, libraries and the allocator's reserve; None if not told."""
    mine = [process for process in processes if process.pid in own] or list(processes)
    return mine[0].memory_bytes if len(mine) == 1 else None
