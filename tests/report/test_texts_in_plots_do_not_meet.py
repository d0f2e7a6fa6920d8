"""No two texts of a plot are written over each other, and names are text, on data that ask for trouble."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
import pytest
from matplotlib.figure import Figure

from gtpt_bench.report.plots.by_name import PLOTS, draw
from gtpt_bench.report.plots.material import Drawn, Material
from tests.report.made_plots import drawn_texts, make_plotted, material, overlapping

LONG = "the very same long beginning of a name and then variant "
FORTY = [f"{LONG}{place:02}" if place % 2 else f"v{place}" for place in range(40)]


def forty_alike(root: Path) -> Material:
    """Forty variants of equal AP and time."""
    variants = {name: {"pruning.keep_rates": [1, 1, 1, 0.5]} for name in FORTY}  # the same run
    aps, ms = {name: [50] for name in FORTY}, dict.fromkeys(FORTY, 10.0)
    return material(make_plotted(root, aps, ms=ms, explained=True, vary={"variants": variants}))


def forty_crowded(root: Path) -> Material:
    """Forty in two heaps; half of them keep all tokens."""
    aps = {name: [60 if place < 20 else 40 + place % 3] for place, name in enumerate(FORTY)}
    ms = {name: 10.0 if place < 20 else 5 + place % 5 / 100 for place, name in enumerate(FORTY)}
    return material(make_plotted(root, aps, ms=ms, explained=True))


def two_long_axes(root: Path) -> Material:
    axes = {
        "pruning.keep_rates": {f"{LONG[:20]}{keep}": [1, 1, 1, keep / 10] for keep in range(1, 8)},
        "stage_depths": {f"{LONG[:20]}{depth}": [depth] * 4 for depth in range(2, 8)},
    }
    names = [f"{one} {other}" for one in axes["pruning.keep_rates"] for other in axes["stage_depths"]]
    return material(make_plotted(root, {name: [50] for name in names}, explained=True, vary={"axes": axes}))


def in_full(make: Callable[[Path], Material]) -> Any:
    """Takes its time."""
    return pytest.param(make, marks=pytest.mark.long, id=make.__name__)


@pytest.fixture(scope="module", params=[in_full(forty_alike), in_full(forty_crowded), in_full(two_long_axes)])
def awkward(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Material:
    found: Material = request.param(tmp_path_factory.mktemp("awkward"))
    return found


@pytest.fixture(autouse=True)
def _closed() -> Iterator[None]:
    yield
    plt.close("all")


@pytest.mark.parametrize("name", [*PLOTS])
def test_no_text_is_written_over_another(awkward: Material, name: str) -> None:
    drawn = draw(name, awkward)
    if isinstance(drawn, Drawn):
        assert overlapping(drawn.figure) == []


@pytest.mark.parametrize("name", ["ap_against_latency", "effects"])
def test_points_in_one_place_and_equal_differences_stay_readable(heaped: Material, name: str) -> None:
    drawn = draw(name, heaped)
    assert isinstance(drawn, Drawn)
    assert overlapping(drawn.figure) == []
    if name == "ap_against_latency":
        assert "v0 + 39" in {text.get_text() for text in drawn_texts(drawn.figure)}


@pytest.fixture(scope="module")
def heaped(tmp_path_factory: pytest.TempPathFactory) -> Material:
    return forty_alike(tmp_path_factory.mktemp("heaped"))


def test_the_test_sees_texts_that_overlap() -> None:
    figure = Figure()
    for x in (0.5, 0.51):
        figure.text(x, 0.5, "a text")
    assert overlapping(figure) == [("a text", "a text")]
