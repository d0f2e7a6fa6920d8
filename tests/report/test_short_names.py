"""Names in plots: short, on one line, told apart, and never read as mathematics."""

from __future__ import annotations

import matplotlib.pyplot as plt
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.text import Text

from gtpt_bench.report.plots.marks import GTPT, draw_points, label_shown
from gtpt_bench.report.plots.points import Point
from gtpt_bench.report.short_names import short_names, shortened
from gtpt_bench.report.style import plot_style

HOSTILE = ["$\\frac{1}{0}$ a_b", "100 % <script>alert(1)</script>", "two\nlines\tand more", "=1+1 & #"]


def test_short_names_stay_as_they_are() -> None:
    assert short_names(["none", "0379", "warm-up and gumbel"]) == ["none", "0379", "warm-up and gumbel"]


def test_long_names_lose_their_middle() -> None:
    assert shortened("a name that goes on and on until its end", most=15) == "a name …its end"


def test_long_names_that_differ_at_the_end_are_told_apart() -> None:
    names = [f"{'x' * 60} {place}" for place in range(12)]
    assert len({*short_names(names)}) == len(names)


def test_names_that_differ_in_the_middle_alone_are_numbered() -> None:
    first, second = short_names([f"{'a' * 30}{middle}{'z' * 30}" for middle in "12"])
    assert first != second
    assert (first[-4:], second[-4:]) == (" (1)", " (2)")


def test_the_same_name_is_shortened_the_same_way() -> None:
    first, second = short_names(["a" * 70, "a" * 70])
    assert first == second


@given(st.lists(st.text(max_size=100), max_size=5), st.integers(min_value=12, max_value=40))
def test_none_is_longer_than_its_room_or_has_two_lines(names: list[str], most: int) -> None:
    for short in short_names(names, most):
        assert len(short) <= most
        assert short.isprintable()


def test_signs_of_tex_and_html_are_shown_as_they_are() -> None:
    with plot_style():
        figure, axes = plt.subplots()
        shown = [Point(name, float(place), float(place)) for place, name in enumerate(HOSTILE)]
        draw_points(axes, shown, GTPT)
        label_shown(axes, shown)
        figure.canvas.draw()
    texts = [text for text in figure.findobj(Text) if isinstance(text, Text)]
    assert {*short_names(HOSTILE)} <= {text.get_text() for text in texts}
    assert not [text for text in texts if text.get_parse_math()]
    plt.close(figure)
