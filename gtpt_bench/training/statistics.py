"""Running statistics of BatchNorm: those of the first part of a batch are kept, as of the authors' first GPU.

Source: spec/training_and_evaluation.md §4.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm


def norm_buffers(model: nn.Module) -> list[Tensor]:
    """Means, variances and counters of all BatchNorm layers."""
    return [buffer for module in model.modules() if isinstance(module, _BatchNorm) for buffer in module.buffers()]


@contextmanager
def statistics_kept(*models: nn.Module) -> Iterator[None]:
    """Running statistics are afterwards what they were before. Backward passes that use them belong inside."""
    buffers = [buffer for model in models for buffer in norm_buffers(model)]
    before = [buffer.clone() for buffer in buffers]
    yield
    with torch.no_grad():
        for buffer, value in zip(buffers, before, strict=True):
            buffer.copy_(value)
