"""Where a sweep over batch sizes ends, and which batch is its knee; memory that runs out is a result."""

from __future__ import annotations

import gc
import time
import weakref
from collections.abc import Callable
from itertools import pairwise

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from gtpt_bench.efficiency.out_of_memory import is_out_of_memory
from gtpt_bench.efficiency.sweep import MemoryFence, Sweep, Throughput, sweep
from tests.models.small_gtpt import pictures, small_gtpt

CUDA_WORDS = "CUDA out of memory. Tried to allocate 2.00 GiB. GPU 0 has a total capacity of 79.10 GiB"


def swept(rate: Callable[[int], float], *, max_batch: int = 1024, spread: float = 0.0) -> Sweep:
    return sweep(lambda batch: Throughput(rate(batch), spread), max_batch=max_batch)


def batches(found: Sweep) -> list[int]:
    return [point.batch for point in found.points]


def full_at(size: int, error: Exception) -> Callable[[int], Throughput]:
    """Throughput grows with the batch, and memory ends at `size`."""

    def measure(batch: int) -> Throughput:
        if batch >= size:
            raise error
        return Throughput(100.0 * batch)

    return measure


def test_it_ends_after_two_batches_without_gain() -> None:
    """A device that saturates at 16 images: rates 100, 200, 400, 800, 1600, 1600, 1600."""
    found = swept(lambda batch: 100.0 * min(batch, 16))
    assert batches(found) == [1, 2, 4, 8, 16, 32, 64]
    assert (found.ended_by, found.next_batch) == ("no_gain", 128)
    assert found.knee is not None
    assert found.knee.batch == 16


def test_one_batch_without_gain_is_not_the_end() -> None:
    rates = {1: 100.0, 2: 101.0, 4: 150.0, 8: 150.0, 16: 151.0}
    found = swept(rates.__getitem__)
    assert batches(found) == [1, 2, 4, 8, 16]
    assert found.knee is not None
    assert found.knee.batch == 4, "8 and 16 are within 2 % of it"


def test_a_clear_fall_ends_it_at_once() -> None:
    """As GTPT on a processor, whose large batches leave the cache."""
    rates = {1: 61.0, 2: 70.0, 4: 75.0, 8: 78.0, 16: 66.0}
    found = swept(rates.__getitem__)
    assert batches(found) == [1, 2, 4, 8, 16]
    assert found.ended_by == "fall"
    assert found.knee is not None
    assert found.knee.batch == 8


def test_a_fall_that_noise_explains_is_none() -> None:
    rates = {1: 100.0, 2: 88.0, 4: 130.0, 8: 130.0, 16: 130.0}
    assert swept(rates.__getitem__).ended_by == "fall"
    assert batches(swept(rates.__getitem__, spread=0.05)) == [1, 2, 4, 8, 16]


def test_batch_one_stays_a_point_of_its_own() -> None:
    found = swept(lambda batch: 40.0 * batch, max_batch=4)
    assert (found.ended_by, batches(found)) == ("max_batch", [1, 2, 4])
    assert found.single is not None
    assert (found.single.batch, found.single.images_per_s) == (1, 40.0)


@pytest.mark.parametrize(
    "error",
    [
        torch.cuda.OutOfMemoryError(CUDA_WORDS),
        RuntimeError("CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`"),
        RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 4398046511104 bytes."),
        RuntimeError("DefaultCPUAllocator: not enough memory: you tried to allocate 4398046511104 bytes."),
        MemoryError(),
    ],
    ids=repr,
)
def test_running_out_of_memory_is_a_result(error: Exception) -> None:
    released: list[bool] = []
    found = sweep(full_at(8, error), max_batch=1024, release=lambda: released.append(True))
    assert (batches(found), found.ended_by, found.next_batch) == ([1, 2, 4], "out_of_memory", 8)
    assert released == [True]
    assert found.knee is not None
    assert found.knee.batch == 4


def test_the_processors_allocator_is_understood() -> None:
    """By its real error: a thousand tebibytes."""
    with pytest.raises(RuntimeError) as caught:
        torch.empty(2**50)
    assert is_out_of_memory(caught.value)


def test_out_of_memory_at_the_first_batch_leaves_no_points() -> None:
    found = sweep(full_at(1, torch.cuda.OutOfMemoryError(CUDA_WORDS)), max_batch=8)
    assert found == Sweep((), "out_of_memory", 1)
    assert found.single is found.best is found.knee is None


def test_tensors_of_the_failed_batch_are_gone_before_the_cache_is_emptied() -> None:
    """A traceback keeps the frames of the failed call alive, and their tensors with them."""
    left: list[weakref.ref[torch.Tensor]] = []
    alive: list[bool] = []

    def measure(batch: int) -> Throughput:
        activation = torch.zeros(batch)
        left.append(weakref.ref(activation))
        raise torch.cuda.OutOfMemoryError(CUDA_WORDS)

    gc.disable()
    try:
        sweep(measure, max_batch=8, release=lambda: alive.append(left[0]() is not None))
    finally:
        gc.enable()
    assert alive == [False]


def test_another_error_is_not_taken_for_it() -> None:
    with pytest.raises(RuntimeError, match="shapes"):
        sweep(full_at(4, RuntimeError("mat1 and mat2 shapes cannot be multiplied")), max_batch=8)


@given(st.lists(st.floats(1.0, 1e4), min_size=12, max_size=12))
def test_whatever_is_measured_the_knee_is_as_good_as_the_best(rates: list[float]) -> None:
    found = swept(lambda batch: rates[batch.bit_length() - 1], max_batch=2048)
    assert found.knee is not None
    assert found.best is not None
    assert found.knee.images_per_s >= 0.98 * found.best.images_per_s
    assert all(
        point.images_per_s < 0.98 * found.best.images_per_s for point in found.points if point.batch < found.knee.batch
    )
    assert all(second == 2 * first for first, second in pairwise(batches(found)))
    assert found.next_batch == 2 * found.points[-1].batch


class Machine:
    """A process that takes `mb_per_image` for each image of a batch and gives it back."""

    def __init__(self, *, free_mb: int, mb_per_image: int) -> None:
        self.free_mb, self.mb_per_image, self.peak_mb = free_mb, mb_per_image, 300
        self.tried: list[int] = []

    def measure(self, batch: int) -> Throughput:
        self.tried.append(batch)
        self.peak_mb = max(self.peak_mb, 300 + batch * self.mb_per_image)
        return Throughput(10.0 * batch)

    def fence(self) -> MemoryFence:
        return MemoryFence(
            share=0.5,
            peak_bytes=lambda: self.peak_mb * 2**20,
            now_bytes=lambda: 300 * 2**20,
            left_bytes=lambda: self.free_mb * 2**20,
        )


def test_a_batch_expected_to_take_more_than_its_share_is_not_tried() -> None:
    """100 MB an image: 16 images take 1600 MB of the 2000 allowed, 32 would take 3200."""
    machine = Machine(free_mb=4000, mb_per_image=100)
    found = sweep(machine.measure, max_batch=1024, fits=machine.fence().allows)
    assert machine.tried == [1, 2, 4, 8, 16]
    assert (found.ended_by, found.next_batch) == ("memory_fence", 32)


def test_the_fence_stands_open_where_memory_is_not_told() -> None:
    fence = MemoryFence(peak_bytes=lambda: None, now_bytes=lambda: None, left_bytes=lambda: None)
    assert all(fence.allows(batch) for batch in (1, 2, 4, 8))


@torch.inference_mode()
def test_a_real_model_is_swept_on_this_processor() -> None:
    model = small_gtpt()

    def measure(batch: int) -> Throughput:
        images = pictures(batch)
        start = time.perf_counter()
        model(images)
        return Throughput(batch / (time.perf_counter() - start), relative_spread=0.5)

    found = sweep(measure, max_batch=4, fits=MemoryFence().allows)
    assert batches(found) == [1, 2, 4], "a spread of one half explains whatever noise there is"
    assert all(point.images_per_s > 0 for point in found.points)
