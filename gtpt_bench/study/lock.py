"""A lock on a run, whose owner can be seen to be dead.

The owner's host and process are in the file. On the same host a vanished process frees the lock; from another
host a lock counts as dead when its owner has not touched it for a while (a thread touches it as long as the owner
lives), or when its owner was this very SLURM job before it was requeued.
"""

from __future__ import annotations

import contextlib
import json
import os
import socket
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from gtpt_bench.errors import GtptBenchError

DEAD_STATES = ("Z", "X")
"""Of a process in /proc: over, although still listed."""

SILENT_S = 180.0
"""Seconds without a touch after which an owner on another host counts as dead; a network file system may show a touch
a minute late."""

TOUCH_EVERY_S = 20.0


class Locked(GtptBenchError):
    """Somebody else is working on this run; whoever started the worker that found out waits for them."""

    exit_code = 75  # EX_TEMPFAIL of sysexits.h: try again later


@dataclass(frozen=True)
class Owner:
    """Who holds a lock; `started` tells a process from a later one with the same number.

    Attributes:
        job: SLURM's number of the job it belongs to; "" outside SLURM.
        requeued: how often that job had been requeued by then.
    """

    host: str
    pid: int
    started: str
    job: str = ""
    requeued: int = 0

    @classmethod
    def here(cls) -> Owner:
        """This process."""
        pid = os.getpid()
        return cls(socket.gethostname(), pid, process_start(pid), slurm_job(), int(os.getenv("SLURM_RESTART_COUNT", 0)))

    def is_alive(self, silent_s: float) -> bool:
        if self.host == socket.gethostname():
            return process_start(self.pid) == self.started
        if self.job and self.job == slurm_job() and self.requeued != int(os.getenv("SLURM_RESTART_COUNT", 0)):
            return False
        return silent_s < SILENT_S


def slurm_job() -> str:
    """Number of the SLURM job that this process belongs to, `17` or, in an array, `17_4`; "" outside SLURM."""
    array, index = os.getenv("SLURM_ARRAY_JOB_ID"), os.getenv("SLURM_ARRAY_TASK_ID")
    return f"{array}_{index}" if array and index else os.getenv("SLURM_JOB_ID", "")


@contextlib.contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold the lock at `path` while the block runs.

    Raises:
        Locked: a living owner holds it.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    me = Owner.here()
    while not _taken(path, me):
        owner = owner_of(path)
        if owner is not None:
            raise Locked(f"{path.parent} is being worked on by process {owner.pid} on {owner.host}")
        _break(path)
    try:
        with _touched(path, me):
            yield
    finally:
        if owner_of(path) == me:  # after too long a silence somebody else may have taken it over
            path.unlink(missing_ok=True)


def owner_of(path: Path) -> Owner | None:
    """The living owner of a lock; None if there is no lock or its owner is dead."""
    try:
        silent_s = time.time() - path.stat().st_mtime
    except OSError:
        return None
    owner = _written_in(path)
    return owner if owner is not None and owner.is_alive(silent_s) else None


def _written_in(path: Path) -> Owner | None:
    """Who a lock says it belongs to, dead or alive."""
    try:
        return Owner(**json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None


@contextlib.contextmanager
def _touched(path: Path, me: Owner) -> Iterator[None]:
    """Tell other hosts again and again that the owner lives, however long a step takes.

    One that was taken for dead and is not, such as on a node that SLURM has given up, ends when it finds out: somebody
    else does its work.
    """
    over = threading.Event()

    def keep_touching() -> None:
        while not over.wait(TOUCH_EVERY_S):
            owner = _written_in(path)
            if owner is not None and owner != me:
                print(
                    f"{path.parent} was taken over by process {owner.pid} on {owner.host}", file=sys.stderr, flush=True
                )
                os._exit(Locked.exit_code)
            touch(path)

    threading.Thread(target=keep_touching, name="lock", daemon=True).start()
    try:
        yield
    finally:
        over.set()


def touch(path: Path) -> None:
    """Tell other hosts that the owner lives."""
    with contextlib.suppress(OSError):
        os.utime(path)


def _taken(path: Path, me: Owner) -> bool:
    """Create the lock complete with its content: a link to a finished file either succeeds or finds one there.

    The file that is linked is this process's alone: a killed one may have left its own, which is still its lock."""
    mine = path.with_name(f".lock.{me.host}.{me.pid}.{me.started}")
    mine.write_text(json.dumps(me.__dict__), encoding="utf-8")
    try:
        os.link(mine, path)
    except FileExistsError:
        return False
    finally:
        mine.unlink()
    return True


def _break(path: Path) -> None:
    """Remove a dead owner's lock; moved aside first, and put back if somebody new had taken it in between."""
    aside = path.with_name(f".lock.dead.{socket.gethostname()}.{os.getpid()}")
    with contextlib.suppress(FileNotFoundError):
        path.rename(aside)
        if owner_of(aside) is not None:
            with contextlib.suppress(FileExistsError):
                os.link(aside, path)
        aside.unlink()


def process_start(pid: int) -> str:
    """Start time of a process in clock ticks since boot (Linux); "" if there is no such process, or a dead one.

    A killed process stays listed as a zombie until its parent looks, which in a container may be never. Where /proc
    does not exist the answer is only whether the process is there.
    """
    try:
        state, *fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
        return "" if state in DEAD_STATES else fields[18]
    except OSError:
        pass
    if Path("/proc/self").exists():
        return ""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return ""
    except PermissionError:
        pass
    return "alive"
