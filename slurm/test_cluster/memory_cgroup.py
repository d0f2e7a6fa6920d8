"""Limits of jobs' memory by the kernel, as on a real cluster, on machines where a cgroup (version 1) can be made.

All lies below the cgroup that the starting command itself is in, so whatever limits that one limits the jobs too.
SLURM wants the whole hierarchy's root; each slurmd is shown the cluster's part of it instead, by a mount that no other
process sees and that is gone with the slurmd.
"""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

from folder import Folder

MOUNT_AND_BECOME = 'mount --bind "$1" "$2" && shift 2 && exec "$@"'


def make_memory_cgroup(folder: Folder) -> Path | None:
    """A memory cgroup for this cluster; None where none can be made."""
    parent = own_memory_cgroup()
    if parent is None:
        return None
    path = parent / f"test_cluster_{hashlib.sha256(str(folder.path).encode()).hexdigest()[:8]}"
    try:
        path.mkdir(exist_ok=True)
    except OSError:
        return None
    folder.cgroup_mount.mkdir(parents=True, exist_ok=True)
    return path


def remove_memory_cgroup(path: Path) -> None:
    """Remove a cgroup, and those that SLURM made in it; none has a process any more."""
    for inner, _, _ in os.walk(path, topdown=False):
        Path(inner).rmdir()


def seeing_only(cgroup: Path, folder: Folder, command: list[str]) -> list[str]:
    """The command, run where the cluster's cgroup is all there is."""
    shell = ["sh", "-c", MOUNT_AND_BECOME, "sh", str(cgroup), str(folder.cgroup_mount)]
    return ["unshare", "--mount", "--propagation", "slave", *shell, *command]


def own_memory_cgroup() -> Path | None:
    """Where this process is in the memory hierarchy of cgroups version 1, if there is one that can be written to."""
    root = next((mount for mount in _mounts_of_memory_cgroups() if os.access(mount, os.W_OK)), None)
    if root is None:
        return None
    for line in Path("/proc/self/cgroup").read_text().splitlines():
        _, controllers, path = line.split(":", 2)
        if "memory" in controllers.split(","):
            own = root / path.lstrip("/")
            return own if own.is_dir() else None
    return None


def _mounts_of_memory_cgroups() -> list[Path]:
    mounts = [line.split() for line in Path("/proc/mounts").read_text().splitlines()]
    cgroups = [(place, options.split(",")) for _, place, kind, options, *_ in mounts if kind == "cgroup"]
    return [Path(place) for place, options in cgroups if "memory" in options]
