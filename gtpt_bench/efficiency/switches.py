"""PyTorch's global switches, set for a while and put back: threads, TF32, cuDNN, attention kernels, autocast.

Nothing here touches the settings of a card, which outlive the process; these end with it at the latest.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import torch
from torch.nn.attention import SDPBackend, sdpa_kernel

from gtpt_bench.efficiency.options import InferenceOptions

ATTENTION_KERNELS = {
    "math": SDPBackend.MATH,
    "flash": SDPBackend.FLASH_ATTENTION,
    "memory_efficient": SDPBackend.EFFICIENT_ATTENTION,
    "cudnn": SDPBackend.CUDNN_ATTENTION,
}
SHAPES_COMPILED = 64
"""Versions of one function that `torch.compile` may keep: all shapes of all models of a session. Beyond PyTorch's own
limit, 8, calls silently run uncompiled."""


@contextmanager
def switched(options: InferenceOptions, device: torch.device) -> Iterator[None]:
    """No gradients, and the switches as the options say; afterwards as before."""
    with ExitStack() as stack:
        stack.enter_context(torch.inference_mode())
        if options.threads:
            stack.enter_context(threads(options.threads))
        if device.type == "cuda":
            stack.enter_context(tf32(options.dtype == "tf32"))
            stack.enter_context(cudnn_benchmark(options.cudnn_benchmark))
        if options.attention != "default":
            stack.enter_context(sdpa_kernel(ATTENTION_KERNELS[options.attention]))
        if options.compile != "off":
            stack.enter_context(many_shapes_compiled())
        if options.autocast != "off":
            # what is cast once must not be kept from one call to the next: a recorded call would not see it again
            dtype = getattr(torch, options.autocast)
            stack.enter_context(torch.autocast(device.type, dtype, cache_enabled=not options.cuda_graph))
        yield


@contextmanager
def threads(number: int) -> Iterator[None]:
    before = torch.get_num_threads()
    _set_threads(number)
    try:
        yield
    finally:
        _set_threads(before)


def _set_threads(number: int) -> None:
    if torch.get_num_threads() != number:
        torch.set_num_threads(number)


@contextmanager
def tf32(allowed: bool) -> Iterator[None]:
    """In matrix products and in convolutions; the latter have it on unless told otherwise."""
    matmul, cudnn = torch.backends.cuda.matmul, torch.backends.cudnn
    before = matmul.allow_tf32, cudnn.allow_tf32
    # since 2.9 each place also knows "none", for as its backend says, which the two booleans cannot put back
    places: tuple[Any, ...] = ()
    if hasattr(matmul, "fp32_precision"):
        places = matmul, cudnn.conv, cudnn.rnn  # type: ignore[attr-defined]
    precisions = [place.fp32_precision for place in places]
    matmul.allow_tf32 = cudnn.allow_tf32 = allowed
    try:
        yield
    finally:
        matmul.allow_tf32, cudnn.allow_tf32 = before
        for place, precision in zip(places, precisions, strict=True):
            place.fp32_precision = precision


@contextmanager
def cudnn_benchmark(on: bool) -> Iterator[None]:
    before = torch.backends.cudnn.benchmark
    torch.backends.cudnn.benchmark = on
    try:
        yield
    finally:
        torch.backends.cudnn.benchmark = before


@contextmanager
def many_shapes_compiled() -> Iterator[None]:
    from torch._dynamo import config

    limit = "recompile_limit" if hasattr(config, "recompile_limit") else "cache_size_limit"
    with config.patch({limit: max(SHAPES_COMPILED, getattr(config, limit))}):
        yield
