"""Captions name model, data, machine and conventions, and warn of what the numbers cannot tell."""

from __future__ import annotations

from pathlib import Path

import pytest

from gtpt_bench.report.caption import table_caption
from gtpt_bench.report.write import write_report
from tests.report.made import Made, found, make_study

TOO_LITTLE = "The models learned too little in this profile to be compared"
SMALLEST = "Smallest difference this study could see"


def caption(made: Made) -> str:
    return " ".join(table_caption(made.plan, made.records, made.accuracy))


def test_a_drawn_data_set_is_never_passed_off_as_coco(tmp_path: Path) -> None:
    made = make_study(tmp_path, {"dense": [found(range(80))], "pruned": [found(range(70))]})
    assert "This is not AP on COCO: the people are drawn." in caption(made)
    assert "100 persons in 100 images" in caption(made)


def test_a_smaller_trained_model_is_told_apart_from_the_measured_one(tmp_path: Path) -> None:
    made = make_study(tmp_path / "a", {"dense": [found(range(80))]})
    assert "AP is that of gtpt_tiny_coco, not of gtpt_t_coco" in caption(made)
    same = make_study(tmp_path / "b", {"dense": [found(range(80))]}, model="gtpt_tiny_coco")
    assert "AP is that of" not in caption(same)


def test_epochs_that_variants_change_are_all_told(tmp_path: Path) -> None:
    variants = {"short": {"training.epochs": 2}, "long": {"training.epochs": 7, "training.attention_guidance": 0}}
    evaluations = {"short": [found(range(80))], "long": [found(range(80))]}
    made = make_study(tmp_path, evaluations, vary={"variants": variants})
    assert "gtpt_tiny_coco, 2 or 7 epochs, seeds 0" in caption(made)
    assert "Some variants are trained with attention guidance" in caption(made)


def test_learning_by_heart_is_named(tmp_path: Path) -> None:
    same = {"kind": "drawn", "train": "val2017"}
    accuracy = {"model": "gtpt_tiny_coco", "data": same, "training": "quick"}
    assert "evaluated on the same images" in caption(
        make_study(tmp_path / "a", {"dense": [found(range(80))]}, accuracy=accuracy)
    )
    assert "evaluated on the same images" not in caption(make_study(tmp_path / "b", {"dense": [found(range(80))]}))


def test_time_is_told_with_batch_machine_and_packages(tmp_path: Path) -> None:
    made = make_study(tmp_path, {"dense": [found(range(80))]}, timing={"throughput_batch": 7})
    assert "batch 7, pipelined" in caption(made)
    assert "on a device, 1 threads, torch 9.9" in caption(made)


def test_the_baseline_of_n_d_is_named(tmp_path: Path) -> None:
    evaluations = {"dense": [found(range(80))], "pruned": [found(range(70))]}
    made = make_study(tmp_path, evaluations, report={"baseline": "pruned"})
    assert "n.d.: not distinguishable from pruned" in caption(made)


@pytest.mark.parametrize(("num_seeds", "words"), [(1, "counting other images only"), (2, "other training seeds")])
def test_intervals_say_whether_they_cover_seeds(tmp_path: Path, num_seeds: int, words: str) -> None:
    runs = [found(range(80)), found(range(75))][:num_seeds]
    assert words in caption(make_study(tmp_path, {"dense": runs, "pruned": runs}))


def test_one_comparison_is_not_corrected_and_several_are(tmp_path: Path) -> None:
    runs = [found(range(80))]
    single = caption(make_study(tmp_path / "a", {"dense": runs, "pruned": [found(range(70))]}))
    assert "n.d.: not distinguishable from dense at 5 %." in single
    several = caption(make_study(tmp_path / "b", {"dense": runs, "pruned": runs, "more": runs}))
    assert "n.d.: not distinguishable from dense at 5 % over all 2 comparisons here (Holm)." in several


def test_what_a_study_can_see_is_told_with_its_seeds_and_images(tmp_path: Path) -> None:
    """25 of 100 images apart: 4.33 points of error, seen at 1.98 + 0.85 of them (Student's t of 99)."""
    made = make_study(tmp_path / "a", {"dense": [found(range(75))], "pruned": [found(range(50))]})
    assert f"{SMALLEST}, with 1 seed and 100 images: 12." in caption(made)
    assert "AP ± standard deviation over seeds" not in caption(made)
    several = {"dense": [found(range(80)), found(range(76))], "pruned": [found(range(60)), found(range(57))]}
    made = make_study(tmp_path / "b", several)
    assert f"{SMALLEST}, with 2 seeds and 100 images: " in caption(made)
    assert "AP ± standard deviation over seeds." in caption(made)


def test_a_study_of_one_image_shows_differences_without_claims(tmp_path: Path) -> None:
    made = make_study(tmp_path, {"dense": [found([0], 1)], "pruned": [found([], 1)]})
    assert made.table.rows[1].cells["ap_difference"].text == "-100.0 n.d."
    assert SMALLEST not in caption(made)


def test_models_that_learned_too_little_are_said_to_be_incomparable(tmp_path: Path) -> None:
    """At AP near zero all differences vanish; that is no sign that pruning is harmless."""
    made = make_study(tmp_path, {"dense": [found(range(1))], "pruned": [found([])]})
    assert f"{TOO_LITTLE}: the best AP is 2.0 of 100, below 5." in caption(made)
    assert SMALLEST not in caption(made)


def test_one_model_that_learned_is_enough_to_compare(tmp_path: Path) -> None:
    made = make_study(tmp_path, {"dense": [found(range(1))], "pruned": [found(range(30))]})
    assert TOO_LITTLE not in caption(made)
    assert SMALLEST in caption(made)


@pytest.mark.parametrize(("num_found", "too_little"), [(4, True), (5, False)])
def test_the_border_is_five_points(tmp_path: Path, num_found: int, too_little: bool) -> None:
    """`n` of 100 people found make an AP of (n + 1) / 101, on either side of 5 points here."""
    made = make_study(tmp_path, {"dense": [found(range(num_found))], "pruned": [found(range(num_found))]})
    assert (TOO_LITTLE in caption(made)) == too_little


def test_plots_carry_the_same_warnings_as_the_table(tmp_path: Path) -> None:
    plots = ["ap_against_macs", "kept_tokens"]
    made = make_study(tmp_path, {"dense": [found(range(1))], "pruned": [found([])]}, report={"plots": plots})
    write_report(made.plan, made.folder)
    captions = made.report("captions.md").read_text(encoding="utf-8")
    for part in ("## table", "## ap_against_macs", "## kept_tokens"):
        words = captions.partition(f"{part}\n")[2].partition("\n## ")[0]
        assert TOO_LITTLE in words
        assert "This is not AP on COCO" in words
