"""Processes that outlive the command which started them, recognised later without doubt.

A number alone may by then belong to somebody else; number and start time together do not.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

KILL_PATIENCE_S = 5.0
"""A killed process is gone at once, unless the kernel itself is waiting for a disk."""


@dataclass(frozen=True)
class Process:
    """A process that was started here."""

    name: str
    pid: int
    start_ticks: int
    """Start time in clock ticks since the machine started, as in field 22 of /proc/PID/stat."""

    def runs(self) -> bool:
        """Whether this very process is alive; one that has ended but was not waited for is not."""
        return start_ticks_of(self.pid) == self.start_ticks

    def send(self, signal_number: int) -> None:
        """Send a signal, if the process still runs."""
        if self.runs():
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, signal_number)


def start_in_background(name: str, command: list[str], *, log: Path, environment: Mapping[str, str]) -> Process:
    """Start a program in a session of its own, its output appended to `log`."""
    with log.open("ab") as output:
        popen = subprocess.Popen(
            command,
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    ticks = start_ticks_of(popen.pid)
    return Process(name, popen.pid, -1 if ticks is None else ticks)


def end(processes: Iterable[Process], *, patience_s: float) -> None:
    """SIGTERM to all, and SIGKILL to those that are still there after `patience_s`."""
    left = list(processes)
    for process in left:
        process.send(signal.SIGTERM)
    kill(_left_after(left, patience_s))


def kill(processes: Iterable[Process]) -> None:
    """SIGKILL to all; returns when they are gone."""
    left = list(processes)
    for process in left:
        process.send(signal.SIGKILL)
    _left_after(left, KILL_PATIENCE_S)


def start_ticks_of(pid: int) -> int | None:
    """When the process with this number started; None if there is none, or none that is alive."""
    fields = _stat_fields(pid)
    return None if fields is None or fields[0] == "Z" else int(fields[19])


def descendants(ancestors: Iterable[int]) -> set[int]:
    """The processes that these started, and those started by them in turn."""
    children: dict[int, list[int]] = {}
    for pid in all_pids():
        fields = _stat_fields(pid)
        if fields is not None:
            children.setdefault(int(fields[1]), []).append(pid)
    found: set[int] = set()
    to_visit = list(ancestors)
    while to_visit:
        new = [child for child in children.get(to_visit.pop(), []) if child not in found]
        found.update(new)
        to_visit += new
    return found


def all_pids() -> list[int]:
    """All processes of the machine."""
    return [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit()]


def environment_of(pid: int) -> dict[str, str]:
    """The environment that a process was started with; empty if it has ended."""
    try:
        content = Path(f"/proc/{pid}/environ").read_bytes().decode(errors="replace")
    except OSError:
        return {}
    return dict(entry.split("=", 1) for entry in content.split("\0") if "=" in entry)


def _stat_fields(pid: int) -> list[str] | None:
    """/proc/PID/stat after the name, which may hold blanks and brackets: state, parent, and so on."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None


def _left_after(processes: list[Process], patience_s: float) -> list[Process]:
    deadline = time.monotonic() + patience_s
    while (left := [process for process in processes if process.runs()]) and time.monotonic() < deadline:
        _forget_ended_children()
        time.sleep(0.02)
    return left


def _forget_ended_children() -> None:
    with contextlib.suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
