"""What reduced decoding changes in crops: how many of them, and their pixels."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from gtpt_bench.data.dataset import PersonCrops, SampleKey


@dataclass(frozen=True)
class ReducedCrops:
    """Crops of reduced images beside those of full ones.

    Attributes:
        num_by_reduction: crops at each reduction, 1 for those that are the same.
        mean_difference, root_mean_square: of the pixels of the others, in levels of 255; None if there are none.
    """

    num_by_reduction: dict[int, int]
    mean_difference: float | None
    root_mean_square: float | None


def reduced_crops(full: PersonCrops, reduced: PersonCrops, keys: Sequence[SampleKey]) -> ReducedCrops:
    """The same crops made both ways."""
    numbers: Counter[int] = Counter()
    absolute = squares = num_pixels = 0.0
    for key in keys:
        reduction = reduced.reduction(key)
        numbers[reduction] += 1
        if reduction == 1:
            continue
        difference = full[key].image.float() - reduced[key].image.float()
        absolute += float(difference.abs().sum())
        squares += float(difference.square().sum())
        num_pixels += difference.numel()
    by_reduction = dict(sorted(numbers.items()))
    if not num_pixels:
        return ReducedCrops(by_reduction, None, None)
    return ReducedCrops(by_reduction, absolute / num_pixels, (squares / num_pixels) ** 0.5)
