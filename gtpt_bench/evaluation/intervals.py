"""How sure an AP is: the bootstrap over images, of one AP and of the difference of two on the same images.

The question answered: how would AP vary if the evaluation images were drawn again? Variation from the training
seed is another matter; differences.py puts both together. I images, P persons, R resamples.
Source: Efron & Tibshirani 1993, ch. 13 (percentile interval); spec/measurement.md §4.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gtpt_bench.evaluation.coco import Matches
from gtpt_bench.evaluation.mpii import JointErrors
from gtpt_bench.evaluation.ranking import Ranking

NUM_RESAMPLES = 1000
"""Of reports and comparisons: the ends of a 95 % interval are known to about a tenth of its half width."""


@dataclass(frozen=True)
class Interval:
    """95 % of the resampled values lie between low and high; all in the unit of the value."""

    value: float
    low: float
    high: float
    standard_error: float


def average_precision(matches: Matches, image_weights: NDArray[np.intp] | None = None) -> float:
    """AP over the ten OKS thresholds, a share of 1; -1 without ground truth.

    Args:
        image_weights: how often each image counts, `[I]`; once each by default, which gives pycocotools' AP.
    """
    weights = np.ones(len(matches.num_truths), np.intp) if image_weights is None else image_weights
    return Ranking(matches).average_precision(weights)


def image_draws(num_images: int, *, num_resamples: int = NUM_RESAMPLES, seed: int = 0) -> NDArray[np.intp]:
    """How often each image is drawn in each resample, `[R, I]`; the same for the same arguments."""
    rng = np.random.default_rng(seed)
    draws = np.empty((num_resamples, num_images), np.intp)
    for counts in draws:
        counts[:] = np.bincount(rng.integers(num_images, size=num_images), minlength=num_images)
    return draws


def bootstrap_aps(matches: Matches, draws: NDArray[np.intp]) -> NDArray[np.float64]:
    """AP of each resample, `[R]`; not a number where no image with a person was drawn."""
    ranking = Ranking(matches)
    aps = np.asarray([ranking.average_precision(weights) for weights in draws])
    return np.where(aps < 0, np.nan, aps)


def bootstrap_pckh(errors: JointErrors, limit: float, draws: NDArray[np.intp]) -> NDArray[np.float64]:
    """Mean PCKh of each resample of people, per cent, every joint by its count, `[R]`; not a number without joints.

    Args:
        limit: in head sizes.
        draws: how often each person is drawn, `[R, P]`, as `image_draws` of P gives. People of one image count as
            independent.
    """
    within = (errors.counts & (errors.distance <= limit)).sum(axis=1)
    counts = draws @ errors.counts.sum(axis=1)
    shares: NDArray[np.float64] = np.full(len(draws), np.nan)
    np.divide(draws @ within, counts, out=shares, where=counts > 0)
    return 100 * shares


def interval(value: float, resampled: NDArray[np.float64]) -> Interval:
    """Percentile interval of a value from its resamples, `[R]`; those that are not a number are left out."""
    known = resampled[~np.isnan(resampled)]
    if len(known) < 2:
        return Interval(value, np.nan, np.nan, np.nan)
    low, high = np.percentile(known, (2.5, 97.5))
    return Interval(value, float(low), float(high), float(known.std(ddof=1)))
