"""Stopping workers of this machine from another shell, and telling the shells that started them not to start the rest.

results/<study>/.cancelled.json    what was cancelled, and when
"""

from __future__ import annotations

import os
import signal
import socket
import time
from collections.abc import Collection
from pathlib import Path

from gtpt_bench.errors import InputError
from gtpt_bench.files import read_json_file, write_json
from gtpt_bench.study.lock import owner_of
from gtpt_bench.study.store import JobFolder, StudyFolder


def stop_here(study: StudyFolder, folders: Collection[str]) -> int:
    """Ask the workers of some folders to save their state and end, as far as they run on this machine outside SLURM;
    how many there were. A shell that works on the study leaves out those that it has not begun.

    Raises:
        InputError: one is somebody else's.
    """
    at_work = {name: pid for name in folders if (pid := _worker_here(study.path / name))}
    if at_work:  # else there is no shell either
        Cancelled(study).add(folders)
    return sum(_is_told(name, pid) for name, pid in at_work.items())


def _worker_here(folder: Path) -> int:
    """Number of the process that works there; 0 if none of this machine does."""
    owner = owner_of(JobFolder(folder).lock)
    return 0 if owner is None or owner.host != socket.gethostname() or owner.job else owner.pid


def _is_told(name: str, pid: int) -> bool:
    try:
        os.kill(pid, signal.SIGTERM)
    except ProcessLookupError:
        return False
    except PermissionError as error:
        raise InputError(f"{name} is worked on by process {pid} of somebody else; ask them") from error
    return True


class Cancelled:
    """What has been cancelled of a study while shells work on it."""

    def __init__(self, study: StudyFolder) -> None:
        self.file = study.path / ".cancelled.json"

    def add(self, folders: Collection[str]) -> None:
        write_json(self.file, self._times() | dict.fromkeys(sorted(folders), time.time()))

    def since(self, began_at: float) -> set[str]:
        """Folders of what was cancelled after a time; what was cancelled before is run again by whoever asks for it."""
        return {name for name, at in self._times().items() if at >= began_at}

    def _times(self) -> dict[str, float]:
        return {name: at for name, at in (read_json_file(self.file) or {}).items() if isinstance(at, float)}
