"""How many training crops a core makes a second, and what it does meanwhile.

Processor time of one thread is counted, with OpenCV held to that thread too, so that other processes on the machine do
not spoil it. Files come from the page cache, after a pass that does not count: waiting for a disk is no part of it.
Source: spec/measurement.md §1 (interleaved rounds, paired comparison).
"""

from __future__ import annotations

import statistics
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import cv2
import numpy as np
import torch
from torch.utils.data import default_collate

from gtpt_bench.data.dataset import SPANS, Crop, PersonCrops, SampleKey, Span
from gtpt_bench.data.images import read_image
from gtpt_bench.efficiency.timing.comparison import Comparison, compared
from gtpt_bench.training.config import TrainingConfig
from gtpt_bench.training.targets import simcc_targets

TARGET_BATCH = 64


@dataclass(frozen=True)
class CropSpeed:
    """One way of making the crops.

    Attributes:
        rounds_ns: of each round the nanoseconds of each span, over all crops.
        num_crops: in a round.
    """

    rounds_ns: tuple[Mapping[Span, int], ...]
    num_crops: int

    @property
    def crop_ms(self) -> float:
        """Median over rounds of the mean crop."""
        return statistics.median(self.round_ns) / self.num_crops / 1e6

    @property
    def round_ns(self) -> list[int]:
        return [sum(spans.values()) for spans in self.rounds_ns]

    @property
    def crops_per_s(self) -> float:
        """Of one core that does nothing else."""
        return 1000 / self.crop_ms

    @property
    def shares(self) -> dict[Span, float]:
        """Of each span in all processor time; they add up to 1."""
        whole = sum(self.round_ns)
        return {span: sum(spans.get(span, 0) for spans in self.rounds_ns) / whole for span in SPANS}

    def cores_for(self, images_per_s: float) -> float:
        """Cores that keep a training fed that takes so many images a second."""
        return images_per_s / self.crops_per_s


@dataclass(frozen=True)
class Targets:
    """What making the targets of one crop takes, which loader workers do not do.

    Attributes:
        make_us: microseconds of one core; a GPU makes them instead.
        target_bytes: of the targets as float32 arrays, had they to be shipped.
        crop_bytes: of what is shipped: the picture, the coordinates, the visibilities and the place.
    """

    make_us: float
    target_bytes: int
    crop_bytes: int


def crop_speeds(
    ways: Sequence[PersonCrops],
    keys: Sequence[SampleKey],
    *,
    rounds: int,
    clock_ns: Callable[[], int] = time.thread_time_ns,
    on_round: Callable[[int, int], None] = lambda done, total: None,
) -> list[CropSpeed]:
    """Speeds of several ways to make the same crops, taken in turn: A B B A in every round.

    Args:
        ways: without memory for decoded images, or it is that which is measured.
        on_round: told the rounds done and the total.
    """
    with one_thread():
        for way in ways:
            _spent(way, keys, clock_ns)
        found: list[list[Counter[Span]]] = [[] for _ in ways]
        for number in range(rounds):
            there = [_spent(way, keys, clock_ns) for way in ways]
            back = [_spent(way, keys, clock_ns) for way in reversed(ways)][::-1]
            for spent, first, second in zip(found, there, back, strict=True):
                spent.append(first + second)
            on_round(number + 1, rounds)
    return [CropSpeed(tuple(spent), 2 * len(keys)) for spent in found]


def faster_by(first: CropSpeed, second: CropSpeed) -> Comparison:
    """Time of the second over time of the first, round by round."""
    return compared(first.round_ns, second.round_ns, rng=np.random.default_rng(0))


def target_speed(crops: PersonCrops, keys: Sequence[SampleKey], *, repeats: int = 7) -> Targets:
    """What a batch of targets takes on one core, per crop; median over repeats."""
    batch: Crop = default_collate([crops[key] for key in keys[:TARGET_BATCH]])
    with one_thread():
        times = []
        for _ in range(repeats):
            start = time.thread_time_ns()
            targets, _ = simcc_targets(
                batch.keypoints,
                batch.visibility,
                input_size=crops.input_size,
                split_ratio=2,
                sigma_bins=TrainingConfig().sigma_bins,
            )
            times.append(time.thread_time_ns() - start)
    number = len(batch.place)
    return Targets(
        make_us=statistics.median(times) / number / 1e3,
        target_bytes=sum(axis.nbytes for axis in targets) // number,
        crop_bytes=sum(part.nbytes for part in batch) // number,
    )


def mean_decoded_bytes(crops: PersonCrops, keys: Sequence[SampleKey]) -> float:
    """Of the images of these samples, decoded in full."""
    images = {crops.people[key.person].image for key in keys}
    return statistics.mean(read_image(path).nbytes for path in images)


def drawn_keys(crops: PersonCrops, number: int, *, seed: int = 0) -> list[SampleKey]:
    """Keys of people in random order, as training asks for them; epoch after epoch until there are enough."""
    rng = np.random.default_rng(seed)
    keys: list[SampleKey] = []
    while len(keys) < number:
        epoch = len(keys) // len(crops)
        keys += [SampleKey(epoch, int(place)) for place in rng.permutation(len(crops))]
    return keys[:number]


@contextmanager
def one_thread() -> Iterator[None]:
    """OpenCV and torch have the calling thread alone; afterwards all is as before."""
    before = cv2.getNumThreads(), torch.get_num_threads()
    cv2.setNumThreads(1)
    torch.set_num_threads(1)
    try:
        yield
    finally:
        cv2.setNumThreads(before[0])
        torch.set_num_threads(before[1])


def _spent(crops: PersonCrops, keys: Sequence[SampleKey], clock_ns: Callable[[], int]) -> Counter[Span]:
    """Nanoseconds of each span over all keys."""
    spent: Counter[Span] = Counter()
    last_ns = clock_ns()

    def border(span: Span) -> None:
        nonlocal last_ns
        now_ns = clock_ns()
        spent[span] += now_ns - last_ns
        last_ns = now_ns

    for key in keys:
        last_ns = clock_ns()
        crops.crop(key.person, key, border=border)
    return spent
