"""A training run on disk: everything needed to go on as if it had never stopped, and the state before that.

A checkpoint is whole or absent, since it is written beside and renamed. What a disk does to it later is found by the
checksums in it; then the run goes on from the one before.
"""

from __future__ import annotations

import contextlib
import logging
import os
from pathlib import Path
from typing import Any

import torch

from gtpt_bench.errors import WeightsError
from gtpt_bench.files import replacing
from gtpt_bench.models.weights import read_safely

FORMAT = "gtpt_bench checkpoint 1"

logger = logging.getLogger(__name__)


def save_checkpoint(path: Path, state: dict[str, Any]) -> None:
    """Write a checkpoint (tensors and plain values only) beside `path` and rename it; the one there is kept as before.

    There is a whole checkpoint at `path` at any moment from the first one on.
    """
    with replacing(path) as beside:
        try:
            torch.save({"format": FORMAT, **state}, beside)
        except RuntimeError as error:  # torch reports a failed write, such as a full disk, this way
            raise OSError(str(error).splitlines()[0]) from error
        _keep(path)


def before(path: Path) -> Path:
    """Where the checkpoint that `path` replaced is kept."""
    return path.with_name(f"{path.stem}.before{path.suffix}")


def _keep(path: Path) -> None:
    """Give the checkpoint at `path`, if there is one, a second name, which outlives its replacement."""
    aside = path.with_name(f".{before(path).name}.{os.getpid()}.tmp")
    with contextlib.suppress(FileNotFoundError):
        aside.unlink(missing_ok=True)
        os.link(path, aside)
        aside.replace(before(path))


def load_checkpoint(path: Path) -> dict[str, Any]:
    """Content of a checkpoint, on the CPU.

    Raises:
        WeightsError: unreadable, its bytes have changed, or not a checkpoint of this project; says how to start over.
    """
    try:
        content = read_safely(path)
    except WeightsError as error:
        raise WeightsError(f"{error}; remove {path.parent} to train this run again") from error
    if not isinstance(content, dict) or content.get("format") != FORMAT:
        raise WeightsError(f"{path} is not a checkpoint of gtpt_bench")
    return content


def last_good_checkpoint(path: Path) -> dict[str, Any] | None:
    """Content of the checkpoint at `path`, or of the one before if that is damaged; None if none was ever saved.

    Raises:
        WeightsError: there are checkpoints, and none can be read.
    """
    if not path.exists() and not before(path).exists():
        return None
    try:
        return load_checkpoint(path)
    except WeightsError as error:
        if not before(path).exists():
            raise
        logger.warning("%s; going on from the checkpoint before it", error)
        return load_checkpoint(before(path))


def clear_unfinished(path: Path) -> None:
    """Remove what writers of `path` that were killed have left half written. For the holder of the run's lock alone."""
    for final in (path, before(path)):
        for left in path.parent.glob(f".{final.name}.*.tmp"):
            left.unlink(missing_ok=True)


def forget_earlier(path: Path) -> None:
    """Remove the checkpoint before; of a finished run only the last is needed."""
    before(path).unlink(missing_ok=True)
