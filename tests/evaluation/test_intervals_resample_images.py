"""Bootstrap of AP over images and of PCKh over people: exact on the full set, honest in closed cases."""

from __future__ import annotations

import json
import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gtpt_bench.evaluation.coco import Matches, score_coco
from gtpt_bench.evaluation.entries import KeypointTruth
from gtpt_bench.evaluation.intervals import average_precision, bootstrap_aps, bootstrap_pckh, image_draws, interval
from gtpt_bench.evaluation.matches_json import matches_from_json, matches_to_json
from gtpt_bench.evaluation.mpii import LEFT_OUT, JointErrors, pckh
from gtpt_bench.evaluation.score import score_results
from gtpt_bench.keypoints import WHOLEBODY
from tests.data.coco_folder import shared
from tests.evaluation.results import Json, official_stats, some_results, some_truth

seeds = st.integers(0, 10_000)


def matches_of(truth: KeypointTruth, results: list[Json]) -> Matches:
    return score_coco(truth, results).matches


def found_or_not(found: list[bool]) -> Matches:
    """One person and one equally scored detection an image: a hit at every threshold, or at none."""
    num = len(found)
    return Matches(
        image=np.arange(num),
        score=np.linspace(1, 0, num),
        matched=np.tile(found, (10, 1)),
        ignored=np.zeros((10, num), bool),
        num_truths=np.ones(num, np.intp),
    )


def assert_equal(one: Matches, other: Matches) -> None:
    for name, value in vars(one).items():
        np.testing.assert_array_equal(getattr(other, name), value)
        assert getattr(other, name).dtype == value.dtype


# The point estimate


@settings(max_examples=25, deadline=None)
@given(seeds, st.sampled_from([0.5, 3, 12]), st.booleans())
def test_ap_from_matches_is_pycocotools_ap(seed: int, noise_px: float, ties: bool) -> None:
    truth = some_truth(seed=seed)
    results = some_results(truth, seed=seed, noise_px=noise_px, ties=ties)
    expected = official_stats(truth, results)["AP"]
    assert average_precision(matches_of(truth, results)) == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize("example", ["coco_example_139099", "coco_example_4img"])
def test_ap_from_matches_is_the_published_one(example: str) -> None:
    folder = shared(f"evaluation/{example}")
    truth, results = (json.loads((folder / name).read_text()) for name in ("gt.json", "results.json"))
    expected = json.loads(shared("evaluation/expected.json").read_text())[example]["stats"]["AP"]
    assert average_precision(matches_of(KeypointTruth(truth), results)) == pytest.approx(expected, abs=1e-6)


def test_whole_bodies_hand_on_the_matches_of_the_whole() -> None:
    folder = shared("evaluation/coco_wholebody_example")
    truth, results = (json.loads((folder / name).read_text()) for name in ("gt.json", "results.json"))
    scored = score_results(KeypointTruth(truth), results, keypoints=WHOLEBODY)
    assert average_precision(scored.matches) == pytest.approx(scored.metrics["AP"], abs=1e-9)
    assert scored.metrics["AP"] == pytest.approx(0.622855, abs=1e-6)


def test_without_results_or_without_people_ap_is_zero_or_undefined() -> None:
    truth = some_truth()
    assert average_precision(matches_of(truth, [])) == 0
    nobody = KeypointTruth({**truth.content, "annotations": []})
    assert average_precision(matches_of(nobody, some_results(truth))) == -1
    assert average_precision(matches_of(nobody, [])) == -1


# Weights of images


@settings(max_examples=20, deadline=None)
@given(seeds, st.lists(st.integers(0, 3), min_size=6, max_size=6))
def test_an_image_drawn_twice_is_as_good_as_a_copy_of_it(seed: int, weights: list[int]) -> None:
    """The weighted AP is pycocotools' on a data set in which each image really stands that often."""
    truth = some_truth(seed=seed)
    results = some_results(truth, seed=seed)
    content: Json = {"images": [], "annotations": [], "categories": truth.content["categories"]}
    copies: list[Json] = []
    for image, weight in zip(truth.content["images"], weights, strict=True):
        for number in range(weight):
            new_id = 100 * image["id"] + number
            content["images"].append(image | {"id": new_id})
            for entry in truth.content["annotations"]:
                if entry["image_id"] == image["id"]:
                    next_id = len(content["annotations"]) + 1
                    content["annotations"].append(entry | {"image_id": new_id, "id": next_id})
            copies += [r | {"image_id": new_id} for r in results if r["image_id"] == image["id"]]
    weighted = average_precision(matches_of(truth, results), np.asarray(weights))
    expected = official_stats(KeypointTruth(content), copies)["AP"] if copies else -1
    assert weighted == pytest.approx(expected, abs=1e-9)


def test_resampling_goes_over_images_with_replacement() -> None:
    draws = image_draws(40, num_resamples=500, seed=1)
    assert draws.shape == (500, 40)
    assert (draws.sum(1) == 40).all()
    share_left_out = (draws == 0).mean()
    assert share_left_out == pytest.approx((1 - 1 / 40) ** 40, abs=0.01)
    assert draws.mean(0) == pytest.approx(np.ones(40), abs=0.25)


def test_draws_are_fixed_by_their_arguments_so_that_two_models_see_the_same_images() -> None:
    np.testing.assert_array_equal(image_draws(30, num_resamples=10, seed=2), image_draws(30, num_resamples=10, seed=2))
    assert (image_draws(30, num_resamples=10, seed=2) != image_draws(30, num_resamples=10, seed=3)).any()


@settings(max_examples=25, deadline=None)
@given(seeds, st.booleans())
def test_one_ranking_serves_all_draws(seed: int, ties: bool) -> None:
    """AP by the definition, detection by detection and copy by copy, of every resample."""
    truth = some_truth(seed=seed, num_images=5)
    matches = matches_of(truth, some_results(truth, seed=seed, noise_px=6, ties=ties))
    draws = image_draws(5, num_resamples=10, seed=seed)
    expected = [ap_by_definition(matches, weights) for weights in draws]
    np.testing.assert_allclose(bootstrap_aps(matches, draws), expected, rtol=0, atol=1e-9)


def ap_by_definition(matches: Matches, weights: np.ndarray[Any, Any]) -> float:
    num_truths = int(weights @ matches.num_truths)
    if num_truths == 0:
        return math.nan
    order = sorted(range(len(matches.score)), key=lambda d: -matches.score[d])
    aps = []
    for matched, ignored in zip(matches.matched, matches.ignored, strict=True):
        found, true, points = 0, 0, []
        for d in order:
            if not ignored[d]:
                for _ in range(weights[matches.image[d]]):
                    found, true = found + 1, true + int(matched[d])
                    points.append((true / num_truths, true / found))
        levels = [max((p for r, p in points if r >= level), default=0.0) for level in np.linspace(0, 1, 101)]
        aps.append(sum(levels) / 101)
    return sum(aps) / 10


def test_resamples_in_which_nobody_is_annotated_have_no_ap() -> None:
    """Of two images one shows a person; a quarter of the resamples miss it."""
    matches = found_or_not([True, True])
    matches.num_truths[1] = 0
    resampled = bootstrap_aps(matches, image_draws(2, num_resamples=400))
    assert np.isnan(resampled).mean() == pytest.approx(0.25, abs=0.07)
    assert np.nanmin(resampled) > 0
    assert interval(1.0, resampled).standard_error == pytest.approx(np.nanstd(resampled, ddof=1))


# Intervals


def test_a_model_that_finds_everybody_has_no_uncertainty() -> None:
    matches = found_or_not([True] * 50)
    found = interval(average_precision(matches), bootstrap_aps(matches, image_draws(50, num_resamples=200)))
    assert (found.value, found.low, found.high) == pytest.approx((1, 1, 1))
    assert found.standard_error == pytest.approx(0)


def test_where_ap_is_a_share_of_images_its_error_is_binomial() -> None:
    """The first 60 of 100 images are hits, the misses rank last: AP is the share of hits (in steps of 1 / 101)."""
    matches = found_or_not([True] * 60 + [False] * 40)
    assert average_precision(matches) == pytest.approx(61 / 101)
    found = interval(average_precision(matches), bootstrap_aps(matches, image_draws(100, num_resamples=2000)))
    error = np.sqrt(0.6 * 0.4 / 100)
    assert found.standard_error == pytest.approx(error, rel=0.08)
    assert (found.low, found.high) == pytest.approx((0.6 - 1.96 * error, 0.6 + 1.96 * error), abs=0.02)


@settings(max_examples=10, deadline=None)
@given(seeds)
def test_intervals_hold_the_middle_of_the_resamples(seed: int) -> None:
    truth = some_truth(seed=seed, num_images=12)
    matches = matches_of(truth, some_results(truth, seed=seed))
    resampled = bootstrap_aps(matches, image_draws(12, num_resamples=100))
    found = interval(average_precision(matches), resampled)
    assert 0 <= found.low <= np.median(resampled) <= found.high <= 1
    assert ((resampled >= found.low) & (resampled <= found.high)).mean() == pytest.approx(0.95, abs=0.02)


def test_the_interval_of_a_models_difference_to_itself_is_nothing() -> None:
    truth = some_truth()
    matches = matches_of(truth, some_results(truth))
    draws = image_draws(6, num_resamples=50)
    found = interval(0.0, bootstrap_aps(matches, draws) - bootstrap_aps(matches, draws))
    assert (found.low, found.high, found.standard_error) == (0, 0, 0)


# PCKh over people


def joint_errors_of(distance: np.ndarray[Any, Any]) -> JointErrors:
    counts = np.ones(distance.shape, bool)
    counts[:, list(LEFT_OUT)] = False
    return JointErrors(np.where(counts, distance, 0.0), counts)


def test_every_person_drawn_once_has_the_pckh_of_all() -> None:
    errors = joint_errors_of(np.random.default_rng(0).uniform(0, 1, (30, 16)))
    expected = pckh(errors, 0.5)["Mean_weighted_by_joint_count"]
    assert bootstrap_pckh(errors, 0.5, np.ones((1, 30), np.intp)) == pytest.approx([expected])


def test_where_all_joints_of_a_person_are_found_or_none_the_error_is_binomial() -> None:
    errors = joint_errors_of(np.repeat(np.arange(200) % 5 == 0, 16).reshape(200, 16).astype(float))
    resampled = bootstrap_pckh(errors, 0.5, image_draws(200))
    assert interval(80.0, resampled).standard_error == pytest.approx(100 * np.sqrt(0.2 * 0.8 / 200), rel=0.08)


def test_people_without_a_joint_have_no_pckh() -> None:
    errors = joint_errors_of(np.zeros((2, 16)))
    errors.counts[1] = False
    assert np.isnan(bootstrap_pckh(errors, 0.5, np.asarray([[0, 2], [1, 1]]))).tolist() == [True, False]


# Kept as JSON


@settings(max_examples=20, deadline=None)
@given(seeds)
def test_matches_come_back_from_json_as_they_were(seed: int) -> None:
    truth = some_truth(seed=seed)
    matches = matches_of(truth, some_results(truth, seed=seed))
    assert_equal(matches_from_json(json.loads(json.dumps(matches_to_json(matches)))), matches)


def test_no_matches_come_back_from_json_as_well() -> None:
    matches = matches_of(some_truth(), [])
    assert_equal(matches_from_json(json.loads(json.dumps(matches_to_json(matches)))), matches)
    assert matches.matched.shape == (10, 0)


def test_thresholds_are_packed_lowest_first() -> None:
    matches = found_or_not([False, False])
    matches.matched[:3, 0] = True
    assert matches_to_json(matches)["matched"] == [0b111, 0]
