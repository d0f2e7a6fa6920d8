"""A job's word that it has queued itself again: `jobs/<job>.requeued`, with how often it had been requeued before.

srun ends badly then, as it does after a failure, and SLURM may take a moment until it says which of the two it was.
"""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

from gtpt_bench.errors import InputError
from gtpt_bench.files import write_text
from gtpt_bench.study.lock import slurm_job


def leave_mark(jobs: Path) -> None:
    """Say that the job of this process is about to be queued again; on a full disk SLURM's word has to do."""
    with contextlib.suppress(InputError, OSError):
        write_text(_mark(jobs, slurm_job()), f"{_restarts()}\n")


def is_marked(jobs: Path, job: str) -> bool:
    """Whether a job, to which this process belongs, has said so since it started this time."""
    try:
        return _mark(jobs, job).read_text(encoding="utf-8").strip() == _restarts()
    except (OSError, ValueError):
        return False


def remove_mark(jobs: Path, job: str) -> None:
    _mark(jobs, job).unlink(missing_ok=True)


def _mark(jobs: Path, job: str) -> Path:
    return jobs / f"{job}.requeued"


def _restarts() -> str:
    return os.getenv("SLURM_RESTART_COUNT", "0")
