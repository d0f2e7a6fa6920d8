"""The machine's matrix-product rate: that of the faster of two ways to write one product.

`matmul`, and a 1×1 convolution in channels-last; two operations a MAC. Source: spec/measurement.md §8.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn import functional

from gtpt_bench.efficiency.explain.moments import window_ns
from gtpt_bench.efficiency.options import DType, InferenceOptions
from gtpt_bench.efficiency.prepare import DTYPES
from gtpt_bench.efficiency.switches import switched

PRODUCT_SIDE = {"cpu": 1536, "cuda": 8192}
"""Rows, columns and depth of the product; 1536 would not fill a large GPU."""
HOPELESS = 3
"""A way to write the product that is so many times slower than the other is measured once and not again."""
LONG_CALL_S = 1.0
ProductForm = Callable[[], Tensor]


class RateLoop:
    """A piece of work that is done again and again: how much of it a second."""

    def __init__(self, call: Callable[[], object], work: float, device: torch.device) -> None:
        """`work` is what one call does, in operations or bytes."""
        self.call, self.work, self.device = call, work, device
        self.call_s = self._timed(1)
        if self.call_s < LONG_CALL_S:  # the first call also plans and allocates, which matters to short ones
            self.call_s = self._timed(1)

    @property
    def last(self) -> float:
        """Work a second as last seen."""
        return self.work / self.call_s

    def round(self, seconds: float) -> float:
        """Work a second over about so many seconds, the device synchronised at the ends only."""
        calls = max(1, math.ceil(seconds / self.call_s))
        self.call_s = self._timed(calls) / calls
        return self.last

    def _timed(self, calls: int) -> float:
        return max(window_ns(self.call, calls, self.device), 1) / 1e9


class MatrixRate:
    """The same square product in both forms, ready to be measured in short rounds.

    On a CPU it must not share a process with the model that it is compared with: see rates_apart.py.
    """

    def __init__(self, device: torch.device, dtype: DType, *, side: int | None = None) -> None:
        """
        Raises:
            InputError: the device has no such number format.
        """
        self.options = InferenceOptions(dtype=dtype)
        self.options.check("cuda" if device.type == "cuda" else "cpu")
        self.device, self.side = device, side or PRODUCT_SIDE[device.type]
        with switched(self.options, device):
            forms = product_forms(self.side, DTYPES[dtype], device)
            self.matmul, self.conv = (RateLoop(form, 2 * self.side**3, device) for form in forms)

    def samples(self, seconds: float) -> tuple[float, float]:
        """Operations a second as `matmul` and as a convolution, each over so many seconds."""
        best = max(self.matmul.last, self.conv.last)
        with switched(self.options, self.device):
            matmul, conv = (
                loop.last if loop.last * HOPELESS < best else loop.round(seconds) for loop in (self.matmul, self.conv)
            )
        return matmul, conv

    def round(self, seconds: float) -> float:
        """Operations a second of the faster form; half of the time goes to each."""
        return max(self.samples(seconds / 2))


def product_forms(side: int, dtype: torch.dtype, device: torch.device) -> tuple[ProductForm, ProductForm]:
    """One product of square matrices as `matmul`, `[side, side]`, and as a 1×1 convolution in channels-last.

    The convolution's result is the transposed one, `[1, side, side / 16, 16]`. `side` is a multiple of 16.
    """
    generator = torch.Generator(device).manual_seed(0)  # random: zeros run faster on some devices
    a, b = (torch.randn(side, side, generator=generator, device=device).to(dtype) for _ in range(2))
    pixels = a.T.reshape(1, side, side // 16, 16).contiguous(memory_format=torch.channels_last)
    kernel = b.T.reshape(side, side, 1, 1).contiguous(memory_format=torch.channels_last)
    return lambda: a @ b, lambda: functional.conv2d(pixels, kernel)
