"""A folder for a job's temporary files, inside the one that the profile names, and gone with the job."""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from gtpt_bench.study.lock import slurm_job


@contextlib.contextmanager
def own_scratch(place: Path) -> Iterator[Path]:
    """A fresh folder, which is TMPDIR meanwhile. `place` itself is removed too if it was made here and is empty again.

    A job that is killed by SIGKILL leaves its folder behind.
    """
    was_there = place.is_dir()
    place.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix=f"gtpt-{slurm_job() or os.getpid()}-", dir=place))
    before = os.environ.get("TMPDIR")
    os.environ["TMPDIR"] = str(folder)
    try:
        yield folder
    finally:
        if before is None:
            del os.environ["TMPDIR"]
        else:
            os.environ["TMPDIR"] = before
        shutil.rmtree(folder, ignore_errors=True)
        if not was_there:
            with contextlib.suppress(OSError):  # somebody else is there
                place.rmdir()
