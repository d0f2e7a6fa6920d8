"""AP of the same matches under many weights of images: what does not depend on the weights is done once.

Precision rises at true positives and falls everywhere else, so its maximum from any recall on lies at a true
positive; recall and precision are needed at those alone. D detections, I images.
Source: spec/training_and_evaluation.md §6; equal to pycocotools' accumulate.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gtpt_bench.evaluation.coco import Matches

RECALLS = np.linspace(0, 1, 101)
"""Recall levels at which precision is averaged, as in pycocotools."""

Places = NDArray[np.intp]


@dataclass(frozen=True)
class _Threshold:
    """Of one OKS threshold, K true positives by falling score.

    Attributes:
        image: of each true positive, `[K]`.
        rank: its place among all detections, `[K]`.
        ignored_image: image of each detection that counts neither way, by falling score, `[N]`.
        num_ignored: how many of those come before it, `[K]`.
    """

    image: Places
    rank: Places
    ignored_image: Places
    num_ignored: Places


class Ranking:
    """Matches in the order of their scores."""

    def __init__(self, matches: Matches) -> None:
        order = np.argsort(-matches.score, kind="mergesort")
        self._image = matches.image[order]
        self._num_truths = matches.num_truths
        self._thresholds = [
            _threshold(self._image, matched[order], ignored[order])
            for matched, ignored in zip(matches.matched, matches.ignored, strict=True)
        ]

    def average_precision(self, image_weights: NDArray[np.intp]) -> float:
        """AP over all thresholds, a share of 1; -1 without ground truth.

        Args:
            image_weights: how often each image counts, `[I]`.
        """
        num_truths = int(image_weights @ self._num_truths)
        if num_truths == 0:
            return -1.0
        found = np.cumsum(image_weights[self._image])
        return float(np.mean([_mean_precision(t, image_weights, found, num_truths) for t in self._thresholds]))


def _threshold(image_D: Places, matched_D: NDArray[np.bool_], ignored_D: NDArray[np.bool_]) -> _Threshold:
    rank, ignored = np.flatnonzero(matched_D & ~ignored_D), np.flatnonzero(ignored_D)
    return _Threshold(image_D[rank], rank, image_D[ignored], np.searchsorted(ignored, rank))


def _mean_precision(t: _Threshold, weights_I: NDArray[np.intp], found_D: NDArray[np.intp], num_truths: int) -> float:
    true_K = np.cumsum(weights_I[t.image])
    found_K = found_D[t.rank]
    if len(t.ignored_image):
        ignored = np.concatenate([[0], np.cumsum(weights_I[t.ignored_image])])
        found_K = found_K - ignored[t.num_ignored]
    precision_K = true_K / (found_K + np.spacing(1))
    places = np.searchsorted(true_K / num_truths, RECALLS, side="left")
    best = np.maximum.accumulate(precision_K[::-1])[::-1]
    return float(best[places[places < len(best)]].sum() / len(RECALLS))
