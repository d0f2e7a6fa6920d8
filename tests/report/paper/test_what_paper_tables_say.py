"""What a paper's table shows of a figure: reported or measured, how far off, how sure, the best, or why not there."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from gtpt_bench.files import write_json, write_text
from gtpt_bench.models import model_config
from gtpt_bench.models.gtpt.closed_form import gtpt_cost
from gtpt_bench.report.cells import Cell
from gtpt_bench.report.paper.contents import RebuiltTable, paper_contents
from gtpt_bench.report.paper.files import paper_files
from gtpt_bench.report.paper.models import rounding_percent
from tests.report.made import found, read, write_evaluation, write_measurements
from tests.report.paper.made_paper import ABLATIONS, made_ablations, made_models, measured_models

T, S = "gtpt_t_coco", "gtpt_s_coco"
PAPER = [
    {"method": "GTPT-T", "model": T, "gflops": "0.7", "params_m": "2.4", "AP": "71.1"},
    {"method": "GTPT-S", "model": S, "gflops": "1.9", "params_m": "5.4", "AP": "73.6"},
]


def row(contents: RebuiltTable, name: str) -> dict[str, Cell]:
    return dict(next(row.cells for row in contents.table.rows if row.name == name))


def notes(contents: RebuiltTable) -> str:
    return " ".join(contents.notes)


def test_reported_and_measured_stand_apart_with_the_deviation(tmp_path: Path) -> None:
    contents = measured_models(tmp_path, PAPER, {T: [10.0] * 8, S: [20.0] * 8}).contents
    cells, cost = row(contents, "GTPT-S"), gtpt_cost(model_config(S))
    assert (cells["gflops_reported"].origin, cells["macs_full_g"].origin) == ("reported", "measured")
    assert cells["params_deviation_percent"].value == pytest.approx(100 * (cost.params / 5.4e6 - 1))
    assert cells["macs_full_deviation_percent"].value == pytest.approx(100 * (cost.full / 1.9e9 - 1))
    assert cells["deviation"].text == "-0.1", "1.757 G by the nearest way of counting, rounded as printed"
    assert cells["counted_as"].text.startswith("none; nearest ")
    assert row(contents, "GTPT-T")["deviation"].text == "0"


@pytest.mark.parametrize(("figure", "percent"), [("0.2", 25), ("1.6", 3.125), ("34", 100 / 68), ("68.6", 0.0729)])
def test_how_far_rounding_alone_may_take_a_figure(figure: str, percent: float) -> None:
    assert rounding_percent(figure) == pytest.approx(percent, rel=1e-3)


def test_digits_of_a_time_follow_its_error(tmp_path: Path) -> None:
    calm, wild = [10.00, 10.01, 10.02, 10.01, 10.00, 10.02], [20.0, 26.0, 23.0, 20.0, 27.0, 22.0]
    contents = measured_models(tmp_path, PAPER, {T: calm, S: wild}).contents
    assert row(contents, "GTPT-T")["latency_ms"].text == "10.01 ± 0.01"
    assert row(contents, "GTPT-S")["latency_ms"].text == "22.5 ± 1.9"


def test_the_best_is_bold_and_who_may_be_as_fast_is_marked(tmp_path: Path) -> None:
    """The rounds of both lie about each other."""
    drift = [10.0 + n for n in range(8)]
    beside = [drift[n] * (1.01 if n % 2 else 0.995) for n in range(8)]
    contents = measured_models(tmp_path, PAPER, {T: drift, S: beside}).contents
    cells = {name: row(contents, name)["latency_ms"] for name in ("GTPT-T", "GTPT-S")}
    best, other = sorted(cells.values(), key=lambda cell: cell.value or 0)
    assert (best.best, other.best) == (True, False)
    assert other.text.endswith(" n.d.")
    assert "n.d. after a time" in notes(contents)
    assert row(contents, "GTPT-T")["macs_full_g"].best
    assert not row(contents, "GTPT-S")["macs_full_g"].best
    assert row(contents, "GTPT-S")["ap_reported"].best


def test_twice_as_slow_in_every_round_is_no_doubt_even_where_others_had_the_cores(tmp_path: Path) -> None:
    models = measured_models(tmp_path, PAPER, {T: [10.0] * 8, S: [20.0] * 8})
    timing = models.audit.plan.timing
    assert timing
    path = models.audit.folder.timing(timing)
    record = read(path)
    for samples in record["samples"].values():
        samples["waited_share"] = [0.5] * 8
    write_json(path, record)
    assert "n.d." not in row(models.contents, "GTPT-S")["latency_ms"].text


def test_what_was_never_measured_says_so_in_every_row(tmp_path: Path) -> None:
    models = made_models(tmp_path, PAPER, T, S)
    for name in ("GTPT-T", "GTPT-S"):
        cells = row(models.contents, name)
        for key in ("params_m", "macs_full_g", "in_convention_g", "latency_ms", "throughput"):
            assert (cells[key].text, cells[key].origin) == ("not measured", "missing")
        assert cells["params_reported_m"].value
    assert "Without result: cost not measured (every row); time not measured (every row)." in notes(models.contents)


def test_what_failed_is_called_failed(tmp_path: Path) -> None:
    models = made_models(tmp_path, PAPER, T, S)
    folder, label = models.audit.folder, models.audit.plan.label
    write_json(folder.measuring("timing", label).error, {"reason": "out of memory"})
    assert row(models.contents, "GTPT-T")["latency_ms"].text == "failed"
    assert "timing failed out of memory (every row)" in notes(models.contents)


def test_a_record_that_no_longer_fits_the_study_is_stale(tmp_path: Path) -> None:
    """The study asks for another model under the same name, and for other rounds."""
    models = measured_models(tmp_path, PAPER, {T: [10.0] * 8, S: [20.0] * 8})
    file = models.folders.studies / "audit.yaml"
    text = file.read_text(encoding="utf-8").replace("timing: {}", "timing: {min_rounds: 7}")
    changed = text.replace(f"- {S}", f"- {S}: {{model: {S}, changes: {{pruning.keep_rates: [1, 1, 1, 1]}}}}")
    assert text != changed
    write_text(file, changed)
    contents = models.contents
    assert row(contents, "GTPT-T")["latency_ms"].text == "stale"
    assert row(contents, "GTPT-T")["macs_full_g"].origin == "measured"
    (other,) = (r.cells for r in contents.table.rows if r.cells["macs_full_g"].text == "stale")
    assert other["params_m"].value is None
    assert "belongs to an earlier version of the study or of the step" in notes(contents)


def test_notes_say_how_on_what_and_by_which_code(tmp_path: Path) -> None:
    words = notes(measured_models(tmp_path, PAPER, {T: [10.0] * 8, S: [20.0] * 8}).contents)
    said = "float32; batch 8; 1 threads; 8 rounds; thop:; full:; Measured by code 0123456789; without seeds; a data set"
    assert [part for part in said.split("; ") if part not in words] == []


def test_effects_that_a_paper_reports_stand_beside_measured_changes(tmp_path: Path) -> None:
    made, folders = made_ablations(tmp_path, [{"method": "pruning", "macs": -44}, {"method": "the same", "ap": 0.9}])
    write_measurements(made)
    (contents,) = paper_contents(folders, (ABLATIONS,))
    cells = row(contents, "pruned")
    assert (cells["macs_effect_reported_percent"].text, cells["ap_effect_reported"].text) == ("-44", "+0.9")
    assert cells["macs_thop_change_percent"].value == 100, "made.py writes 2 and 4 million million"
    assert cells["macs_effect_deviation"].value == 144
    assert "ap" not in {column.key for column in contents.table.columns}
    assert "drawn" not in " ".join(column.group for column in contents.table.columns)
    assert "No AP of the full-size model was measured" in notes(contents)


def test_ap_on_real_images_is_found_though_they_are_not_at_hand(tmp_path: Path) -> None:
    """Their hashes, which signatures of runs hold, are known to the kept plan alone."""
    made, folders = made_ablations(tmp_path, [{"method": "pruning", "macs": -44}], data="coco")
    write_measurements(made)
    runs = tuple(
        run.model_copy(update={"train_signature": f"{n}" * 64, "evaluate_signature": f"{n + 4}" * 64})
        for n, run in enumerate(made.plan.runs)
    )
    kept = replace(made, plan=made.plan.model_copy(update={"runs": runs}))
    for place, run in enumerate(kept.plan.runs):
        write_evaluation(kept, run, found(range(80 - place)))
    write_text(kept.folder.plan(kept.plan.label), kept.plan.model_dump_json())
    (contents,) = paper_contents(folders, (ABLATIONS,))
    groups = {column.key: column.group for column in contents.table.columns}
    assert groups["ap"] == "AP on COCO, measured"
    assert row(contents, "dense")["ap"].value == pytest.approx(79.7, abs=0.5)
    assert "No AP of the full-size model" not in notes(contents)


def test_ap_on_drawings_has_a_group_of_its_own_that_says_what_it_is(tmp_path: Path) -> None:
    made, folders = made_ablations(tmp_path, [{"method": "pruning", "macs": -44}])
    write_measurements(made)
    for seed in (0, 1):
        for variant, people in (("dense", 80), ("pruned", 60)):
            write_evaluation(made, made.run(variant, seed), found(range(people - seed)))
    (contents,) = paper_contents(folders, (ABLATIONS,))
    groups = {column.key: column.group for column in contents.table.columns}
    assert groups["ap"] == groups["ap_difference"] == "drawn people, gtpt_tiny_coco: not COCO"
    assert "This is not AP on COCO: the people are drawn." in notes(contents)
    document = paper_files([contents])["effects"]["effects.md"]
    assert "drawn people, gtpt\\_tiny\\_coco: not COCO: AP" in document
