"""Runs and studies compared from what they left: AP on the same images, times of one session, or a reason why not."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from gtpt_bench.compare.run import Compared, How, PairCompared, Part, compare
from gtpt_bench.compare.sides import Asked, side
from gtpt_bench.compare.tables import sections
from gtpt_bench.compare.time_tables import time_table
from gtpt_bench.errors import InputError
from gtpt_bench.evaluation.matches_json import matches_to_json
from gtpt_bench.files import write_json
from gtpt_bench.models import model_config
from gtpt_bench.models.gtpt.closed_form import gtpt_cost
from tests.compare.made_runs import NO_CHANGE, folder, made, write_times
from tests.report.made import NUM_IMAGES, Made, found, make_study, read

ALL: tuple[Part, ...] = ("cost", "time", "accuracy")
HALF, MOST = found(range(50)), found(range(90))


def compared(
    a: Path | str, b: Path | str, *parts: Part, set_b: Mapping[str, Any] = NO_CHANGE, measures: bool = False
) -> Compared:
    first = side(Asked(str(a), option="--set-a"), Path("nowhere"))
    second = side(Asked(str(b), set_b, "--set-b"), Path("nowhere"))
    return compare(first, second, How(parts=parts or ALL, measures=measures))


def pair(a: Path | str, b: Path | str, *parts: Part, measures: bool = False) -> PairCompared:
    return compared(a, b, *parts, measures=measures).pairs[""]


@pytest.fixture
def study(tmp_path: Path) -> Made:
    return made(tmp_path, {"dense": [MOST], "pruned": [HALF]})


def test_a_difference_beyond_its_interval_has_a_verdict(study: Made) -> None:
    """Persons found in 90 of 100 images against 50 of them: AP is that share, to a 101st."""
    dense, pruned = (folder(study, name).path for name in ("dense", "pruned"))
    result = pair(dense, pruned, "accuracy").accuracy
    assert result is not None
    assert (result.first.value, result.second.value) == (pytest.approx(90.1, abs=0.1), pytest.approx(50.5, abs=0.1))
    assert result.difference == pytest.approx(-39.6, abs=0.1)
    assert result.verdict == "lower"
    assert result.first.low < result.first.value < result.first.high
    assert not result.covers_seeds
    assert (result.num_images, result.num_people) == (NUM_IMAGES, NUM_IMAGES)
    turned = pair(pruned, dense, "accuracy").accuracy
    assert turned is not None
    assert (turned.verdict, turned.difference) == ("higher", -result.difference)


def test_the_standard_error_of_a_paired_difference_is_that_of_images_only_one_side_finds(study: Made) -> None:
    """40 of 100 images tell the two apart: √(0.4 · 0.6 / 100) = 4.9 points, times 1.96."""
    result = pair(folder(study, "dense").path, folder(study, "pruned").path, "accuracy").accuracy
    assert result is not None
    assert result.half_width == pytest.approx(1.96 * 4.9, rel=0.1)


def test_a_run_is_the_same_as_itself_in_everything(study: Made) -> None:
    run = folder(study, "dense").path
    write_times(study, {"dense": [10.0 + n for n in range(8)], "pruned": [5.0] * 8})
    result = pair(run, run)
    assert result.differing == {}
    assert result.accuracy is not None
    assert result.accuracy.verdict == "same"
    assert [(time.comparison.ratio, time.comparison.verdict) for time in result.time] == [(1, "same")] * 2
    assert result.cost is not None
    assert all(a == b for a, b in result.cost.rows.values())


def test_what_differs_between_two_runs_is_listed_by_dotted_key(study: Made) -> None:
    result = pair(folder(study, "dense").path, folder(study, "pruned").path, "accuracy")
    assert result.differing == {"model.pruning.keep_rates": ([1.0, 1.0, 1.0, 1.0], [1.0, 0.7, 0.3, 0.1])}


def test_cost_is_that_of_the_model_which_the_study_measures(study: Made) -> None:
    result = pair(folder(study, "dense").path, folder(study, "pruned").path, "cost", measures=True)
    dense, pruned = (
        gtpt_cost(model_config("gtpt_t_coco", {"pruning.keep_rates": rates}))
        for rates in ((1, 1, 1, 1), (1, 0.7, 0.3, 0.1))
    )
    assert result.cost is not None
    assert result.cost.rows["MACs full"] == (dense.full, pruned.full)
    assert result.cost.rows["MACs thop"] == (dense.thop, pruned.thop)
    assert (result.first.model, result.first.trained) == ("gtpt_t_coco", "gtpt_tiny_coco")


def test_times_of_one_session_are_compared_round_by_round(study: Made) -> None:
    """The machine slows down by half on the way; B takes 0.8 of A's time in every round."""
    drift = [10.0 + n for n in range(10)]
    write_times(study, {"dense": drift, "pruned": [0.8 * ms for ms in drift]})
    latency, throughput = pair(folder(study, "dense").path, folder(study, "pruned").path, "time").time
    assert (latency.quantity, latency.batch, throughput.quantity, throughput.batch) == ("latency", 1, "throughput", 8)
    for time in (latency, throughput):
        assert time.comparison.verdict == "faster"
        assert time.comparison.ratio == pytest.approx(0.8)
        assert (time.comparison.low, time.comparison.high) == (pytest.approx(0.8), pytest.approx(0.8))
    assert latency.call_ms == (pytest.approx(14.5), pytest.approx(11.6))
    assert throughput.images_per_s[0] == pytest.approx(1000 / 14.5)
    assert latency.source.endswith(study.folder.timing(study.plan.timing).name if study.plan.timing else "")


def test_too_few_rounds_to_know_are_ambiguous(study: Made) -> None:
    write_times(study, {"dense": [10.0] * 5, "pruned": [5.0] * 5})
    result = pair(folder(study, "dense").path, folder(study, "pruned").path, "time")
    assert result.time[0].comparison.verdict == "ambiguous"
    shown = time_table(result)
    assert shown.rows[0][-2:] == ("0.500 (0.500–0.500)", "ambiguous")
    assert "latency: 5 undisturbed rounds, and a verdict takes 6" in shown.notes, "why such an interval is no verdict"


@pytest.mark.parametrize("share", [0.0, 0.5])
def test_a_record_beside_itself_is_the_same_however_few_its_rounds(study: Made, share: float) -> None:
    write_times(study, {"dense": [10.0] * 5, "pruned": [5.0] * 5}, waited_share={"dense": [share] * 5})
    result = pair(folder(study, "dense").path, folder(study, "dense").path, "time")
    assert [time.comparison.verdict for time in result.time] == ["same", "same"]
    shown = time_table(result)
    assert shown.rows[0][-2:] == ("1.000 (1.000–1.000)", "same (same records)")
    assert not any("a verdict takes" in note for note in shown.notes)


def test_recorded_rounds_in_which_others_had_the_cores_are_set_aside(study: Made) -> None:
    """In the first three rounds B seems twice as slow as A; undisturbed it takes half of A's time."""
    times = {"dense": [10.0] * 9, "pruned": [20.0] * 3 + [5.0] * 6}
    write_times(study, times, waited_share={"pruned": [0.5] * 3 + [0.001] * 6})
    for time in pair(folder(study, "dense").path, folder(study, "pruned").path, "time").time:
        assert (time.comparison.verdict, time.comparison.num_rounds) == ("faster", 6)
        assert time.comparison.ratio == pytest.approx(0.5)
        assert time.images_per_s[1] == pytest.approx(200)


def test_where_too_few_recorded_rounds_were_left_alone_no_winner_is_named(study: Made) -> None:
    write_times(study, {"dense": [10.0] * 9, "pruned": [5.0] * 9}, waited_share={"dense": [0.5] * 4 + [0.0] * 5})
    result = pair(folder(study, "dense").path, folder(study, "pruned").path, "time")
    assert [time.comparison.verdict for time in result.time] == ["ambiguous"] * 2
    assert result.time[0].comparison.ratio == pytest.approx(0.5)
    assert "latency: 5 undisturbed rounds, and a verdict takes 6" in time_table(result).notes


def test_recorded_costs_are_compared_as_they_were_recorded(study: Made) -> None:
    result = pair(folder(study, "dense").path, folder(study, "pruned").path, "cost")
    assert result.cost is not None
    assert result.cost.rows["MACs full"] == (3 * 10**9, 6 * 10**9), "what made.py writes, whatever a count of now says"
    assert result.cost.verdict == "other"


def test_a_run_without_a_recorded_time_says_so(tmp_path: Path) -> None:
    study = made(tmp_path, {"dense": [HALF]}, measured=False)
    run = folder(study, "dense").path
    result = pair(run, run, "time")
    assert (result.time, result.no_time) == ((), f"no session of latency and images/s is recorded for {run}")


def test_recorded_times_say_nothing_of_another_way_of_running(study: Made) -> None:
    run = folder(study, "dense").path
    result = compared(run, run, "time", set_b={"run.form": "deployed"}).pairs[""]
    assert result.time == ()
    assert "recorded times are of plain models" in result.no_time
    assert result.differing == {"run.form": ("trained", "deployed")}


def test_a_run_that_is_not_evaluated_has_no_accuracy(study: Made) -> None:
    job, run = folder(study, "pruned"), study.run("pruned")
    record = read(job.evaluation(run.evaluate_signature)) | {"step": "train", "signature": run.train_signature}
    write_json(job.train_record, record)
    job.evaluation(run.evaluate_signature).unlink()
    result = pair(folder(study, "dense").path, job.path)
    assert result.accuracy is None
    assert result.no_accuracy == f"{job.path} is not evaluated"
    assert result.cost is not None, "what can be compared is"


def test_a_run_taken_out_of_its_study_is_compared_as_the_model_it_is(study: Made, tmp_path: Path) -> None:
    alone = folder(study, "dense").path.rename(tmp_path / "alone")
    result = pair(alone, alone)
    assert result.cost is not None
    tiny = model_config("gtpt_tiny_coco", {"pruning.keep_rates": (1, 1, 1, 1)})
    assert result.cost.rows["MACs full"][0] == gtpt_cost(tiny).full
    assert result.accuracy is not None


def test_of_two_evaluations_the_newer_one_counts(study: Made) -> None:
    job, run = folder(study, "pruned"), study.run("pruned")
    newer = read(job.evaluation(run.evaluate_signature)) | {"started_at": "2026-02-01T00:00:00+00:00"}
    write_json(job.evaluation("f" * 64), newer | {"signature": "f" * 64})
    write_json(job.matches("f" * 64), matches_to_json(MOST))
    result = pair(folder(study, "dense").path, job.path, "accuracy").accuracy
    assert result is not None
    assert result.difference == 0


def test_ap_on_other_drawings_is_refused_with_what_differs(tmp_path: Path) -> None:
    usual = made(tmp_path / "a", {"dense": [HALF]})
    data = {"kind": "drawn", "drawing": {"seed": 5}}
    accuracy = {"model": "gtpt_tiny_coco", "data": data, "training": "quick"}
    other = made(tmp_path / "b", {"dense": [HALF]}, accuracy=accuracy)
    runs = folder(usual, "dense").path, folder(other, "dense").path
    with pytest.raises(InputError, match=r"on different data \(seed 0 and 5\)"):
        compared(*runs)
    assert compared(*runs, "cost").pairs[""].cost is not None


def test_more_training_pictures_are_no_other_data(tmp_path: Path) -> None:
    usual = made(tmp_path / "a", {"dense": [HALF]})
    data = {"kind": "drawn", "drawing": {"num_train_images": 5}}
    accuracy = {"model": "gtpt_tiny_coco", "data": data, "training": "quick"}
    other = made(tmp_path / "b", {"dense": [HALF]}, accuracy=accuracy)
    result = pair(folder(usual, "dense").path, folder(other, "dense").path, "accuracy")
    assert result.accuracy is not None
    assert list(result.differing) == ["data.drawing.num_train_images"]


def test_other_persons_under_the_same_name_are_noticed(study: Made) -> None:
    job, run = folder(study, "pruned"), study.run("pruned")
    crowded = found(range(50))
    crowded.num_truths[3] = 2
    write_json(job.matches(run.evaluate_signature), matches_to_json(crowded))
    with pytest.raises(InputError, match="persons in the images"):
        pair(folder(study, "dense").path, job.path, "accuracy")


def test_studies_are_compared_variant_by_variant_over_all_seeds(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    seeds = [found(sorted(rng.choice(100, 50 + n, replace=False).tolist())) for n in range(3)]
    first = made(tmp_path / "a", {"dense": seeds, "old": seeds})
    second = made(tmp_path / "b", {"dense": seeds[::-1], "new": seeds})
    result = compared(first.folder.path, second.folder.path)
    assert list(result.pairs) == ["dense"]
    assert result.alone == (("old",), ("new",))
    accuracy = result.pairs["dense"].accuracy
    assert accuracy is not None
    assert accuracy.num_seeds == (3, 3)
    assert accuracy.covers_seeds
    assert (accuracy.difference, accuracy.verdict) == (pytest.approx(0), "not distinguishable")


def test_what_no_variant_has_is_said_once_and_else_of_whom(tmp_path: Path) -> None:
    study = made(tmp_path, {"dense": [HALF], "late": []}, measured=False)
    path = study.folder.path
    notes = [*sections(compared(path, path, "time", "accuracy"))][1].notes
    assert notes[0] == (
        f"time is not compared: no session of latency and images/s is recorded for {path}; --measure times the models "
        "now"
    )
    assert sum("is not compared" in note for note in notes) == 2
    assert notes[1].startswith("accuracy of late is not compared: ")


def test_a_study_is_found_by_its_name_among_the_results(study: Made) -> None:
    results = study.folder.path.parent
    assert side(Asked("made"), results).kind == "study"


def test_studies_without_a_common_variant_are_refused(tmp_path: Path) -> None:
    a, b = (made(tmp_path / name, {name: [HALF]}) for name in "ab")
    with pytest.raises(InputError, match=r"no variant in common \(a; b\)"):
        compared(a.folder.path, b.folder.path)


def test_records_of_another_version_are_refused(study: Made) -> None:
    job, run = folder(study, "dense"), study.run("dense")
    record = read(job.evaluation(run.evaluate_signature))
    record["config"]["model"]["no_such_key"] = 1
    write_json(job.evaluation(run.evaluate_signature), record)
    with pytest.raises(InputError, match="come from another version"):
        pair(job.path, job.path)


def test_a_run_cannot_be_changed_but_in_how_it_is_run(study: Made) -> None:
    run = folder(study, "dense").path
    with pytest.raises(InputError, match=r"--set-b width: .* is a run, whose config is fixed"):
        compared(run, run, set_b={"width": 64})


@pytest.mark.parametrize("name", ["empty", "no/such/folder", "a file"])
def test_folders_that_hold_no_results_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.chdir(tmp_path)
    Path("empty").mkdir()
    Path("a file").touch()
    with pytest.raises(InputError, match=f"{name} is "):
        compared(name, "gtpt_t_coco")


def test_a_run_is_not_compared_with_a_study_or_a_model(study: Made) -> None:
    run = folder(study, "dense").path
    with pytest.raises(InputError, match=r"is a run and .* is a study"):
        compared(run, study.folder.path)
    with pytest.raises(InputError, match="is a run and gtpt_t_coco is a model"):
        compared(run, "gtpt_t_coco")


def test_records_without_a_config_are_refused(tmp_path: Path) -> None:
    study = make_study(tmp_path, {"dense": [HALF]})
    with pytest.raises(InputError, match="are broken or come from another version"):
        compared(folder(study, "dense").path, "gtpt_t_coco")
