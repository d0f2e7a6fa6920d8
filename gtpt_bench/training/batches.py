"""Which persons a step trains on: the order of an epoch, its batches, and the parts that a batch is worked off in.

A part is what the network sees at once. Parts follow from the config alone, never from the number of processes that
share them, so that a run is the same on any number.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import ceil
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from gtpt_bench.data.dataset import Crop, SampleKey
from gtpt_bench.errors import InputError


class Part(NamedTuple):
    """Crops that the network sees at once.

    Attributes:
        number: within its batch. It seeds the draws; BatchNorm keeps the running statistics of number 0.
        weight: share of the batch's persons, so that weighted losses sum to the mean over the batch; 0 for a part that
            only stands in where a process would have nothing to do.
    """

    number: int
    weight: float
    crops: Crop


def whole(batch: Crop) -> list[Part]:
    """A batch in one part."""
    return [Part(0, 1.0, batch)]


@dataclass(frozen=True)
class Share:
    """What one process does of a batch.

    Attributes:
        batch_people: how many persons the whole batch has.
        numbers, weights: of the parts, as in `Part`.
        people: places of the persons of each part.
    """

    epoch: int
    batch_people: int
    numbers: tuple[int, ...]
    weights: tuple[float, ...]
    people: tuple[NDArray[np.int64], ...]

    @property
    def keys(self) -> list[SampleKey]:
        """Of all crops, part after part."""
        return [SampleKey(self.epoch, int(person)) for part in self.people for person in part]

    def parts_of(self, crops: Crop) -> list[Part]:
        """The crops of `keys`, by part."""
        pieces = zip(*(field.split([len(part) for part in self.people]) for field in crops), strict=True)
        crops_of_parts = (Crop(*fields) for fields in pieces)
        return [Part(*part) for part in zip(self.numbers, self.weights, crops_of_parts, strict=True)]


@dataclass(frozen=True)
class BatchOrder:
    """The batches of a run; each epoch in an order of its own from (seed, epoch), the last short batch kept.

    Attributes:
        num_people: persons of the data set.
        micro_batch: the most persons of a part of a full batch; a short batch has parts as many as it can be cut in
            (the authors' way: every GPU gets an equal share).
    """

    num_people: int
    batch_size: int
    micro_batch: int
    seed: int

    @property
    def steps_per_epoch(self) -> int:
        return ceil(self.num_people / self.batch_size)

    @property
    def num_parts(self) -> int:
        """Of a full batch."""
        return ceil(min(self.batch_size, self.num_people) / self.micro_batch)

    def check_shared_by(self, num_processes: int) -> None:
        """Refuse processes that would never have anything to do.

        Raises:
            InputError: a batch has fewer parts than there are processes.
        """
        if num_processes > self.num_parts:
            full = min(self.batch_size, self.num_people)
            raise InputError(
                f"{num_processes} processes cannot share a batch of {full} in {self.num_parts} part(s); set "
                f"training.micro_batch, now {self.micro_batch}, to {max(1, full // num_processes)} or start fewer"
            )

    def shares(self, *, from_step: int, epochs: int, rank: int = 0, of: int = 1) -> Iterator[Share]:
        """What process `rank` of `of` does of each batch to come: parts are dealt out in turn."""
        first_epoch, done = divmod(from_step, self.steps_per_epoch)
        for epoch in range(first_epoch, epochs):
            order = np.random.default_rng([self.seed, epoch]).permutation(self.num_people)
            batches = np.split(order, range(self.batch_size, self.num_people, self.batch_size))
            for batch in batches[done if epoch == first_epoch else 0 :]:
                yield self.share(batch, epoch, rank=rank, of=of)

    def share(self, batch: NDArray[np.int64], epoch: int, *, rank: int, of: int) -> Share:
        """One process's share of the persons of a batch."""
        size = ceil(len(batch) / self.num_parts)
        parts = np.split(batch, range(size, len(batch), size))
        numbers = tuple(range(len(parts)))[rank::of]
        if not numbers:  # in a short batch: the first person stands in, without a say
            return Share(epoch, len(batch), (rank,), (0.0,), (batch[:1],))
        own = tuple(parts[number] for number in numbers)
        return Share(epoch, len(batch), numbers, tuple(len(part) / len(batch) for part in own), own)
