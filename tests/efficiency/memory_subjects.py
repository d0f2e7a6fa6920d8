"""Calls of known appetite, made by name in a fresh process."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable

import torch

from gtpt_bench.errors import MeasurementRejected


def holding(held_mb: int, passing_mb: int, building_mb: int) -> Callable[[], object]:
    """A call that holds one block all the time and takes another while it runs; a third is needed to make it."""
    torch.ones(building_mb, 2**20, dtype=torch.uint8)
    held = torch.ones(held_mb, 2**20, dtype=torch.uint8)
    return lambda: (held, torch.ones(passing_mb, 2**20, dtype=torch.uint8))[0].shape


def killed() -> Callable[[], object]:
    """As the system ends a process that takes too much memory."""
    return lambda: os.kill(os.getpid(), signal.SIGKILL)


def refused() -> Callable[[], object]:
    raise MeasurementRejected("this cannot be measured")
