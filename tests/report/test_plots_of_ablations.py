"""Effects, maps of two axes, training curves and stages: what is drawn where, of how many, and what is said of it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import matplotlib.pyplot as plt
import pytest
from matplotlib.figure import Figure

from gtpt_bench.report.plots.by_name import draw
from gtpt_bench.report.plots.effects import MOST_EFFECTS, Effect, differences, largest
from gtpt_bench.report.plots.explained import ExplainedVariant, Machine, Stage
from gtpt_bench.report.plots.heat_map import two_axes
from gtpt_bench.report.plots.kept_tokens import is_one_curve
from gtpt_bench.report.plots.marks import no_closer_than_a_point
from gtpt_bench.report.plots.material import Drawn, Material, NotDrawn
from gtpt_bench.report.plots.roofline import baseline_and_fastest
from gtpt_bench.report.plots.stage_times import OTHERS, longest_stages, stage_ms
from gtpt_bench.report.plots.training_curves import curve_of, losses_in
from gtpt_bench.report.style import LOOKS
from gtpt_bench.study.spec import Vary
from tests.report.made_plots import drawn_texts, make_plotted, material, write_history


@pytest.fixture(autouse=True)
def _closed() -> Iterator[None]:
    yield
    plt.close("all")


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> Material:
    aps = {"dense": [80, 82], "as good": [79, 82], "far worse": [30, 28]}
    return material(make_plotted(tmp_path_factory.mktemp("ablation"), aps))


def said(drawn: Drawn | NotDrawn) -> set[str]:
    assert isinstance(drawn, Drawn)
    return {text.get_text() for text in drawn_texts(drawn.figure)}


def test_effects_are_the_differences_of_the_table(shown: Material) -> None:
    rows = {row.name: row.cells for row in shown.table.rows}
    for effect in differences(shown):
        assert effect.value == rows[effect.variant]["ap_difference"].value
        assert effect.half_width == rows[effect.variant]["ap_difference_half_width"].value


def test_what_cannot_be_told_apart_is_said_to_be_so(shown: Material) -> None:
    texts = said(draw("effects", shown))
    assert any(text.endswith(" n.d.") for text in texts)
    assert any(text.startswith("−5") and not text.endswith(" n.d.") for text in texts)
    assert {"as good", "far worse"} <= texts


def test_of_many_effects_the_largest_are_drawn_in_their_order() -> None:
    every = [Effect(f"v{place}", "v", float(place % 50), 1.0, is_distinguishable=True) for place in range(200)]
    chosen = largest(every)
    assert len(chosen) == MOST_EFFECTS
    assert [effect.variant for effect in chosen] == sorted((e.variant for e in chosen), key=lambda name: int(name[1:]))
    assert min(effect.value for effect in chosen) >= 42


def test_a_variant_compared_with_another_one_says_so(tmp_path: Path) -> None:
    aps = {"dense": [50], "step": [60], "next step": [70]}
    made = make_plotted(tmp_path, aps, report={"plots": [], "against": {"next step": "step"}})
    assert "next step\nagainst step" in said(draw("effects", material(made)))


@pytest.mark.parametrize(
    ("vary", "labels"),
    [
        ({"axes": {"a.width": [1, 2], "b": {"x": 0, "y": 1, "z": 2}}}, (("width 1", "width 2"), ("x", "y", "z"))),
        ({"axes": {"a": [1, 2]}, "variants": {"one": {}, "two": {}}}, (("a 1", "a 2"), ("one", "two"))),
        ({"axes": {"a": [1, 2]}, "zip": {"b": [1, 2], "c": [3, 4]}}, (("a 1", "a 2"), ("b 1 c 3", "b 2 c 4"))),
    ],
    ids=["two axes", "an axis and variants", "an axis and rows"],
)
def test_two_things_that_vary_make_a_map(vary: dict[str, object], labels: tuple[tuple[str, ...], ...]) -> None:
    found = two_axes(Vary.model_validate(vary))
    assert found is not None
    assert tuple(axis.labels for axis in found) == labels


@pytest.mark.parametrize(
    "vary",
    [{}, {"axes": {"a": [1, 2]}}, {"axes": {"a": [1, 2], "b": [3]}}, {"axes": {"a": [1, 2], "b": [3, 4], "c": [5, 6]}}],
)
def test_one_thing_or_three_make_none(vary: dict[str, object]) -> None:
    assert two_axes(Vary.model_validate(vary)) is None


def test_a_curve_is_the_mean_over_seeds_and_its_band_their_range() -> None:
    curve = curve_of("v", {"s0": {1: 1.0, 2: 0.5}, "s1": {1: 3.0}, "s2": {}}, num_epochs=2)
    assert curve is not None
    assert (curve.epochs, curve.mean, curve.low, curve.high) == ((1, 2), (2.0, 0.5), (1.0, 0.5), (3.0, 0.5))
    assert curve.folders == ("s0", "s1")
    assert curve.num_unfinished == 1


def test_of_many_trainings_the_baseline_and_the_best_have_curves(tmp_path: Path) -> None:
    aps = {f"v{place}": [90 - place if place else 1] for place in range(12)}
    drawn = draw("training_curves", material(make_plotted(tmp_path, aps)))
    assert isinstance(drawn, Drawn)
    lines = {text.partition(":")[0] for text in said(drawn) if text.startswith("v") and ":" in text}
    assert lines == {f"v{place}" for place in range(len(LOOKS))}
    assert "Of 12 trained variants v0 and those of highest AP are drawn." in drawn.caption


def test_a_broken_history_has_no_curve(tmp_path: Path) -> None:
    file = tmp_path / "history.jsonl"
    assert losses_in(file) == {}
    for broken in ("{", '{"epoch": 1}\n', "[]\n"):
        file.write_text(broken, encoding="utf-8")
        assert losses_in(file) == {}


def test_a_training_under_way_is_drawn_as_far_as_it_is(tmp_path: Path) -> None:
    made = make_plotted(tmp_path, {"dense": [80], "pruned": [70]})
    write_history(made, "pruned", 0, [1.0])
    drawn = draw("training_curves", material(made))
    assert isinstance(drawn, Drawn)
    assert "1 of these runs are not at their end." in drawn.caption or "2 of these runs" in drawn.caption


def test_one_epoch_has_a_whole_number_on_its_axis(tmp_path: Path) -> None:
    made = make_plotted(tmp_path, {"dense": [0], "pruned": [0]})
    for variant in ("dense", "pruned"):
        write_history(made, variant, 0, [1.00001])
    drawn = draw("training_curves", material(made))
    assert isinstance(drawn, Drawn)
    (axes,) = drawn.figure.axes
    drawn.figure.draw_without_rendering()
    low, high = axes.get_xlim()
    assert [tick for tick in axes.get_xticks() if low <= tick <= high] == [1]
    assert axes.yaxis.get_offset_text().get_text() == axes.xaxis.get_offset_text().get_text() == ""


def test_an_axis_of_ap_that_is_0_begins_there() -> None:
    figure = Figure()
    axes = figure.subplots()
    axes.plot([1, 2], [0, 0])
    no_closer_than_a_point(axes)
    low, high = axes.get_ylim()
    assert (min(tick for tick in axes.get_yticks() if tick >= low), high) == (0, pytest.approx(2, abs=0.1))


def explained(*ms: float) -> ExplainedVariant:
    stages = tuple(Stage(f"stage {place}", taken, 1.0, 1.0, "compute") for place, taken in enumerate(ms))
    return ExplainedVariant(1, stages, Machine("float32", 1.0, 1.0, None), disturbed=False)


def test_stages_beyond_those_that_can_be_told_apart_are_one() -> None:
    own = explained(*(float(place) for place in range(1, 13)))
    stages = longest_stages({"v": own})
    assert stages == [*(f"stage {place}" for place in range(5, 12)), OTHERS]
    parts = stage_ms(own, stages)
    assert parts[OTHERS] == 1 + 2 + 3 + 4 + 5
    assert sum(parts.values()) == own.ms


def test_a_roofline_shows_the_baseline_and_the_fastest() -> None:
    every = {"slow": explained(9.0), "base": explained(5.0), "fast": explained(1.0)}
    assert [*baseline_and_fastest(every, "base")] == ["base", "fast"]
    assert [*baseline_and_fastest(every, "fast")] == ["fast"]


def test_a_line_joins_variants_that_differ_in_keep_rates_alone(shown: Material, tmp_path: Path) -> None:
    assert is_one_curve(shown.plan)
    variants = {"dense": {"pruning.keep_rates": [1, 1, 1, 1]}, "other": {"head": "split"}}
    other = make_plotted(tmp_path, {"dense": [50], "other": [60]}, vary={"variants": variants})
    assert not is_one_curve(other.plan)
