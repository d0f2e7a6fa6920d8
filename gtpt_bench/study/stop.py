"""Stopping a worker of this machine from another shell."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
from pathlib import Path

from gtpt_bench.study.lock import owner_of
from gtpt_bench.study.store import JobFolder


def stop_here(folder: Path) -> bool:
    """Ask the worker of a folder to save its state and end, if it runs on this machine outside SLURM."""
    owner = owner_of(JobFolder(folder).lock)
    if owner is None or owner.host != socket.gethostname() or owner.job:
        return False
    with contextlib.suppress(ProcessLookupError):
        os.kill(owner.pid, signal.SIGTERM)
        return True
    return False
