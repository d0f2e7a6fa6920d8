"""AP and AR equal pycocotools' and those of published and independently measured examples."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gtpt_bench.evaluation.coco import STATS, KeypointTruth, score_coco
from gtpt_bench.evaluation.score import score_files
from gtpt_bench.evaluation.wholebody import score_wholebody
from tests.data.coco_folder import shared
from tests.evaluation.results import official_stats, perfect_results, some_results, some_truth

seeds = st.integers(0, 10_000)


def expected(example: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(shared("evaluation/expected.json").read_text())[example]["stats"]
    return found


@pytest.mark.parametrize("example", ["coco_example_139099", "coco_example_4img"])
def test_examples_of_body_keypoints_score_as_published(example: str) -> None:
    folder = shared(f"evaluation/{example}")
    scores = score_files(folder / "results.json", folder / "gt.json", "coco")
    assert scores == pytest.approx(expected(example), abs=1e-6)


def test_the_whole_body_example_scores_in_all_parts_as_the_reference_evaluator() -> None:
    folder = shared("evaluation/coco_wholebody_example")
    scores = score_files(folder / "results.json", folder / "gt.json", "wholebody")
    wanted = expected("coco_wholebody_example")
    assert scores.keys() == wanted.keys()
    for part, stats in wanted.items():
        assert scores[part] == pytest.approx(stats, abs=1e-6), part


@pytest.mark.parametrize("file", ["coco_mini/annotations/person_keypoints_val2017.json"])
def test_real_ground_truth_handed_in_scores_one(file: str) -> None:
    truth = KeypointTruth(json.loads(shared(file).read_text()))
    labelled = [entry for entry in truth.content["annotations"] if entry["num_keypoints"] > 0]
    assert score_coco(truth, perfect_results(labelled)).stats == pytest.approx(dict.fromkeys(STATS, 1.0))


@settings(max_examples=25, deadline=None)
@given(seeds, st.sampled_from([0.5, 3, 12]), st.booleans())
def test_random_results_score_as_pycocotools_says(seed: int, noise_px: float, ties: bool) -> None:
    truth = some_truth(seed=seed)
    results = some_results(truth, seed=seed, noise_px=noise_px, ties=ties)
    assert score_coco(truth, results).stats == pytest.approx(official_stats(truth, results), abs=1e-12)


@settings(max_examples=10, deadline=None)
@given(seeds)
def test_a_subset_of_images_scores_as_pycocotools_says(seed: int) -> None:
    everything = some_truth(seed=seed)
    truth = KeypointTruth(everything.content, [14, 11, 12])
    results = some_results(everything, seed=seed)
    assert score_coco(truth, results).stats == pytest.approx(official_stats(truth, results), abs=1e-12)


def test_the_random_examples_are_neither_hopeless_nor_perfect() -> None:
    """Else the comparisons above would compare nothing."""
    truth = some_truth(seed=3)
    stats = score_coco(truth, some_results(truth, seed=3)).stats
    assert 0.1 < stats["AP"] < 0.9
    assert len(set(stats.values())) > 5


@settings(max_examples=10, deadline=None)
@given(seeds)
def test_the_body_part_of_whole_bodies_is_the_body_protocol(seed: int) -> None:
    truth = some_truth(seed=seed)
    rest = {"foot_kpts": 6, "face_kpts": 68, "lefthand_kpts": 21, "righthand_kpts": 21}
    unlabelled = {field: [0] * 3 * count for field, count in rest.items()}
    whole = {**truth.content, "annotations": [entry | unlabelled for entry in truth.content["annotations"]]}
    results = some_results(truth, seed=seed)
    parts = score_wholebody(KeypointTruth(whole), [entry | unlabelled for entry in results])
    assert parts["body"].stats == pytest.approx(official_stats(truth, results), abs=1e-12)
    assert parts["face"].stats == dict.fromkeys(STATS, -1.0), "no face is labelled"
