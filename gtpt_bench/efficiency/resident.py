"""Main memory: what this process holds at most, and what it may still take. Torch-free; Linux tells, others do not."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

PROC = Path("/proc")
CGROUPS = Path("/sys/fs/cgroup")


def peak_resident_bytes(proc: Path = PROC) -> int | None:
    """Largest resident size of this process (VmHWM); None where the system does not tell.

    `getrusage` would tell more systems' figures, but its maximum is inherited from the process that started this one.
    """
    return _kilobytes(proc / "self" / "status", "VmHWM")


def resident_bytes(proc: Path = PROC) -> int | None:
    """Resident size of this process now (VmRSS); None where the system does not tell."""
    return _kilobytes(proc / "self" / "status", "VmRSS")


def forget_peak(proc: Path = PROC) -> None:
    """Let the peak start again from what is resident now; where that is not allowed it stays the process's peak.

    Linux 4.0 and later: 5 written to clear_refs resets VmHWM.
    """
    with suppress(OSError):
        (proc / "self" / "clear_refs").write_text("5", encoding="ascii")


def available_bytes(proc: Path = PROC, cgroups: Path = CGROUPS) -> int | None:
    """What this process may still take: of the machine's memory, and of what batch systems and containers allow it.

    None where the system does not tell.
    """
    machine = _kilobytes(proc / "meminfo", "MemAvailable")
    left = [machine, *(_left(folder) for folder in _memory_groups(proc, cgroups))]
    return min((amount for amount in left if amount is not None), default=None)


def _kilobytes(path: Path, key: str) -> int | None:
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except OSError:
        return None
    values = [int(line.split()[1]) for line in lines if line.startswith(f"{key}:")]
    return values[0] * 1024 if values else None


def _memory_groups(proc: Path, cgroups: Path) -> list[Path]:
    """Folders of the control groups that this process is in, from its own to the root; of versions 2 and 1."""
    try:
        lines = (proc / "self" / "cgroup").read_text(encoding="utf-8").splitlines()
    except OSError:
        return []
    folders: list[Path] = []
    for line in lines:
        _, controllers, path = line.split(":", 2)
        if controllers in ("", "memory"):
            root = cgroups / controllers
            own = root / path.lstrip("/")
            folders += [own, *(parent for parent in own.parents if parent.is_relative_to(root))]
    return folders


def _left(folder: Path) -> int | None:
    """Limit less use of a control group; None without a limit."""
    for limit_file, use_file in (("memory.max", "memory.current"), ("memory.limit_in_bytes", "memory.usage_in_bytes")):
        try:
            limit, use = ((folder / name).read_text(encoding="ascii").strip() for name in (limit_file, use_file))
        except OSError:
            continue
        return None if limit == "max" else max(0, int(limit) - int(use))
    return None
