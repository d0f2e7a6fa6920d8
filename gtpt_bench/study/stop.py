"""Stopping a worker of this machine from another shell."""

from __future__ import annotations

import os
import signal
import socket
from pathlib import Path

from gtpt_bench.errors import InputError
from gtpt_bench.study.lock import owner_of
from gtpt_bench.study.store import JobFolder


def stop_here(folder: Path) -> bool:
    """Ask the worker of a folder to save its state and end, if it runs on this machine outside SLURM.

    Raises:
        InputError: it is somebody else's.
    """
    owner = owner_of(JobFolder(folder).lock)
    if owner is None or owner.host != socket.gethostname() or owner.job:
        return False
    try:
        os.kill(owner.pid, signal.SIGTERM)
    except ProcessLookupError:
        return False
    except PermissionError as error:
        raise InputError(f"{folder.name} is worked on by process {owner.pid} of somebody else; ask them") from error
    return True
