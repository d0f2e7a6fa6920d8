"""AP and AR equal pycocotools' and those of published and independently measured examples."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gtpt_bench.errors import DataError
from gtpt_bench.evaluation.coco import STATS, score_coco
from gtpt_bench.evaluation.entries import KeypointTruth
from gtpt_bench.evaluation.score import score_files
from gtpt_bench.evaluation.wholebody import FIELD_SIZES, FIELDS, SCORED_PARTS, hand_mean, score_wholebody
from gtpt_bench.keypoints import WHOLEBODY
from tests.data.coco_folder import annotation, content, image_entry, shared
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
    assert scores.keys() == {*wanted, "hand"}
    for part, stats in wanted.items():
        assert scores[part] == pytest.approx(stats, abs=1e-6), part


def test_the_hand_is_the_mean_of_left_and_right() -> None:
    folder = shared("evaluation/coco_wholebody_example")
    scores = score_files(folder / "results.json", folder / "gt.json", "wholebody")
    expected_hand = {name: (scores["lefthand"][name] + scores["righthand"][name]) / 2 for name in STATS}
    assert scores["hand"] == pytest.approx(expected_hand)
    assert min(scores["hand"].values()) >= 0


def test_a_hand_without_its_pair_has_no_mean() -> None:
    left, none = dict.fromkeys(STATS, 0.5), dict.fromkeys(STATS, -1.0)
    assert hand_mean({"lefthand": left, "righthand": none}) == none


@pytest.mark.parametrize("part", ["body", "foot", "face", "lefthand", "righthand"])
def test_parts_are_ranked_by_their_own_score_where_given_and_the_body_by_the_persons(part: str) -> None:
    """Of two results for one person the second is perfect; a low score of a part puts it last in that part alone."""
    person = annotation(1, 1, box=(50, 40, 80, 120), keypoint_set=WHOLEBODY)
    good = perfect_results([person])[0] | {"score": 0.9}
    far = {field: [value + 500 for value in good[field]] for field in FIELD_SIZES}
    truth = KeypointTruth(content([image_entry(1)], [person]))
    results = [good | far | {"score": 0.5, f"{part}_score": 0.5}, good | {f"{part}_score": 0.1}]
    found = {name: scores.stats["AP"] for name, scores in score_wholebody(truth, results).items()}
    assert found == pytest.approx({name: 0.5 if name == part != "body" else 1.0 for name in found})


def test_a_score_that_only_some_results_give_a_part_is_an_error() -> None:
    person = annotation(1, 1, keypoint_set=WHOLEBODY)
    truth = KeypointTruth(content([image_entry(1)], [person]))
    one, other = perfect_results([person]) * 2
    with pytest.raises(DataError, match=r"^the results: entry 1 has no face_score, and others have; give all or none$"):
        score_wholebody(truth, [one | {"face_score": 0.3}, other])


@pytest.mark.parametrize(
    "file",
    [
        "coco_mini/annotations/person_keypoints_val2017.json",
        "evaluation/coco_val2017_part/person_keypoints_val2017_part.json",
    ],
)
def test_real_ground_truth_handed_in_scores_one(file: str) -> None:
    truth = KeypointTruth(json.loads(shared(file).read_text()))
    labelled = [entry for entry in truth.content["annotations"] if entry["num_keypoints"] > 0]
    results = perfect_results(labelled)
    found = score_coco(truth, results).stats
    assert (found["AP"], found["AR"]) == pytest.approx((1, 1))
    assert found == pytest.approx(official_stats(truth, results), abs=1e-9)


def test_real_whole_bodies_handed_in_score_one_in_every_part() -> None:
    """With one score for all parts they do not quite: a hand that nobody labelled, predicted near people whose hands
    are labelled, may be counted as a false alarm, and only a score of its own puts it last."""
    truth = KeypointTruth(json.loads(shared("coco_mini/annotations/coco_wholebody_val_v1.0.json").read_text()))
    results = [
        perfect | {f"{part}_score": float(max(person[FIELDS[part]][2::3]) > 0) for part in SCORED_PARTS}
        for person in truth.content["annotations"]
        for perfect in perfect_results([person])
    ]
    for part, scores in score_wholebody(truth, results).items():
        assert (scores.stats["AP"], scores.stats["AR"]) == pytest.approx((1, 1)), part


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
