"""Two processes train as one does that accumulates the same parts; one, two or three predict the same.

Real processes over gloo, started once for all tests.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from gtpt_bench.data.people import Person
from gtpt_bench.training.team import ALONE
from tests.training import several
from tests.training.several import NUM_STEPS, together

pytestmark = [pytest.mark.long, pytest.mark.usefixtures("one_thread")]
"""One thread as in the other processes: Adam makes much of the last bit of a gradient that is nearly 0."""


@pytest.fixture(scope="module")
def two(people: list[Person], tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[Any]]:
    """What two processes found, in the order of their ranks."""
    chosen = ["poses", "gradients", "losses", "whole run", "resumed run", "broken label", "left alone"]
    return together(people, tmp_path_factory.mktemp("two"), size=2, chosen=chosen)


@pytest.fixture(scope="module")
def three(people: list[Person], tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[Any]]:
    return together(people, tmp_path_factory.mktemp("three"), size=3, chosen=["poses"])


def differing(one: dict[str, Any], other: dict[str, Any]) -> list[str]:
    """Names of weights and statistics that are not the same to the bit."""
    return [
        f"{part}.{name}"
        for part in ("model", "ema")
        for name, value in one[part].items()
        if not torch.equal(value, other[part][name])
    ]


def test_the_first_steps_gradients_are_those_of_one_process(two: dict[str, list[Any]], people: list[Person]) -> None:
    """To 1e-5 of the largest; the batch is cut in parts of 2 and 1, with BatchNorm for each."""
    expected = several.first_gradients(people, ALONE)
    largest = max(float(gradient.abs().max()) for gradient in expected.values())
    for found in two["gradients"]:
        assert found.keys() == expected.keys()
        for name, gradient in expected.items():
            torch.testing.assert_close(found[name], gradient, rtol=1e-5, atol=1e-5 * largest, msg=name)


def test_losses_of_twenty_steps_are_those_of_one_process(two: dict[str, list[Any]], people: list[Person]) -> None:
    """With dropout, which is drawn for a part, not for a process."""
    expected = several.losses(people, ALONE)
    assert len(expected) == NUM_STEPS > 20
    for found in two["losses"]:
        assert found == pytest.approx(expected, rel=1e-4)


def test_all_processes_hold_the_same_weights_statistics_and_average_to_the_bit(two: dict[str, list[Any]]) -> None:
    first, second = two["whole run"]
    assert differing(first, second) == []
    assert first["step"] == NUM_STEPS


def test_statistics_and_average_are_those_of_one_process(two: dict[str, list[Any]], people: list[Person]) -> None:
    expected = several.whole_run(people, ALONE)
    for name, value in expected["ema"].items():
        torch.testing.assert_close(two["whole run"][0]["ema"][name], value, rtol=1e-3, atol=1e-4, msg=name)


def test_a_run_that_one_process_is_asked_to_stop_stops_in_all_and_goes_on_bit_for_bit(
    two: dict[str, list[Any]],
) -> None:
    for undisturbed, resumed in zip(two["whole run"], two["resumed run"], strict=True):
        assert differing(undisturbed, resumed) == []
        assert [line["loss"] for line in undisturbed["history"]] == [line["loss"] for line in resumed["history"]]


def test_a_label_that_is_no_number_ends_all_processes_with_the_line_that_one_would_say(
    two: dict[str, list[Any]], people: list[Person]
) -> None:
    first, second = two["broken label"]
    assert first == second
    assert first.startswith("the loss is nan in epoch 1, batch ")
    assert str(len(people) - 1) in first.partition("persons")[2]


def test_a_process_that_dies_ends_the_others_with_one_line_at_once(two: dict[str, list[Any]]) -> None:
    (line,) = two["left alone"]
    assert "one of the 2 processes of this run was killed" in line
    assert "\n" not in line


def test_one_two_and_three_processes_predict_the_same(
    two: dict[str, list[Any]], three: dict[str, list[Any]], people: list[Person]
) -> None:
    """A model that draws, too: draws belong to a batch, and batches are dealt out whole."""
    expected, _ = several.poses(people, ALONE)
    assert len(expected) == len(people)
    for found, _ in (*two["poses"], *three["poses"]):
        np.testing.assert_array_equal(found[..., :2], expected[..., :2])
        np.testing.assert_allclose(found[..., 2], expected[..., 2], atol=1e-6)


def test_all_persons_are_done_after_the_last_round(two: dict[str, list[Any]], three: dict[str, list[Any]]) -> None:
    """Four batches of two, the last one short: two rounds of two processes, two of three."""
    assert [done.tolist() for _, done in two["poses"]] == [[4, 7]] * 2
    assert [done.tolist() for _, done in three["poses"]] == [[6, 7]] * 3
