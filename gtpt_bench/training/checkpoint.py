"""A training run on disk: everything needed to go on as if it had never stopped."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch

from gtpt_bench.errors import WeightsError
from gtpt_bench.files import replacing
from gtpt_bench.models.weights import read_safely

FORMAT = "gtpt_bench checkpoint 1"


def save_checkpoint(path: Path, state: dict[str, Any]) -> None:
    """Write a checkpoint (tensors and plain values only) beside `path` and rename it."""
    with replacing(path) as beside:
        try:
            torch.save({"format": FORMAT, **state}, beside)
        except RuntimeError as error:  # torch reports a failed write, such as a full disk, this way
            raise OSError(str(error).splitlines()[0]) from error


def load_checkpoint(path: Path) -> dict[str, Any]:
    """Content of a checkpoint, on the CPU.

    Raises:
        WeightsError: unreadable, or not a checkpoint of this project; says how to start over.
    """
    try:
        content = read_safely(path)
    except WeightsError as error:
        raise WeightsError(f"{error}; remove {path.parent} to train this run again") from error
    if not isinstance(content, dict) or content.get("format") != FORMAT:
        raise WeightsError(f"{path} is not a checkpoint of gtpt_bench")
    return content
