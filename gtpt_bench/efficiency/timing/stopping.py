"""When a session of rounds ends: not after a number of rounds, but when it is precise enough or gains no more.

Torch-free. Source: spec/measurement.md §1 (how long), after nvbench's rule.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from gtpt_bench.efficiency.timing.settings import TimingSettings

Stop = Literal["precise enough", "noise no longer falls", "time is up", "last round"]

FIRST_LOOK_AT_NOISE = 32
"""Rounds after which, and after twice as many each time, it is asked whether the latter half has gained anything.
More looks would find by chance what is not so."""


def stop_reason(
    errors: Sequence[float], settings: TimingSettings, *, num_calls: int, measured_s: float, elapsed_s: float
) -> Stop | None:
    """Why rounds end here; None if they go on.

    Args:
        errors: after each round, the relative standard error of the least certain model.
        num_calls: on one image, of the model that has fewest.
        measured_s: of the quantity and model measured least.
        elapsed_s: a model, everything included.
    """
    if len(errors) < settings.min_rounds:
        return None
    if num_calls >= settings.min_calls and measured_s >= settings.min_s:
        if errors[-1] < settings.precision:
            return "precise enough"
        if noise_no_longer_falls(errors):
            return "noise no longer falls"
    if elapsed_s >= settings.timeout_s:
        return "time is up"
    return "last round" if len(errors) >= settings.max_rounds else None


def noise_no_longer_falls(errors: Sequence[float]) -> bool:
    """Whether twice as many rounds as at the last look have not lowered the error, which independent rounds would by
    a third: the machine drifts faster than rounds average it out."""
    num = len(errors)
    is_look = num % FIRST_LOOK_AT_NOISE == 0 and (num // FIRST_LOOK_AT_NOISE).bit_count() == 1
    return is_look and errors[-1] >= errors[num // 2 - 1]
