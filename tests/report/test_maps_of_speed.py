"""Maps of speed-ups: the figures of the table, readable in grey, no two names on top of each other."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.text import Text

from gtpt_bench.report.speed_maps import speed_maps
from gtpt_bench.report.write import write_report
from tests.report.made_speed import Made, RawCell, make_speed

FACTORS = {1: 1.1, 8: 2.0, 32: 123.456}


def raw(variant: str, way: str, batch: int) -> RawCell:
    jitter = np.linspace(0.96, 1.04, 7)
    if variant == "dense":
        return RawCell([5000.0] * 7)
    if way == "trained" and batch == 1:
        return RawCell([5000.0] * 7)  # no gain there
    return RawCell([float(5000 / FACTORS[batch] * share) for share in jitter])


@pytest.fixture
def made(tmp_path: Path) -> Made:
    return make_speed(tmp_path, raw, batches=(1, 8, 32))


@pytest.fixture
def figure(made: Made) -> Iterator[Figure]:
    drawn, _ = speed_maps(made.plan, made.speed)
    FigureCanvasAgg(drawn).draw()
    yield drawn
    plt.close(drawn)


def texts(figure: Figure) -> list[Text]:
    """Everything written in the figure."""
    return [text for text in figure.findobj(Text) if text.get_text().strip() and text.get_visible()]


def test_each_way_has_a_map_of_keep_rates_by_batch(figure: Figure) -> None:
    assert [axes.get_title(loc="left") or axes.get_title() for axes in figure.axes] == ["trained", "deployed half"]
    assert [label.get_text() for label in figure.axes[0].get_xticklabels()] == ["1", "8", "32"]
    assert [label.get_text() for label in figure.axes[0].get_yticklabels()] == [
        "dense\n1 1 1 1",
        "0379\n1 0.7 0.3 0.1",
    ]


def test_cells_say_what_the_table_says(figure: Figure, made: Made) -> None:
    written = [text.get_text() for text in figure.axes[1].texts]
    for batch in FACTORS:
        found = made.speed.cells["0379", "deployed half", batch].speed_up
        assert found is not None
        assert found.interval is not None
        low, high = found.interval
        assert f"{found.factor:.2f}×\n[{low:.2f}, {high:.2f}]" in written


def test_no_gain_is_said_in_words_and_the_dense_row_has_images_a_second(figure: Figure) -> None:
    written = [text.get_text() for text in figure.axes[0].texts]
    assert "1.00×\nsame" in written
    assert "1\n0.2 images/s" in written


def test_no_two_texts_overlap_and_none_leaves_its_cell(figure: Figure) -> None:
    renderer = FigureCanvasAgg(figure).get_renderer()
    boxes = [(text.get_text(), text.get_window_extent(renderer)) for text in texts(figure)]
    overlapping = [(one, other) for (one, a), (other, b) in combinations(boxes, 2) if one != other and a.overlaps(b)]
    assert overlapping == []
    for axes in figure.axes:
        cell_width = axes.bbox.width / 3
        assert all(text.get_window_extent(renderer).width < cell_width for text in axes.texts)


def test_faster_is_darker_even_in_grey(figure: Figure) -> None:
    mesh = figure.axes[1].collections[0]
    lightness = np.asarray(mesh.get_facecolor())[:, :3] @ [0.299, 0.587, 0.114]
    dense, pruned = lightness[:3], lightness[3:]
    assert np.allclose(dense, dense[0])
    assert dense[0] > pruned[0] > pruned[1] > pruned[2]


def test_what_is_ambiguous_has_the_colour_of_no_gain(tmp_path: Path) -> None:
    """One round, in which the pruned model took a seventh of the time: worth nothing, however large."""
    once = make_speed(tmp_path, lambda variant, way, batch: RawCell([7.0 if variant == "dense" else 1.0]))
    drawn, caption = speed_maps(once.plan, once.speed)
    FigureCanvasAgg(drawn).draw()
    colours = np.asarray(drawn.axes[0].collections[0].get_facecolor())
    assert np.allclose(colours, colours[0])
    assert "7.00×\nambiguous" in [text.get_text() for text in drawn.axes[0].texts]
    assert "what is ambiguous has the colour of 1" in caption
    plt.close(drawn)


def luminance(colour: object) -> float:
    """Relative luminance of a colour, as WCAG 2 defines it."""
    shares = np.asarray(to_rgb(colour))  # type: ignore[arg-type]
    linear = np.where(shares <= 0.04045, shares / 12.92, ((shares + 0.055) / 1.055) ** 2.4)
    return float(linear @ [0.2126, 0.7152, 0.0722])


def test_what_is_written_in_a_cell_stands_out_from_it(figure: Figure) -> None:
    """A contrast of 4.5 is what WCAG asks of small text."""
    for axes in figure.axes:
        for text, colour in zip(axes.texts, np.asarray(axes.collections[0].get_facecolor()), strict=True):
            dark, light = sorted((luminance(text.get_color()), luminance(colour[:3])))
            assert (light + 0.05) / (dark + 0.05) >= 4.5


def test_the_report_has_the_map_in_three_formats_and_its_caption(made: Made) -> None:
    open_before = plt.get_fignums()
    files = write_report(made.plan, made.folder)
    assert [path.name for path in files.plots] == ["speed_up.png", "speed_up.svg", "speed_up.pdf"]
    caption = made.report("captions.md").read_text(encoding="utf-8").partition("## speed_up\n")[2]
    assert "darker is faster" in caption
    assert "a paired bootstrap over rounds" in caption
    assert plt.get_fignums() == open_before
