"""AP of each variant with its uncertainty, and what differences a study can see.

Two sources of variation, kept apart and then added: which images are evaluated (bootstrap over images, the same
draws for every variant and seed, so differences are paired) and which seed trained the model (standard deviation
over seeds, pooled over variants). All figures in AP points, 0 to 100.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gtpt_bench.evaluation.intervals import average_precision, bootstrap_aps, image_draws
from gtpt_bench.report.records import Evaluated

NUM_RESAMPLES = 500
NORMAL_95 = 1.959964
POINTS = 100.0


@dataclass(frozen=True)
class VariantAccuracy:
    """AP of one variant.

    Attributes:
        ap: mean over seeds.
        seed_sd: standard deviation over seeds, None for a single one.
        difference: to the variant it is compared with; None for the baseline itself.
        half_width: of the 95 % interval of that difference.
    """

    ap: float
    seed_sd: float | None
    num_seeds: int
    difference: float | None
    half_width: float | None

    @property
    def is_distinguishable(self) -> bool:
        """Whether the interval of the difference excludes zero."""
        if self.difference is None or self.half_width is None:
            return False
        return abs(self.difference) > self.half_width


@dataclass(frozen=True)
class StudyAccuracy:
    """All variants, and the smallest difference between two of them that the study could have told from zero.

    Attributes:
        smallest_visible: the largest half width among the differences; None with fewer than two variants.
        covers_seeds: whether intervals hold for other training seeds too, or for other images only.
    """

    variants: dict[str, VariantAccuracy]
    smallest_visible: float | None
    covers_seeds: bool
    num_images: int
    num_people: int


def study_accuracy(
    evaluated: Mapping[str, Sequence[Evaluated]], reference: Callable[[str], str]
) -> StudyAccuracy | None:
    """Accuracy of all variants that were evaluated; None if none was.

    Args:
        evaluated: evaluations by variant; variants without any are left out.
        reference: the variant that another one is compared with; its own name for none.
    """
    known = {variant: runs for variant, runs in evaluated.items() if runs}
    if not known:
        return None
    first = next(iter(known.values()))[0]
    num_images = len(first.matches.num_truths)
    draws = image_draws(num_images, num_resamples=NUM_RESAMPLES)
    resampled = {variant: _resampled(runs, draws) for variant, runs in known.items()}
    aps = {v: np.asarray([POINTS * average_precision(run.matches) for run in runs]) for v, runs in known.items()}
    pooled = pooled_variance(list(aps.values()))
    variants = {}
    for variant in known:
        difference = half_width = None
        other = reference(variant)
        if variant != other and other in known:
            difference = float(aps[variant].mean() - aps[other].mean())
            images_se = float((resampled[variant] - resampled[other]).std(ddof=1))
            counts = len(aps[variant]), len(aps[other])
            half_width = difference_half_width(images_se, pooled, counts)
        sd = float(aps[variant].std(ddof=1)) if len(aps[variant]) > 1 else None
        variants[variant] = VariantAccuracy(float(aps[variant].mean()), sd, len(aps[variant]), difference, half_width)
    widths = [v.half_width for v in variants.values() if v.half_width is not None]
    return StudyAccuracy(
        variants,
        smallest_visible=max(widths, default=None),
        covers_seeds=pooled is not None,
        num_images=num_images,
        num_people=int(first.matches.num_truths.sum()),
    )


@dataclass(frozen=True)
class PooledVariance:
    """Variance over training seeds, averaged over variants, with its degrees of freedom."""

    value: float
    degrees: int


def pooled_variance(values: Sequence[NDArray[np.float64]]) -> PooledVariance | None:
    """Common variance within groups; None if no group has two values."""
    degrees = sum(len(group) - 1 for group in values)
    if degrees == 0:
        return None
    squares = sum(float(((group - group.mean()) ** 2).sum()) for group in values)
    return PooledVariance(squares / degrees, degrees)


def difference_half_width(images_se: float, seeds: PooledVariance | None, counts: tuple[int, int]) -> float:
    """Half width of the 95 % interval of a difference of two means over `counts` seeds each."""
    if seeds is None:
        return NORMAL_95 * images_se
    from scipy.stats import t

    seeds_variance = seeds.value * (1 / counts[0] + 1 / counts[1])
    return float(t.ppf(0.975, seeds.degrees)) * math.sqrt(images_se**2 + seeds_variance)


def _resampled(runs: Sequence[Evaluated], draws: NDArray[np.intp]) -> NDArray[np.float64]:
    """AP points of each resample, averaged over seeds."""
    mean: NDArray[np.float64] = POINTS * np.mean([bootstrap_aps(run.matches, draws) for run in runs], axis=0)
    return mean
