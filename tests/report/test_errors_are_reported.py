"""Tables and plots of errors: figures of the records, differences with honest intervals, nothing without data."""

from __future__ import annotations

from pathlib import Path

import cv2
import pytest

from gtpt_bench.files import write_json
from gtpt_bench.report.errors import StudyErrors, study_errors
from gtpt_bench.report.errors_caption import not_read
from gtpt_bench.report.errors_plots import draw_errors
from gtpt_bench.report.errors_table import ErrorTables
from gtpt_bench.report.write import write_report
from tests.report.made import DENSE, PRUNED, Made, csv_rows, found, make_study, read
from tests.report.made_errors import GAINS, KEYPOINTS, OUTCOMES, PLOTS, errors, make_errors

WORSE = {"dense": [errors()], "pruned": [errors(0.65, lost=(0.3, 0.4, 0.2))]}


def of(made: Made) -> StudyErrors:
    study = study_errors(made.records, made.plan.reference)
    assert study is not None
    return study


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Made:
    made = make_errors(tmp_path_factory.mktemp("study"), WORSE, PLOTS)
    write_report(made.plan, made.folder)
    return made


def row(made: Made, name: str) -> dict[str, str]:
    return next(row for row in csv_rows(made.report("errors.csv")) if row["variant"] == name)


def test_shares_and_gains_are_those_of_the_records(written: Made) -> None:
    dense = row(written, "dense")
    for outcome, count in OUTCOMES.items():
        assert float(dense[f"share_{outcome.replace(' ', '_')}"]) == pytest.approx(count)
    for kind, gain in GAINS.items():
        assert float(dense[f"ap_without_{kind}"]) == pytest.approx(70 + 100 * gain)
    assert float(dense["ap_visibility_occluded"]) == pytest.approx(60)
    assert dense["num_visibility_occluded"] == "100"
    assert float(dense["found_size_32-64_px"]) == pytest.approx(60)


def test_empty_classes_are_left_out(written: Made) -> None:
    assert not any("under_32_px" in column for column in row(written, "dense"))
    assert "under 32 px" not in written.report("errors.md").read_text()


def test_what_is_lost_is_compared_with_the_baseline(written: Made) -> None:
    dense, pruned = row(written, "dense"), row(written, "pruned")
    assert dense["lost_difference_nose"] == "–"
    differences = {keypoint: float(pruned[f"lost_difference_{keypoint}"]) for keypoint in KEYPOINTS}
    assert differences == pytest.approx({"nose": 0, "left_wrist": 10, "tail": -10})
    # every second image loses a tenth more than the mean and the others a tenth less, so the difference of 10 points
    # has a standard deviation of 1 over images, and its mean over 100 of them one of 0.1; times Student's 1.98
    assert float(pruned["lost_half_width_left_wrist"]) == pytest.approx(0.198, rel=0.1)
    assert float(pruned["lost_half_width_nose"]) == 0


def test_people_read_the_difference_beside_what_is_lost(written: Made) -> None:
    lines = [line for line in written.report("errors.md").read_text().splitlines() if line.startswith("| left")]
    assert "40.0 (+10.0 ± 0.2)" in lines[-1]
    nose = [line for line in written.report("errors.md").read_text().splitlines() if line.startswith("| nose")]
    assert nose[-1].split("|")[4].strip() == "30.0 (+0.0 ± 0.0 n.d.)"


def test_several_seeds_are_averaged_and_widen_the_interval(tmp_path: Path) -> None:
    seeds = [errors(0.6, lost=0.35), errors(0.7, lost=0.45)]
    study = of(make_errors(tmp_path, {"dense": [errors(lost=0.3), errors(lost=0.3)], "pruned": seeds}))
    pruned = study.variants["pruned"]
    assert pruned.ap == pytest.approx(65)
    assert pruned.differences["nose"].value == pytest.approx(10)
    assert pruned.differences["nose"].half_width > 5
    assert study.covers_seeds


def test_every_figure_has_its_record(written: Made) -> None:
    lines = csv_rows(written.report("errors_provenance.csv"))
    shown = [line for line in lines if line["value"] != "–"]
    assert shown
    assert all(line["origin"] == "measured" and "evaluate-" in line["files"] for line in shown)


def test_numbers_of_labels_for_people_have_their_record_too(written: Made) -> None:
    tables = ErrorTables(of(written))
    for table in (tables.kinds(), tables.classes(), tables.units(), tables.losses()):
        for cell in (cell for row in table.rows for cell in row.cells.values() if cell.value is not None):
            assert cell.origin == "measured"
            assert all("evaluate-" in file for file in cell.files)


def test_variants_read_apart_or_together_have_the_same_figures(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seeds = [errors(0.6, lost=0.35), errors(0.7, lost=0.45)]
    made = make_errors(tmp_path, {"dense": [errors(), errors(lost=0.2)], "pruned": seeds, "hard": [errors(lost=0.9)]})
    together = of(made)
    monkeypatch.setattr("gtpt_bench.report.errors.READ_AT_ONCE", 1)
    apart = of(made)
    for name, own in together.variants.items():
        assert own.lost == pytest.approx(apart.variants[name].lost)
        for unit, difference in own.differences.items():
            other = apart.variants[name].differences[unit]
            assert (difference.value, difference.half_width) == pytest.approx((other.value, other.half_width))


def test_of_very_many_evaluations_those_of_the_best_variants_are_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    variants = {"dense": DENSE, "pruned": PRUNED, "hard": {"pruning.keep_rates": [1, 0.5, 0.2, 0.1]}}
    seeds = {name: [errors(), errors()] for name in variants}
    made = make_errors(tmp_path, seeds, vary={"variants": variants})
    for name, ap in (("dense", 0.1), ("pruned", 0.5), ("hard", 0.9)):
        for run in made.plan.runs_by_variant[name]:
            file = made.folder.run(run).evaluation(run.evaluate_signature)
            content = read(file)
            write_json(file, content | {"metrics": content["metrics"] | {"AP": ap}})
    monkeypatch.setattr("gtpt_bench.report.errors.MOST_EVALUATIONS", 5)
    study = of(made)
    assert [*study.variants] == ["dense", "hard"], "what others are compared with, then the best"
    assert not_read(study) == "Of 3 variants 2 are told of, those of highest AP."


def test_captions_say_where_figures_come_from_and_what_they_mean(written: Made) -> None:
    captions = written.report("captions.md").read_text()
    for name in PLOTS:
        section = captions.partition(f"## {name}\n")[2].partition("##")[0]
        assert "gtpt\\_tiny\\_coco, 1 seed; drawn people" in section
        assert "300 labelled keypoints" in section
        assert "From 2 runs: dense-s0-" in section
    assert "images; one training seed" in captions
    assert "Ronchi & Perona" in captions.replace("&amp;", "&")


@pytest.mark.parametrize("name", PLOTS)
def test_plots_are_drawn_in_all_formats(written: Made, name: str) -> None:
    assert all(written.report(f"{name}.{suffix}").stat().st_size > 1000 for suffix in ("png", "svg", "pdf"))
    picture = cv2.imread(str(written.report(f"{name}.png")))
    assert picture is not None
    assert picture.std() > 5


def test_a_study_of_one_variant_compares_nothing(tmp_path: Path) -> None:
    made = make_errors(tmp_path, {"dense": [errors()]})
    assert draw_errors("keypoint_errors", made.plan, of(made)) is None


def test_records_without_errors_give_no_files_and_take_old_ones_away(tmp_path: Path) -> None:
    made = make_study(tmp_path, {"dense": [found(range(80))]}, report={"plots": list(PLOTS)})
    made.report("errors.md").parent.mkdir(parents=True, exist_ok=True)
    made.report("errors.md").write_text("old")
    write_report(made.plan, made.folder)
    assert not any("error" in path.name for path in made.folder.report(made.plan.label).iterdir())
