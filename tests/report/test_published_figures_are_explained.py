"""Which count gives a published figure is found, not typed in; a figure that no count gives is called that."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gtpt_bench.efficiency.counting.conventions import GIBI
from gtpt_bench.models import model_config
from gtpt_bench.models.gtpt.closed_form import gtpt_cost
from gtpt_bench.report.reproduced import Reproduction, cut_to, reproduced, rounds_to

PRINTED = {
    "gtpt_t_coco": "0.7",
    "gtpt_s_coco": "1.6",
    "gtpt_b_coco": "3.6",
    "gtpt_t_wholebody": "0.8",
    "gtpt_s_wholebody": "2.0",
    "gtpt_b_wholebody": "4.0",
}


def counts(name: str) -> dict[str, float]:
    """In every convention that a closed form can tell, as printed."""
    macs = gtpt_cost(model_config(name)).by_convention()
    return {key: value / (GIBI if key == "H" else 10**9) for key, value in macs.items() if key != "attention"}


def found_for(printed: dict[str, str]) -> dict[str, Reproduction]:
    return dict(zip(printed, reproduced([(figure, counts(name)) for name, figure in printed.items()]), strict=True))


def test_thop_is_found_for_all_six_released_models() -> None:
    for name, found in found_for(PRINTED).items():
        assert (found.name, found.rounding, found.deviation) == ("thop", "rounded", Decimal(0)), name
        assert found.value == gtpt_cost(model_config(name)).thop / 1e9


def test_what_the_digits_cannot_tell_apart_is_told() -> None:
    """Norms at two instead of four an element: equal to one decimal, for all six."""
    assert {found.equally_good for found in found_for(PRINTED).values()} == {("N",)}


def test_one_figure_alone_fits_more_counts_than_its_family_does() -> None:
    alone = found_for({"gtpt_s_coco": "1.6"})["gtpt_s_coco"]
    assert {alone.name, *alone.equally_good} == {"thop", "N", "E"}


@pytest.mark.parametrize("figure", ["9.9", "0.1", "1.66", "1700"])
def test_a_made_up_figure_is_given_by_none_and_leaves_the_others_alone(figure: str) -> None:
    found = found_for(PRINTED | {"gtpt_s_coco": figure})
    made_up = found.pop("gtpt_s_coco")
    assert (made_up.rounding, made_up.equally_good) == (None, ())
    assert made_up.deviation != 0
    assert {other.name for other in found.values()} == {"thop"}


def test_of_no_count_the_nearest_is_named_with_its_deviation() -> None:
    (found,) = reproduced([("2.4", {"a": 1.0, "b": 2.62, "c": 9.0})])
    assert (found.name, found.value, found.deviation) == ("b", 2.62, Decimal("0.2"))


def test_digits_that_were_cut_off_are_recognised_where_nothing_rounds() -> None:
    """SimpleBaseline in convention H: 8.99, 12.38 and 15.76 stand in print as 8.9, 12.4 and 15.7."""
    figures = {"8.9": 8.99, "12.4": 12.38, "15.7": 15.76}
    found = reproduced([(printed, {"full": 0.6 * count, "H": count}) for printed, count in figures.items()])
    assert [(one.name, one.rounding) for one in found] == [("H", "truncated"), ("H", "rounded"), ("H", "truncated")]
    assert [one.deviation for one in found] == [Decimal("0.1"), 0, Decimal("0.1")]


def test_a_count_that_rounds_is_preferred_to_one_that_is_cut() -> None:
    (found,) = reproduced([("1.6", {"cut": 1.69, "rounds": 1.55})])
    assert (found.name, found.equally_good) == ("rounds", ())


def test_the_family_decides_between_counts_that_fit_one_figure() -> None:
    """`first` fits one of three figures by chance, `second` fits all."""
    family = [("1.0", {"first": 1.04, "second": 0.96}), ("2.0", {"first": 2.2, "second": 1.98})]
    family.append(("3.0", {"first": 3.3, "second": 3.02}))
    assert [(found.name, found.equally_good) for found in reproduced(family)] == [("second", ())] * 3


def test_a_family_that_counts_in_two_ways_is_explained_figure_by_figure() -> None:
    family = [("1.0", {"a": 1.0, "b": 1.5}), ("2.0", {"a": 2.5, "b": 2.0})]
    assert [found.name for found in reproduced(family)] == ["a", "b"]


@pytest.mark.parametrize(("printed", "count"), [("34", 34.4), ("53", 52.9), ("6.0", 5.96), ("0.10", 0.098)])
def test_as_many_digits_count_as_are_printed(printed: str, count: float) -> None:
    assert rounds_to(count, printed)
    assert not rounds_to(count, f"{printed}{'' if '.' in printed else '.'}0")


@given(count=st.floats(0.01, 999), digits=st.integers(0, 3))
def test_what_is_printed_of_a_count_is_given_by_it(count: float, digits: int) -> None:
    exact = Decimal(repr(count))
    rounded, step = round(exact, digits), Decimal(1).scaleb(-digits)
    if abs(exact - rounded) < step / 2:  # halves are rounded in two ways
        assert rounds_to(count, f"{rounded:f}")
    assert not rounds_to(count, f"{rounded + 2 * step:f}")
    assert cut_to(count, f"{exact // step * step:f}")
