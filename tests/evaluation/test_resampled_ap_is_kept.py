"""AP on resampled images, kept beside an evaluation, is what a report would work out itself, or is not used."""

from __future__ import annotations

import json

import numpy as np
import pytest

from gtpt_bench.evaluation import resampled
from gtpt_bench.evaluation.coco import NUM_THRESHOLDS, Matches
from gtpt_bench.evaluation.intervals import average_precision, bootstrap_aps, image_draws
from gtpt_bench.evaluation.resampled import (
    name_of_draws,
    resampled_ap,
    resampled_from_json,
    resampled_to_json,
    usual_draws,
)


def matches(num_truths: list[int]) -> Matches:
    """Of each image's persons the first is found at the lower half of the thresholds."""
    images = [image for image, number in enumerate(num_truths) if number]
    hits = np.zeros((NUM_THRESHOLDS, len(images)), dtype=bool)
    hits[: NUM_THRESHOLDS // 2] = True
    return Matches(np.asarray(images), np.linspace(1, 0.5, len(images)), hits, hits & False, np.asarray(num_truths))


def test_it_is_ap_on_the_draws_that_all_share() -> None:
    found = matches([2, 1, 0, 3])
    ap = resampled_ap(found)
    assert (ap.num_images, ap.num_people) == (4, 6)
    assert ap.observed == average_precision(found)
    np.testing.assert_array_equal(ap.resampled, bootstrap_aps(found, image_draws(4)))


def test_it_comes_back_from_json_to_the_last_bit_resamples_without_anybody_too() -> None:
    ap = resampled_ap(matches([1, 0, 0]))
    assert 0 < np.isnan(ap.resampled).sum() < len(ap.resampled)
    again = resampled_from_json(json.loads(json.dumps(resampled_to_json(ap), allow_nan=False)))
    assert again is not None
    np.testing.assert_array_equal(again.resampled, ap.resampled)
    assert (again.observed, again.num_images, again.num_people) == (ap.observed, ap.num_images, ap.num_people)


def test_other_draws_are_not_mixed_with_these(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if NumPy drew otherwise: differences would then not be paired."""
    content = resampled_to_json(resampled_ap(matches([1, 2])))
    before = name_of_draws(2)
    monkeypatch.setattr(resampled, "image_draws", lambda num_images: image_draws(num_images, seed=1))
    for known in (usual_draws, name_of_draws):
        known.cache_clear()
    assert name_of_draws(2) != before
    assert resampled_from_json(content) is None
    monkeypatch.undo()
    for known in (usual_draws, name_of_draws):
        known.cache_clear()
    assert resampled_from_json(content) is not None


def test_nobody_writes_to_the_draws() -> None:
    with pytest.raises(ValueError, match="read-only"):
        usual_draws(3)[0, 0] = 7
