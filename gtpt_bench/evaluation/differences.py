"""Whether two variants differ: the difference of their means over seeds, with an interval for other images and seeds.

A figure of one training on one set of images is taken as  mean + training + images + training x images.  The
bootstrap over images (the same draws for every variant and seed, so that differences are paired) sees the last two.
The spread over seeds on the images at hand sees the first and the last; what it shares with the bootstrap, the
spread over seeds that resampling images alone brings about, is taken off it once (never below nothing). Seeds of two
variants count as independent. S seeds, R resamples.

Source: components of variance of a crossed design, Searle, Casella & McCulloch 1992, ch. 4; degrees of freedom,
Satterthwaite 1946; why a plain bootstrap over both counts the last part too often, Owen 2007, The pigeonhole bootstrap;
correction for several comparisons, Holm 1979.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from gtpt_bench.evaluation.resampled import ResampledAp

POINTS = 100.0
"""AP points in an AP of 1."""

LEVEL = 0.05
"""Of tests: how often two equal variants may look different."""

POWER = 0.8
"""How often a difference of the detectable size would be seen. Source: Bloom 1995, Minimum detectable effects."""


@dataclass(frozen=True)
class SeedValues:
    """A figure of one variant.

    Attributes:
        observed: on all images, a value a seed, `[S]`.
        resampled: on each resample of the images, `[S, R]`; not a number where it is undefined.
    """

    observed: NDArray[np.float64]
    resampled: NDArray[np.float64]

    @property
    def mean(self) -> float:
        return float(self.observed.mean())

    @property
    def mean_resampled(self) -> NDArray[np.float64]:
        """Over seeds, `[R]`."""
        mean: NDArray[np.float64] = self.resampled.mean(axis=0)
        return mean

    @property
    def over_seeds(self) -> SeedValues:
        """The same with the mean over seeds in place of their resamples, which takes less room."""
        return SeedValues(self.observed, self.mean_resampled[None])

    @property
    def seed_sd(self) -> float | None:
        """Standard deviation over seeds on all images; None for a single one."""
        return float(self.observed.std(ddof=1)) if len(self.observed) > 1 else None


def ap_by_seed(evaluations: Sequence[ResampledAp]) -> SeedValues:
    """AP in points, 0 to 100, of one variant's evaluations, a seed each, all on the same images."""
    observed = [POINTS * one.observed for one in evaluations]
    return SeedValues(np.asarray(observed), POINTS * np.asarray([one.resampled for one in evaluations]))


@dataclass(frozen=True)
class SeedVariance:
    """Variance of a single training over seeds, pooled over variants.

    Attributes:
        observed: on the images at hand.
        from_images: the part of it that is due to these images, and that the bootstrap over images counts.
        degrees: degrees of freedom.
    """

    observed: float
    from_images: float
    degrees: int

    @property
    def from_training(self) -> float:
        return max(0.0, self.observed - self.from_images)


@dataclass(frozen=True)
class SeedSquares:
    """What one variant adds to the variance over seeds, so that its values need not be kept.

    Attributes:
        observed: squared deviations of its seeds from their mean, on the images at hand.
        from_images: the same in a mean resample, of which each seed's usual one is taken off first.
        degrees: degrees of freedom.
    """

    observed: float
    from_images: float
    degrees: int

    @classmethod
    def of(cls, values: SeedValues) -> SeedSquares:
        if len(values.observed) < 2:
            return cls(0.0, 0.0, 0)
        return cls(_squares(values.observed), _squares_from_images(values.resampled), len(values.observed) - 1)


def seed_variance(variants: Iterable[SeedValues]) -> SeedVariance | None:
    """Common to all variants; None if none has two seeds."""
    return pooled([SeedSquares.of(values) for values in variants])


def pooled(variants: Sequence[SeedSquares]) -> SeedVariance | None:
    """Over variants; None if none has two seeds."""
    degrees = sum(squares.degrees for squares in variants)
    if degrees == 0:
        return None
    observed = sum(squares.observed for squares in variants) / degrees
    from_images = sum(squares.from_images for squares in variants) / degrees
    return SeedVariance(observed, from_images, degrees)


def _squares(values: NDArray[np.float64]) -> float:
    return float(((values - values.mean(axis=0)) ** 2).sum())


def _squares_from_images(resampled_SR: NDArray[np.float64]) -> float:
    """Squared deviations of seeds from their mean, less each seed's usual one, in a mean resample."""
    is_known_R = ~np.isnan(resampled_SR).any(axis=0)
    known = resampled_SR if is_known_R.all() else resampled_SR[:, is_known_R]
    num_resamples = known.shape[1]
    if num_resamples < 2:
        return 0.0
    deviations = known - known.mean(axis=0)
    return float(((deviations - deviations.mean(axis=1, keepdims=True)) ** 2).sum() / (num_resamples - 1))


@dataclass(frozen=True)
class Difference:
    """Of two means over seeds.

    Attributes:
        value: second less first.
        standard_error: over other images, and over other seeds where there are several.
        degrees: degrees of freedom of that error; 0 where nothing is known of it, as with a single image.
    """

    value: float
    standard_error: float
    degrees: float

    @cached_property
    def half_width(self) -> float:
        """Of the 95 % interval, which lies evenly about the value; infinite where nothing is known."""
        return _quantile(1 - LEVEL / 2, self.degrees) * self.standard_error if self.degrees else math.inf

    @cached_property
    def p_value(self) -> float:
        """Two-sided, of no difference, by Student's t; below 5 % just where the interval leaves out 0."""
        from scipy.special import stdtr

        if self.degrees == 0 or self.value == 0:
            return 1.0
        if self.standard_error == 0:
            return 0.0
        return float(2 * stdtr(self.degrees, -abs(self.value) / self.standard_error))

    @cached_property
    def detectable(self) -> float:
        """The true difference that such a study would find in four of five repetitions, at 5 %, two-sided."""
        if self.degrees == 0:
            return math.inf
        return (_quantile(1 - LEVEL / 2, self.degrees) + _quantile(POWER, self.degrees)) * self.standard_error


def _quantile(share: float, degrees: float) -> float:
    from scipy.special import stdtrit

    return float(stdtrit(degrees, share))


@dataclass(frozen=True)
class PairedMeans:
    """Second less first, on the same images, and what other images do to it.

    Attributes:
        images: variance over resamples of the images; not a number where there are too few.
        share: of the variance of a single training that this difference has.
    """

    value: float
    images: float
    share: float
    num_images: int

    @classmethod
    def of(cls, first: SeedValues, second: SeedValues, *, num_images: int) -> PairedMeans:
        resampled = second.mean_resampled - first.mean_resampled
        known = resampled[~np.isnan(resampled)]
        images = float(known.var(ddof=1)) if num_images > 1 and len(known) > 1 else math.nan
        share = 1 / len(first.observed) + 1 / len(second.observed)
        return cls(second.mean - first.mean, images, share, num_images)

    def difference(self, seeds: SeedVariance | None) -> Difference:
        """With its error.

        Args:
            seeds: variance over seeds; None if each variant has one, and then the error is that over images alone.
        """
        if math.isnan(self.images):
            return Difference(self.value, math.nan, 0)
        if seeds is None:
            return Difference(self.value, math.sqrt(self.images), self.num_images - 1)
        variance = self.images + seeds.from_training * self.share
        degrees = _degrees(self.images, seeds, self.share, self.num_images)
        return Difference(self.value, math.sqrt(variance), degrees)


def paired_difference(
    first: SeedValues, second: SeedValues, seeds: SeedVariance | None, *, num_images: int
) -> Difference:
    """Second less first, on the same images.

    Args:
        seeds: variance over seeds; None if each variant has one, and then the error is that over images alone.
        num_images: that were drawn from.
    """
    return PairedMeans.of(first, second, num_images=num_images).difference(seeds)


def _degrees(images: float, seeds: SeedVariance, share: float, num_images: int) -> float:
    """Satterthwaite's, with all of the variance over seeds, since all of it is known from few."""
    variance = images + seeds.from_training * share
    uncertain = images**2 / (num_images - 1) + (seeds.observed * share) ** 2 / seeds.degrees
    return max(1.0, variance**2 / uncertain) if uncertain else num_images - 1


def holm(p_values: Sequence[float]) -> list[float]:
    """P-values corrected for their number: the chance of one false alarm among all stays at the level tested."""
    order = sorted(range(len(p_values)), key=lambda place: p_values[place])
    corrected, largest = [1.0] * len(p_values), 0.0
    for rank, place in enumerate(order):
        largest = max(largest, (len(p_values) - rank) * p_values[place])
        corrected[place] = min(1.0, largest)
    return corrected
