"""Plots: all formats, the same bytes for the same data, and the figures of the table."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import cv2
import matplotlib.pyplot as plt
import pytest

from gtpt_bench.report.contents import contents
from gtpt_bench.report.plots.by_name import draw
from gtpt_bench.report.plots.material import Drawn, Material, NotDrawn
from gtpt_bench.report.plots.points import points
from gtpt_bench.report.write import write_report
from tests.report.made import Made, found, make_study, plan_study
from tests.report.made_plots import drawn_texts, make_plotted, material

EVALUATIONS = {"dense": [found(range(80))], "pruned": [found(range(70))]}
AXES = {
    "pruning.keep_rates": {"dense": [1, 1, 1, 1], "pruned": [1, 0.7, 0.3, 0.1]},
    "head": {"plain": "plain", "split": "split"},
}
FOUND = {"dense plain": [80, 82], "dense split": [81, 79], "pruned plain": [70, 73], "pruned split": [60, 62]}
EVERY = (
    "ap_against_macs",
    "ap_against_latency",
    "kept_tokens",
    "effects",
    "heat_map",
    "stage_times",
    "training_curves",
    "roofline",
)
"""Plots of cost, speed, AP and training."""
BEGINNINGS = {"png": b"\x89PNG\r\n\x1a\n", "svg": b"<?xml", "pdf": b"%PDF-"}


def plots(made: Made) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in write_report(made.plan, made.folder).plots}


def captions(made: Made) -> str:
    return made.report("captions.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    return make_study(tmp_path_factory.mktemp("study"), EVALUATIONS, report={"plots": ["effects"]})


@pytest.fixture(scope="module")
def first(made: Made) -> dict[str, bytes]:
    return plots(made)


@pytest.fixture(scope="module")
def full(tmp_path_factory: pytest.TempPathFactory) -> Made:
    """A study that has something for every plot."""
    root = tmp_path_factory.mktemp("full")
    return make_plotted(root, FOUND, explained=True, vary={"axes": AXES}, report={"plots": [*EVERY]})


def in_another_process(made: Made) -> dict[str, bytes]:
    """What is drawn by a process that knows the folder alone, with another clock and other hashes."""
    script = (
        "import sys; from pathlib import Path; from gtpt_bench.report.write import write_report\n"
        "from gtpt_bench.study.session import last_plan; from gtpt_bench.study.store import StudyFolder\n"
        "folder = StudyFolder(Path(sys.argv[1])); write_report(last_plan(folder), folder)"
    )
    made.folder.plan(made.plan.label).write_text(made.plan.model_dump_json(), encoding="utf-8")
    folder = made.report("captions.md").parent
    for file in folder.iterdir():
        file.unlink()
    env = {**os.environ, "PYTHONHASHSEED": "7", "SOURCE_DATE_EPOCH": "0", "TZ": "Asia/Tokyo"}
    subprocess.run([sys.executable, "-c", script, str(made.folder.path)], check=True, env=env)
    return {file.name: file.read_bytes() for file in folder.iterdir() if file.suffix[1:] in BEGINNINGS}


def test_each_plot_comes_in_three_formats(first: dict[str, bytes]) -> None:
    assert {*first} == {f"effects.{suffix}" for suffix in BEGINNINGS}
    for name, content in first.items():
        assert content.startswith(BEGINNINGS[name.rpartition(".")[2]])


def test_pictures_are_not_blank(made: Made, first: dict[str, bytes]) -> None:
    for name in first:
        if name.endswith(".png"):
            picture = cv2.imread(str(made.report(name)))
            assert picture is not None
            assert min(picture.shape[:2]) > 200
            assert picture.std() > 5


def test_another_process_at_another_time_gives_the_same_bytes(made: Made, first: dict[str, bytes]) -> None:
    assert in_another_process(made) == first


@pytest.mark.long
def test_every_plot_has_the_same_bytes_in_another_process(full: Made) -> None:
    here = plots(full)
    assert {*here} == {f"{name}.{suffix}" for name in EVERY for suffix in BEGINNINGS}
    assert in_another_process(full) == here


def test_other_figures_give_another_picture(tmp_path: Path) -> None:
    one, other = (
        plots(
            make_study(
                tmp_path / str(high),
                {"dense": [found(range(80))], "pruned": [found(range(high))]},
                report={"plots": ["effects"]},
            )
        )
        for high in (70, 60)
    )
    assert {*one} == {*other}
    assert all(other[name] != content for name, content in one.items())


def test_points_are_cells_of_the_table_by_growing_x(made: Made) -> None:
    shown = points(made.table, "trained_macs_full_m", "ap")
    assert len(shown) == len(EVALUATIONS)
    assert [point.x for point in shown] == sorted(point.x for point in shown)
    rows = {row.name: row.cells for row in made.table.rows}
    for point in shown:
        assert (point.x, point.y) == (rows[point.name]["trained_macs_full_m"].value, rows[point.name]["ap"].value)


def test_reported_methods_are_not_drawn_among_measured_variants(tmp_path: Path) -> None:
    paper = {"method": "Their net", "gflops": 1.0, "params_m": 1.0, "AP": 70.0, "AR": 70.0, "source": "a paper"}
    table = make_study(tmp_path, EVALUATIONS, reported=[paper]).table
    assert {point.name for point in points(table, "macs_thop_g", "ap")} == {"dense", "pruned"}


@pytest.mark.parametrize("name", EVERY)
def test_a_plot_without_data_says_why(empty: Material, name: str) -> None:
    drawn = draw(name, empty)
    assert isinstance(drawn, NotDrawn)
    assert drawn.reason
    assert not drawn.reason.endswith(".")


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Material:
    return material(plan_study(tmp_path_factory.mktemp("empty"), {"dense": 1}))


def test_only_plots_that_the_study_names_are_drawn(tmp_path: Path) -> None:
    made = make_study(tmp_path, EVALUATIONS, report={"plots": ["kept_tokens", "heat_map"]})
    assert {name.partition(".")[0] for name in plots(made)} == {"kept_tokens"}
    assert "## heat_map\n\nNot drawn: what varies has not two axes of two values or more." in captions(made)


def test_a_study_that_names_none_has_those_there_are_data_for(tmp_path: Path) -> None:
    made = make_study(tmp_path, EVALUATIONS, report={"plots": None})
    drawn = {name: drawing() for name, drawing in contents(made.plan, made.folder).plots.items()}
    there = {name for name, found in drawn.items() if isinstance(found, Drawn)}
    assert there == {"ap_against_macs", "ap_against_latency", "kept_tokens", "effects"}


def test_a_study_may_want_no_plots(tmp_path: Path) -> None:
    assert plots(make_study(tmp_path, EVALUATIONS, report={"plots": []})) == {}


@pytest.mark.parametrize("name", ["effects", "training_curves", "ap_against_macs"])
def test_captions_name_the_runs(shown: Material, name: str) -> None:
    drawn = draw(name, shown)
    assert isinstance(drawn, Drawn)
    runs = shown.plan.runs
    assert f"From 8 runs: {runs[0].folder}, " in drawn.caption or f"{runs[2].folder}, " in drawn.caption
    assert "and 4 more." in drawn.caption


@pytest.mark.parametrize("name", ["ap_against_latency", "stage_times", "roofline", "kept_tokens", "heat_map"])
def test_captions_name_the_session_that_took_the_times(shown: Material, name: str) -> None:
    drawn = draw(name, shown)
    assert isinstance(drawn, Drawn)
    assert shown.plan.timing is not None
    assert f"Times from {shown.plan.timing.file}, a device, 2 threads." in drawn.caption


@pytest.mark.parametrize("name", ["effects", "ap_against_macs", "heat_map", "training_curves"])
def test_ap_on_drawn_people_is_called_so_in_the_picture(shown: Material, name: str) -> None:
    drawn = draw(name, shown)
    assert isinstance(drawn, Drawn)
    said = [text.get_text() for text in drawn_texts(drawn.figure) if "AP" in text.get_text()]
    assert said
    assert all("on drawn people" in words for words in said)


@pytest.fixture(scope="module")
def shown(full: Made) -> Material:
    return material(full)


def test_captions_in_the_report_have_the_warnings_of_the_table(made: Made, first: dict[str, bytes]) -> None:
    assert captions(made).count("This is not AP on COCO: the people are drawn.") == 2  # of the table and of its plot


@pytest.fixture(autouse=True)
def _closed() -> Iterator[None]:
    yield
    plt.close("all")


def test_no_figure_is_left_open(made: Made) -> None:
    plots(made)
    assert not plt.get_fignums()
