"""Random draws that depend on named numbers alone, such as (seed, step): a run that goes on draws as one that never
stopped, and nothing else in the process is disturbed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import torch


@contextmanager
def draws_from(*numbers: int, device: torch.device) -> Iterator[None]:
    """Inside, torch's generators of the CPU and of `device` start from the numbers; after it they are as before."""
    seed = int(np.random.SeedSequence(numbers).generate_state(1, np.uint64)[0])
    on_gpu = device.type == "cuda"
    with torch.random.fork_rng(devices=[device] if on_gpu else []):
        torch.default_generator.manual_seed(seed)  # torch.manual_seed would seed every other GPU as well
        if on_gpu:
            with torch.cuda.device(device):
                torch.cuda.manual_seed(seed)
        yield
