"""Kept tokens in a report: figures of the records, plots, and pictures of people that need neither model nor torch."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

from gtpt_bench.config import RunConfig
from gtpt_bench.data.config import CocoData, DrawnData
from gtpt_bench.data.crop import crop_matrix, frame_of_box, warp
from gtpt_bench.data.drawn.config import DrawnConfig
from gtpt_bench.data.drawn.make import make_drawn_dataset
from gtpt_bench.data.images import read_image
from gtpt_bench.models import model_config
from gtpt_bench.report.records import Found
from gtpt_bench.report.tokens import MOST_VARIANTS, RunTokens, study_tokens
from gtpt_bench.report.tokens_gallery import MOST_PEOPLE, pictures
from gtpt_bench.report.tokens_table import everything_table, stage_table
from gtpt_bench.report.write import write_report
from tests.report.made import PRUNED, Made, csv_rows
from tests.report.made_tokens import LABELS, make_tokens, stages, survival

HITS, MORE_HITS = (50, 40, 30, 20), (50, 44, 34, 24)
PLOTS = {"plots": ["token_survival", "survival_maps"]}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    both = [survival(*HITS, persons=1), survival(*MORE_HITS)]
    made = make_tokens(tmp_path_factory.mktemp("study"), {"pruned": both}, report=PLOTS)
    write_report(made.plan, made.folder)
    return made


def test_tables_show_the_means_of_the_records_over_seeds(made: Made) -> None:
    tokens = study_tokens(made.plan, made.folder, made.records)
    table = stage_table(tokens)
    cells = {row.name: {key: cell.value for key, cell in row.cells.items()} for row in table.rows}
    assert cells["stage 2"] == {"kept: pruned": pytest.approx(100 * 33 / 48), "survived: pruned": pytest.approx(84)}
    assert cells["stage 4, head"] == {
        "kept: pruned": pytest.approx(100 * 4 / 48),
        "survived: pruned": pytest.approx(100 * (20 + 24) / 2 / LABELS),
    }
    assert [*cells] == ["stage 2", *(f"stage {s}, {g.name}" for s in (3, 4) for g in stages().groups)]
    assert "| stage 4, head | 8.3 | 44.0 |" in made.report("tokens.md").read_text()


def test_programs_find_every_keypoint_and_the_record_it_comes_from(made: Made) -> None:
    (row,) = csv_rows(made.report("tokens.csv"))
    assert float(row["survived: stage 3, left_wrist"]) == pytest.approx(64)
    tokens = study_tokens(made.plan, made.folder, made.records)
    for cell in everything_table(tokens).rows[0].cells.values():
        assert cell.origin == "measured"
        assert all((made.folder.path / file).is_file() for file in cell.files)
    traced = csv_rows(made.report("tokens_provenance.csv"))
    assert len(traced) == len(row) - 2
    assert all("evaluate-" in line["files"] and line["origin"] == "measured" for line in traced)


def test_both_plots_are_drawn_with_their_runs_in_the_caption(made: Made) -> None:
    captions = made.report("captions.md").read_text()
    for name in PLOTS["plots"]:
        picture = cv2.imread(str(made.report(f"{name}.png")))
        assert picture is not None
        assert picture.std() > 5
        section = captions.partition(f"## {name}")[2].partition("## ")[0]
        assert "From 2 runs: pruned-s0-" in section
        assert "drawn people" in section
    assert "chance" in captions
    assert "250 of head, 300 of upper limbs, 300 of lower limbs" in captions


def test_evaluations_without_a_record_are_named_and_nothing_else_changes(tmp_path: Path) -> None:
    rates = {"dense": [1, 1, 1, 1], "pruned": [1, 0.7, 0.3, 0.1], "older": [1, 0.7, 0.5, 0.3]}
    vary = {"variants": {name: {"pruning.keep_rates": kept} for name, kept in rates.items()}}
    made = make_tokens(tmp_path, {"pruned": [survival(*HITS)], "older": [None]}, report={"plots": []}, vary=vary)
    tokens = study_tokens(made.plan, made.folder, made.records)
    assert [*tokens.variants] == ["pruned"]
    assert tokens.not_recorded == ("older",), "a variant that keeps all its tokens has nothing to record"
    write_report(made.plan, made.folder)
    assert "Not recorded: older" in made.report("tokens.md").read_text()


def test_without_any_record_there_is_nothing_about_tokens(tmp_path: Path) -> None:
    made = make_tokens(tmp_path, {"pruned": [None]}, report=PLOTS)
    left = made.report("tokens")
    left.mkdir(parents=True)
    (left / "pruned-s0-1.png").write_bytes(b"of an earlier report")
    made.report("tokens.md").write_text("of an earlier report")
    write_report(made.plan, made.folder)
    assert not [*made.report(".").glob("token*.*")]
    assert not [*left.iterdir()]
    assert "Not drawn: no evaluation recorded" in made.report("captions.md").read_text()


def test_of_many_variants_the_best_are_shown(tmp_path: Path) -> None:
    many = {f"v{n:02}": [survival(*HITS)] for n in range(MOST_VARIANTS + 3)}
    made = make_tokens(tmp_path, many)
    tokens = study_tokens(made.plan, made.folder, made.records)
    assert (len(tokens.variants), tokens.num_more) == (MOST_VARIANTS, 3)


# Pictures


def test_a_gallery_lies_in_the_report_with_captions_by_file_name(made: Made) -> None:
    folder = made.report("tokens")
    captions = json.loads((folder / "captions.json").read_text())
    assert [*captions] == ["pruned-s0-1.png"] == [path.name for path in folder.glob("*.png")]
    assert "What pruned (seed 0) keeps of person 1 of 1" in captions["pruned-s0-1.png"]
    assert "evaluate-" in captions["pruned-s0-1.png"]
    assert "## pruned-s0-1\n" in (folder / "captions.md").read_text()


def run_tokens(data: CocoData | DrawnData, persons: int = 1, image_id: int = 3001) -> tuple[RunTokens, RunConfig]:
    config = RunConfig(model=model_config("gtpt_tiny_coco", PRUNED), data=data)
    recorded = survival(*HITS, persons=persons, image_id=image_id)
    return RunTokens(0, Found({}, "run/evaluate-1.json"), recorded), config


def test_drawn_people_are_drawn_again_as_the_model_saw_them(tmp_path: Path) -> None:
    """But for what JPEG does to the file."""
    drawing = DrawnConfig(num_train_images=1, num_val_images=2, width=256, height=192)
    make_drawn_dataset(tmp_path / "drawn", drawing, num_workers=1)
    run, config = run_tokens(DrawnData(drawing=drawing), image_id=3)  # the second of the validation split
    (picture,) = pictures("pruned", run, config)
    image, size = read_image(tmp_path / "drawn" / "images" / "val2017" / "000000000003.jpg"), config.model.input_size
    person = run.survival.persons[0]
    seen = warp(image, crop_matrix(frame_of_box(np.asarray(person.box, np.float32), size), size), size)
    assert np.abs(seen.astype(int) - picture.crop.picture).mean() < 6
    assert np.abs(seen.astype(int) - picture.crop.picture.mean()).mean() > 12, "it is a picture, not a plane"


def test_photographs_stay_where_they_are() -> None:
    (picture,) = pictures("pruned", *run_tokens(CocoData()))
    assert len(np.unique(picture.crop.picture)) == 1
    assert "the photograph is not part of a report" in picture.caption


def test_a_handful_of_people_is_enough() -> None:
    assert len([*pictures("pruned", *run_tokens(CocoData(), persons=MOST_PEOPLE + 2))]) == MOST_PEOPLE


def test_reports_need_no_torch() -> None:
    script = "import sys, gtpt_bench.report.write, gtpt_bench.data.drawn.scene; print('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", script], capture_output=True, text=True).stdout == "False\n"
