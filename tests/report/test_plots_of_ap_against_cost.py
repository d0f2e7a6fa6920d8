"""AP against cost: what is on the front, which rows of papers are drawn, and when there is no front at all."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gtpt_bench.data.config import CocoData
from gtpt_bench.report.plots.by_name import draw
from gtpt_bench.report.plots.marks import front
from gtpt_bench.report.plots.material import Drawn, Material, NotDrawn
from gtpt_bench.report.plots.points import Point, rising
from tests.report.made import found, make_study
from tests.report.made_plots import drawn_texts, make_plotted, material, overlapping

PAPERS = [
    {"method": "$Their$ net_2 100 %", "gflops": 3.0, "params_m": 1.0, "AP": 78.0, "AR": 80.0, "source": "a paper"},
    {"method": "An older net", "gflops": 9.0, "params_m": 1.0, "AP": 75.0, "AR": 80.0, "source": "a paper"},
]
EVALUATIONS = {"dense": [found(range(80))], "pruned": [found(range(70))], "harder": [found(range(50))]}
places = st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), min_size=1, max_size=12)


@pytest.fixture(autouse=True)
def _closed() -> Iterator[None]:
    yield
    plt.close("all")


@given(places)
def test_a_point_is_on_the_front_if_and_only_if_none_is_better_at_no_more_cost(at: list[tuple[int, int]]) -> None:
    shown = [Point(str(place), float(x), float(y)) for place, (x, y) in enumerate(at)]
    on_front = {(shown[place].x, shown[place].y) for place in rising(shown)}
    for x, y in at:
        beaten = any((a <= x and b > y) or (a < x and b >= y) for a, b in at)
        assert ((x, y) in on_front) == (not beaten)


def test_the_front_goes_across_and_then_up() -> None:
    shown = [Point("a", 1, 5), Point("b", 2, 4), Point("c", 3, 7)]
    assert front(shown) == [(1, 5), (3, 5), (3, 7)]


def test_times_of_one_network_and_ap_of_another_have_no_front(tmp_path: Path) -> None:
    drawn = draw("ap_against_latency", material(make_plotted(tmp_path, {"dense": [50], "pruned": [60]})))
    assert isinstance(drawn, Drawn)
    assert "No front: AP and latency are of different networks." in drawn.caption
    assert "Pareto front" not in {text.get_text() for text in drawn_texts(drawn.figure)}


def test_ap_never_stands_over_the_macs_of_a_larger_network(tmp_path: Path) -> None:
    """Costs of the trained networks are missing, those of the measured ones are there."""
    made = make_plotted(tmp_path, {"dense": [50], "pruned": [60]})
    for cost in made.plan.trained.values():
        made.folder.cost(cost).unlink()
    drawn = draw("ap_against_macs", material(made))
    assert drawn == NotDrawn("no variant has both an AP and MACs (full)")


def test_latency_has_bars_across_where_rounds_differ(tmp_path: Path) -> None:
    drawn = draw("ap_against_latency", material(make_plotted(tmp_path, {"dense": [50], "pruned": [60]})))
    assert isinstance(drawn, Drawn)
    assert "Bars across: 95 % interval of the median latency" in drawn.caption


def as_on_coco(shown: Material) -> Material:
    """The same results as if AP were on all of COCO's 5,000 images."""
    accuracy = shown.plan.study.accuracy
    assert accuracy is not None
    assert shown.accuracy is not None
    real = accuracy.model_copy(update={"data": CocoData()})
    study = shown.plan.study.model_copy(update={"accuracy": real})
    plan = shown.plan.model_copy(update={"study": study})
    return replace(shown, plan=plan, accuracy=replace(shown.accuracy, num_images=5000))


@pytest.fixture(scope="module")
def with_papers(tmp_path_factory: pytest.TempPathFactory) -> Material:
    root = tmp_path_factory.mktemp("papers")
    same: dict[str, Any] = {"accuracy": {"model": "gtpt_t_coco", "data": "drawn", "training": "quick"}}
    return material(make_study(root, EVALUATIONS, reported=PAPERS, **same))


def test_rows_of_papers_are_drawn_where_ap_can_be_compared(with_papers: Material) -> None:
    drawn = draw("ap_against_macs", as_on_coco(with_papers))
    assert isinstance(drawn, Drawn)
    said = {text.get_text() for text in drawn_texts(drawn.figure)}
    assert {"reported by papers", "An older net dense", "GTPT", "AP of gtpt_t_coco\non val2017"} <= said
    assert "MACs of gtpt_t_coco, thop (G)" in said  # papers count so
    assert overlapping(drawn.figure) == []
    assert "Hollow: reported by papers, not measured here." in drawn.caption


def test_rows_of_papers_are_not_drawn_beside_ap_on_drawn_people(with_papers: Material) -> None:
    drawn = draw("ap_against_macs", with_papers)
    assert isinstance(drawn, Drawn)
    assert "An older net dense" not in {text.get_text() for text in drawn_texts(drawn.figure)}
    assert "Rows of papers are not drawn: their AP is on other data or of other networks." in drawn.caption
