"""What time on a processor depends on beside the processor: allocator, governor, affinity. Torch-free; changes nothing.

Rows taken under different settings are not to be compared. Source: spec/measurement.md §1 (CPU runs, CPU allocator).
"""

from __future__ import annotations

import os
import platform
from collections.abc import Mapping
from pathlib import Path
from typing import Any

CPUS = Path("/sys/devices/system/cpu")

OF_THE_ALLOCATOR = ("MALLOC_", "GLIBC_TUNABLES", "LD_PRELOAD", "JEMALLOC", "MIMALLOC", "TCMALLOC")
"""What names of variables begin with that set it, or put another one in its place."""
OF_BINDING = ("OMP_PROC_BIND", "OMP_PLACES", "GOMP_CPU_AFFINITY", "KMP_AFFINITY")
"""Variables that tie threads to cores."""


def cpu_settings(environment: Mapping[str, str] = os.environ, cpus: Path = CPUS) -> dict[str, Any]:
    """As records have it: `libc`, `allocator` and `binding` by variable, `governors`, `affinity`.

    Args:
        cpus: folder in which the kernel tells of each core.

    Returns:
        `governors`: of all cores, each once; empty where the kernel tells none, as in most virtual machines.
        `affinity`: numbers of the cores that this process may use; null where the system does not tell.
    """
    return {
        "libc": " ".join(platform.libc_ver()).strip(),
        "allocator": _set(environment, OF_THE_ALLOCATOR),
        "binding": _set(environment, OF_BINDING),
        "governors": sorted({_text(file) for file in cpus.glob("cpu[0-9]*/cpufreq/scaling_governor")} - {""}),
        "affinity": sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else None,
    }


def _set(environment: Mapping[str, str], beginnings: tuple[str, ...]) -> dict[str, str]:
    return {name: environment[name] for name in sorted(environment) if name.startswith(beginnings)}


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError):
        return ""
