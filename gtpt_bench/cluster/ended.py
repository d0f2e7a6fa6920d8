"""Jobs at their last line leave word, a file each, so that whoever holds the ledger sees to them.

They still count as running then, but their work is over; and none has to wait, with its GPUs, until it holds the ledger
itself.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from gtpt_bench.errors import InputError
from gtpt_bench.files import write_text


@dataclass(frozen=True)
class EndedJobs:
    """A folder with a file for each of them, named by SLURM's number of the job."""

    folder: Path

    def leave(self, job: str, exit_code: int) -> None:
        """Say that a job is at its last line; on a full disk SLURM's word has to do.

        Args:
            exit_code: of srun.
        """
        with contextlib.suppress(InputError):
            write_text(self.folder / job, f"{exit_code}\n")

    def read(self) -> dict[str, int]:
        """Exit codes by job, of those that nobody has seen to yet."""
        return {job: _exit_code(self.folder / job) for job in self.names()}

    def names(self) -> set[str]:
        """Of the same jobs; one look at the folder."""
        try:
            return {path.name for path in self.folder.iterdir() if not path.name.startswith(".")}
        except OSError:
            return set()

    def forget(self, jobs: Iterable[str]) -> None:
        """They have been seen to, or one of them has been started again."""
        for job in jobs:
            with contextlib.suppress(OSError):
                (self.folder / job).unlink()


def _exit_code(file: Path) -> int:
    try:
        return int(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return 1
