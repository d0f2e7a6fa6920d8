"""The learning rate over a run, as a share of its base value."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gtpt_bench.training.schedule import CosineDecay, StepDecay

PAPER = {"steps_per_epoch": 586, "epochs": 300}


@pytest.mark.parametrize(("epoch", "scale"), [(0, 1), (198, 1), (199, 0.1), (258, 0.1), (259, 0.01), (299, 0.01)])
@pytest.mark.parametrize("step_in_epoch", [0, 585])
def test_the_papers_decays_come_one_epoch_before_their_milestones(epoch: int, scale: float, step_in_epoch: int) -> None:
    """Milestones 200 and 260, but the scheduler is stepped before the epoch: quirk 9."""
    assert StepDecay().scale(epoch * 586 + step_in_epoch, **PAPER) == pytest.approx(scale)


def test_without_the_quirk_decays_come_at_the_milestones() -> None:
    plain = StepDecay(one_epoch_early=False)
    scales = [plain.scale(epoch * 586, **PAPER) for epoch in (199, 200, 259, 260)]
    assert scales == pytest.approx([1, 0.1, 0.1, 0.01])


def test_milestones_beyond_the_run_never_come() -> None:
    assert {StepDecay().scale(step, steps_per_epoch=4, epochs=10) for step in range(40)} == {1.0}


def test_cosine_warms_up_in_equal_steps_from_above_zero() -> None:
    """A tenth of 100 steps: 1/11, 2/11, … 10/11, then the full rate."""
    scales = [CosineDecay(warmup=0.1).scale(step, steps_per_epoch=10, epochs=10) for step in range(11)]
    assert scales == pytest.approx([(step + 1) / 11 for step in range(11)])


def test_cosine_is_half_way_in_the_middle_and_ends_at_its_floor() -> None:
    cosine = CosineDecay(warmup=0, floor=0.2)
    scales = [cosine.scale(step, steps_per_epoch=10, epochs=10) for step in (0, 50, 100)]
    assert scales == pytest.approx([1, 0.6, 0.2])


@given(
    warmup=st.floats(0, 0.99),
    floor=st.floats(0, 1),
    steps_per_epoch=st.integers(1, 50),
    epochs=st.integers(1, 20),
)
def test_cosine_rises_then_falls_and_stays_between_zero_and_one(
    warmup: float, floor: float, steps_per_epoch: int, epochs: int
) -> None:
    schedule, total = CosineDecay(warmup=warmup, floor=floor), steps_per_epoch * epochs
    scales = [schedule.scale(step, steps_per_epoch=steps_per_epoch, epochs=epochs) for step in range(total)]
    warm = [scale for step, scale in enumerate(scales) if step < warmup * total]
    falling = scales[len(warm) :]
    assert all(0 < scale <= 1 for scale in scales)
    assert warm == sorted(warm)
    assert falling == sorted(falling, reverse=True)
    assert all(scale >= floor for scale in falling)
