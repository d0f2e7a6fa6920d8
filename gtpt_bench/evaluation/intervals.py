"""How sure an AP is: the bootstrap over images, of one AP and of the difference of two on the same images.

The question answered: how would AP vary if the evaluation images were drawn again? Variation from the training
seed is another matter and is reported apart. T thresholds, D detections, I images.
Source: Efron & Tibshirani 1993, ch. 13 (percentile interval); spec/measurement.md §4.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gtpt_bench.evaluation.coco import Matches

RECALLS = np.linspace(0, 1, 101)
"""Recall levels at which precision is averaged, as in pycocotools."""


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
    num_truths = int(weights @ matches.num_truths)
    if num_truths == 0:
        return -1.0
    order = np.argsort(-matches.score, kind="mergesort")
    counts = weights[matches.image[order]] * ~matches.ignored[:, order]
    true = np.cumsum(counts * matches.matched[:, order], axis=1)
    found = np.cumsum(counts, axis=1)
    precision = true / (found + np.spacing(1))
    envelope = np.maximum.accumulate(precision[:, ::-1], axis=1)[:, ::-1]
    recall = true / num_truths
    return float(np.mean([_at_recalls(r, p) for r, p in zip(recall, envelope, strict=True)]))


def _at_recalls(recall_D: NDArray[np.float64], precision_D: NDArray[np.float64]) -> float:
    places = np.searchsorted(recall_D, RECALLS, side="left")
    reached = places < len(recall_D)
    return float(precision_D[places[reached]].sum() / len(RECALLS))


def image_draws(num_images: int, *, num_resamples: int, seed: int = 0) -> NDArray[np.intp]:
    """How often each image is drawn in each resample, `[resamples, I]`; the same for the same arguments."""
    rng = np.random.default_rng(seed)
    return rng.multinomial(num_images, np.full(num_images, 1 / num_images), size=num_resamples).astype(np.intp)


def bootstrap_aps(matches: Matches, draws: NDArray[np.intp]) -> NDArray[np.float64]:
    """AP of each resample, `[resamples]`."""
    return np.asarray([average_precision(matches, weights) for weights in draws])


def interval(value: float, resampled: NDArray[np.float64]) -> Interval:
    """Percentile interval of a value from its resamples."""
    low, high = np.percentile(resampled, (2.5, 97.5))
    return Interval(value, float(low), float(high), float(resampled.std(ddof=1)))
