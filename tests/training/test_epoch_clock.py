"""Share of the time that training waits for data, by a clock that only moves when told to."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from gtpt_bench.data.people import Person
from gtpt_bench.training.epoch_clock import EpochClock
from tests.training.small import small_trainer, trained


class Hand:
    """A clock moved by hand."""

    def __init__(self) -> None:
        self.time_s = 0.0

    def __call__(self) -> float:
        return self.time_s


def test_time_until_a_batch_is_there_is_waiting_and_the_rest_is_not() -> None:
    hand = Hand()

    def slow_batches() -> Iterator[int]:
        for number in range(3):
            hand.time_s += 1.0
            yield number

    clock = EpochClock(hand)
    for _ in clock.timed(slow_batches()):
        hand.time_s += 3.0
        clock.images += 8
    assert clock.waiting_share == pytest.approx(3 / 12)
    assert clock.images_per_s == pytest.approx(24 / 12)


def test_each_epoch_is_measured_anew() -> None:
    hand = Hand()
    clock = EpochClock(hand)
    hand.time_s, clock.waited_s = 10.0, 5.0
    clock.restart()
    hand.time_s += 2.0
    assert clock.waiting_share == 0
    assert clock.images_per_s == 0


def test_a_run_says_for_each_epoch_how_long_it_waited(people: list[Person]) -> None:
    shares = [summary.waiting_share for summary in trained(small_trainer(people)).history]
    assert all(0 < share < 1 for share in shares)
