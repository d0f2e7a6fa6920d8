"""Throughput by batch size: 1, 2, 4, … until more images a call no longer pay, or no longer fit. Torch-free.

Source: spec/measurement.md §1 (batch sweep). Batch 1 is a point of its own beside the knee, because pruning that pays
in large batches may cost time there.
"""

from __future__ import annotations

import gc
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from gtpt_bench.efficiency.out_of_memory import is_out_of_memory
from gtpt_bench.efficiency.resident import available_bytes, peak_resident_bytes, resident_bytes

EndedBy = Literal["no_gain", "fall", "out_of_memory", "memory_fence", "max_batch"]
"""Why no larger batch was measured: two in a row gained less than `MIN_GAIN`; one was clearly slower than the best; it
did not fit; it would not have fitted; the caller's limit."""

MIN_GAIN = 0.02
"""Of throughput; less is no gain. The knee is the smallest batch that is no more than this below the best."""
CLEAR_FALL = 0.1
"""Below the best by more than this is a fall, which processors show when a batch leaves their cache."""
FENCE_SHARE = 0.5
"""Of the memory that is left; a batch expected to take more of it is not tried on a CPU."""


@dataclass(frozen=True)
class Throughput:
    """Measured at one batch size.

    Attributes:
        relative_spread: of repeated measurements, as a share; 0 where it is not known.
    """

    images_per_s: float
    relative_spread: float = 0.0


@dataclass(frozen=True)
class SweepPoint:
    batch: int
    images_per_s: float
    relative_spread: float


@dataclass(frozen=True)
class Sweep:
    """All points, smallest batch first, and why they end.

    Attributes:
        next_batch: the one that was not or could not be measured.
    """

    points: tuple[SweepPoint, ...]
    ended_by: EndedBy
    next_batch: int

    @property
    def single(self) -> SweepPoint | None:
        """Batch 1; None if not even that fits."""
        return self.points[0] if self.points else None

    @property
    def best(self) -> SweepPoint | None:
        return max(self.points, key=lambda point: point.images_per_s, default=None)

    @property
    def knee(self) -> SweepPoint | None:
        """The smallest batch that is as good as the best, to within `MIN_GAIN`."""
        best = self.best
        if best is None:
            return None
        return next(point for point in self.points if point.images_per_s >= (1 - MIN_GAIN) * best.images_per_s)


def sweep(
    measure: Callable[[int], Throughput],
    *,
    max_batch: int,
    fits: Callable[[int], bool] = lambda batch: True,
    release: Callable[[], None] = lambda: None,
) -> Sweep:
    """Measure batch sizes by doubling.

    Args:
        measure: throughput at a batch size; it allocates the batch itself.
        max_batch: no larger one is measured.
        fits: whether a batch may be tried at all, asked before each; `MemoryFence().allows` on a CPU, where the
            system ends a process that takes too much without a word.
        release: gives back what a batch that did not fit has taken (`torch.cuda.empty_cache`).

    Raises:
        RuntimeError: whatever `measure` raises that is no lack of memory.
    """
    points: list[SweepPoint] = []
    batch = 1
    while True:
        if batch > max_batch:
            return Sweep(tuple(points), "max_batch", batch)
        if not fits(batch):
            return Sweep(tuple(points), "memory_fence", batch)
        found = _measured(measure, batch)
        if found is None:
            gc.collect()
            release()
            return Sweep(tuple(points), "out_of_memory", batch)
        points.append(SweepPoint(batch, found.images_per_s, found.relative_spread))
        batch *= 2
        ended_by = _ended_by(points)
        if ended_by is not None:
            return Sweep(tuple(points), ended_by, batch)


def _measured(measure: Callable[[int], Throughput], batch: int) -> Throughput | None:
    """None if out of memory. The error is dropped here, since its traceback holds the tensors of the failed call."""
    try:
        return measure(batch)
    except (RuntimeError, MemoryError) as error:
        if not is_out_of_memory(error):
            raise
        return None


def _ended_by(points: list[SweepPoint]) -> EndedBy | None:
    if len(points) < 2:
        return None
    if _is_clear_fall(points[-1], max(points[:-1], key=lambda point: point.images_per_s)):
        return "fall"
    if len(points) < 3 or _gains(points[:-1]) or _gains(points):
        return None
    return "no_gain"


def _gains(points: list[SweepPoint]) -> bool:
    """Whether the last point is better than all before it."""
    best_before = max(point.images_per_s for point in points[:-1])
    return points[-1].images_per_s >= (1 + MIN_GAIN) * best_before


def _is_clear_fall(point: SweepPoint, best: SweepPoint) -> bool:
    """More than a spread of both explains."""
    noise = 2 * (point.relative_spread + best.relative_spread)
    return point.images_per_s < (1 - max(CLEAR_FALL, noise)) * best.images_per_s


class MemoryFence:
    """Keeps a sweep on a CPU from taking more than a share of the memory that is left.

    With memory linear in the batch, twice the batch takes twice as much more than the last two batches differed by.
    The first batches, of which nothing is known yet, are allowed.

    Args:
        peak_bytes, now_bytes: most that this process ever held, and holds now.
        left_bytes: what it may still take.
    """

    def __init__(
        self,
        *,
        share: float = FENCE_SHARE,
        peak_bytes: Callable[[], int | None] = peak_resident_bytes,
        now_bytes: Callable[[], int | None] = resident_bytes,
        left_bytes: Callable[[], int | None] = available_bytes,
    ) -> None:
        self._share, self._peak_bytes, self._now_bytes, self._left_bytes = share, peak_bytes, now_bytes, left_bytes
        self._peaks: list[int] = []

    def allows(self, batch: int) -> bool:
        """Asked before each batch of a sweep, in order; True where the system does not tell its memory."""
        peak, now, left = self._peak_bytes(), self._now_bytes(), self._left_bytes()
        if peak is None or now is None or left is None:
            return True
        self._peaks.append(peak)
        if len(self._peaks) < 3:
            return True
        expected = peak + 2 * (peak - self._peaks[-2])
        return expected - now <= self._share * left
