"""Processes that make crops beside one that trains or predicts: how many, each on one core, and their errors."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import cv2
import torch

from gtpt_bench.data.dataset import Crop
from gtpt_bench.efficiency.device import num_cores
from gtpt_bench.errors import GtptBenchError


def num_loader_workers(device: torch.device, *, num_sharers: int = 1) -> int:
    """None on a CPU, where they would take the cores that train; else as the cores go, of which so many share."""
    return 0 if device.type == "cpu" else max(1, min(8, num_cores() // num_sharers - 1))


def keep_to_one_core(worker: int) -> None:
    """For `worker_init_fn`: else each worker warps on threads of all cores, which the others work on.

    torch holds its own threads back in workers, but knows nothing of OpenCV's.
    """
    cv2.setNumThreads(1)


def loaded(loader: Iterable[Crop]) -> Iterator[Crop]:
    """The loader's batches; what a worker finds wrong is told in its one line, without the traceback around it.

    Raises:
        GtptBenchError: of the kind that the worker raised.
    """
    try:
        yield from loader
    except GtptBenchError as error:
        last_line = str(error).rstrip().splitlines()[-1]
        raise type(error)(last_line.removeprefix(f"{type(error).__module__}.{type(error).__name__}: ")) from None
