"""The rules alone: when warming up may end, and when rounds do."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from gtpt_bench.efficiency.timing.statistics import median_error
from gtpt_bench.efficiency.timing.stopping import Stop, noise_no_longer_falls, stop_reason
from gtpt_bench.efficiency.timing.warmth import is_at_rest, is_warm
from tests.efficiency.fakes import settings

FALLING = [1 / n**0.5 for n in range(1, 200)]
"""How the error of independent rounds goes down, whatever its size."""


def reason(
    errors: list[float], *, num_calls: int = 100, measured_s: float = 9, elapsed_s: float = 9, **limits: Any
) -> Stop | None:
    asked = settings(**{"min_rounds": 3, "max_rounds": 50, "precision": 0.01, "timeout_s": 15, **limits})
    return stop_reason(errors, asked, num_calls=num_calls, measured_s=measured_s, elapsed_s=elapsed_s)


def test_precise_is_enough_but_only_with_rounds_calls_and_seconds_enough() -> None:
    assert reason([0.5, 0.1, 0.009]) == "precise enough"
    assert reason([0.5, 0.1, 0.011]) is None
    assert reason([0.1, 0.009]) is None
    assert reason([0.5, 0.1, 0.009], num_calls=9, min_calls=10) is None
    assert reason([0.5, 0.1, 0.009], measured_s=0.4, min_s=0.5) is None


def test_time_runs_out_even_on_the_imprecise_but_not_before_the_fewest_rounds() -> None:
    assert reason([0.5, 0.1, 0.1], elapsed_s=15) == "time is up"
    assert reason([0.5, 0.1, 0.1], elapsed_s=15, num_calls=1, min_calls=10) == "time is up"
    assert reason([0.5, 0.1], elapsed_s=15) is None


def test_the_last_round_is_the_last() -> None:
    assert reason([0.5] * 49, max_rounds=50) is None
    assert reason([0.5] * 50, max_rounds=50) == "last round"


def test_noise_that_no_longer_falls_ends_the_rounds() -> None:
    assert reason(FALLING[:16] + [FALLING[15]] * 16) == "noise no longer falls"
    assert reason(FALLING[:32]) is None


def test_it_is_asked_at_thirty_two_rounds_and_at_twice_as_many_each_time() -> None:
    flat = [0.5] * 200
    assert [n for n in range(1, 200) if noise_no_longer_falls(flat[:n])] == [32, 64, 128]
    assert not any(noise_no_longer_falls(FALLING[:n]) for n in range(1, 200))


def test_a_machine_that_drifts_is_caught_and_one_that_is_merely_noisy_seldom_is() -> None:
    rng = np.random.default_rng(0)

    def caught(values: np.ndarray) -> bool:
        errors = [median_error(values[: n + 1].tolist()) for n in range(len(values))]
        return any(noise_no_longer_falls(errors[:n]) for n in (32, 64))

    noisy = [caught(100 + 5 * rng.standard_normal(64)) for _ in range(60)]
    drifting = [caught(100 + np.cumsum(rng.standard_normal(64))) for _ in range(60)]
    assert np.mean(noisy) < 0.2
    assert np.mean(drifting) > 0.6


def test_warming_goes_on_until_the_median_rests() -> None:
    getting_quicker = [round(1000 * 0.9**n) for n in range(30)]
    assert not is_at_rest(getting_quicker)
    assert is_at_rest([*getting_quicker, *[42] * 60])
    assert is_at_rest([100, 101] * 5)
    assert not is_at_rest([100] * 9), "nine calls are too few to tell"


@pytest.mark.parametrize(
    ("warmed_s", "calls", "warm"),
    [
        (0.9, [100] * 50, False),
        (1.0, [100] * 50, True),
        (1.0, [*[200] * 25, *[100] * 13], False),
        (3.9, [*[200] * 25, *[100] * 13], False),
        (4.0, [*[200] * 25, *[100] * 13], True),
        (4.0, [100], True),
    ],
)
def test_warming_ends_at_rest_after_its_time_or_after_four_times_as_long(
    warmed_s: float, calls: list[int], warm: bool
) -> None:
    assert is_warm(calls, warmed_s=warmed_s, asked_s=1.0) == warm


def test_no_warming_asked_for_is_none() -> None:
    assert is_warm([1, 1000], warmed_s=0.0, asked_s=0.0)
