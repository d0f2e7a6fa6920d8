"""Plots: all formats, the same bytes for the same data, and the figures of the table."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import cv2
import pytest

from gtpt_bench.report.plots import draw, points
from gtpt_bench.report.write import write_report
from tests.report.made import Made, found, make_study, plan_study

EVALUATIONS = {"dense": [found(range(80))], "pruned": [found(range(70))]}
PLOTS = {"plots": ["ap_against_macs", "kept_tokens"]}
BEGINNINGS = {"png": b"\x89PNG\r\n\x1a\n", "svg": b"<?xml", "pdf": b"%PDF-"}


def plots(made: Made) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in write_report(made.plan, made.folder).plots}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    return make_study(tmp_path_factory.mktemp("study"), EVALUATIONS, report=PLOTS)


@pytest.fixture(scope="module")
def first(made: Made) -> dict[str, bytes]:
    return plots(made)


def test_each_plot_comes_in_three_formats(first: dict[str, bytes]) -> None:
    assert {*first} == {f"{name}.{suffix}" for name in ("ap_against_macs", "kept_tokens") for suffix in BEGINNINGS}
    for name, content in first.items():
        assert content.startswith(BEGINNINGS[name.rpartition(".")[2]])


def test_pictures_are_not_blank(made: Made, first: dict[str, bytes]) -> None:
    for name in first:
        if name.endswith(".png"):
            picture = cv2.imread(str(made.report(name)))
            assert picture is not None
            assert min(picture.shape[:2]) > 300
            assert picture.std() > 5


def test_the_same_records_give_the_same_bytes(made: Made, first: dict[str, bytes]) -> None:
    assert plots(made) == first


def test_another_process_at_another_time_gives_the_same_bytes(made: Made, first: dict[str, bytes]) -> None:
    script = (
        "import sys; from pathlib import Path; from gtpt_bench.report.write import write_report\n"
        "from gtpt_bench.study.session import last_plan; from gtpt_bench.study.store import StudyFolder\n"
        "folder = StudyFolder(Path(sys.argv[1])); write_report(last_plan(folder), folder)"
    )
    made.folder.plan(made.plan.label).write_text(made.plan.model_dump_json(), encoding="utf-8")
    for name in first:
        made.report(name).unlink()
    env = {**os.environ, "PYTHONHASHSEED": "7", "SOURCE_DATE_EPOCH": "0"}
    subprocess.run([sys.executable, "-c", script, str(made.folder.path)], check=True, env=env)
    assert {name: made.report(name).read_bytes() for name in first} == first


def test_other_figures_give_another_picture(tmp_path: Path, first: dict[str, bytes]) -> None:
    other = plots(make_study(tmp_path, {"dense": [found(range(80))], "pruned": [found(range(60))]}, report=PLOTS))
    assert all(other[name] != content for name, content in first.items())


def test_points_are_cells_of_the_table_by_growing_x(made: Made) -> None:
    shown = points(made.table, "trained_macs_full_m", "ap")
    assert [point.x for point in shown] == sorted(point.x for point in shown)
    rows = {row.name: row.cells for row in made.table.rows}
    for point in shown:
        assert (point.x, point.y) == (rows[point.name]["trained_macs_full_m"].value, rows[point.name]["ap"].value)


def test_reported_methods_are_not_drawn_among_measured_variants(tmp_path: Path) -> None:
    paper = {"method": "Their net", "gflops": 1.0, "params_m": 1.0, "AP": 70.0, "AR": 70.0, "source": "a paper"}
    table = make_study(tmp_path, EVALUATIONS, reported=[paper]).table
    assert {point.name for point in points(table, "macs_thop_g", "ap")} == {"dense", "pruned"}


def test_a_plot_without_data_is_not_drawn(tmp_path: Path) -> None:
    made = plan_study(tmp_path, {"dense": 1})
    assert all(draw(name, made.plan, made.table, made.accuracy) is None for name in ("ap_against_macs", "kept_tokens"))


def test_only_plots_that_the_study_names_are_drawn(tmp_path: Path) -> None:
    made = make_study(tmp_path, EVALUATIONS, report={"plots": ["kept_tokens"]})
    assert {name.partition(".")[0] for name in plots(made)} == {"kept_tokens"}


def test_no_figure_is_left_open(made: Made) -> None:
    import matplotlib.pyplot as plt

    plots(made)
    assert not plt.get_fignums()
