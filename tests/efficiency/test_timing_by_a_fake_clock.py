"""What is timed, how often and in which order, on a clock of our own."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from pydantic import ValidationError

from gtpt_bench.efficiency.settings import TimingSettings
from gtpt_bench.efficiency.timing import TimingSamples, paired_ratios, relative_error, time_models
from tests.efficiency.fakes import MS, FakeClock, FakeModel, settings

CPU = torch.device("cpu")


def test_latency_is_of_one_image_and_throughput_of_batches(clock: FakeClock) -> None:
    """2 ms a call and 1 ms an image: 3 ms for one image, but 800 images a second in batches of 8, not 333."""
    (samples,) = time_models([FakeModel(clock)], settings(), device=CPU)
    assert samples.latency_ms == 3.0
    assert samples.throughput == pytest.approx(8 / 0.010)
    assert samples.throughput > 2 / (samples.latency_ms / 1e3)


def test_the_batch_is_the_one_asked_for(clock: FakeClock) -> None:
    model = FakeModel(clock)
    (samples,) = time_models([model], settings(throughput_batch=5), device=CPU)
    assert {images for images, _ in model.calls} == {1, 5}
    assert samples.throughput_batch == 5
    assert samples.throughput == pytest.approx(5 / 0.007)


def test_every_raw_sample_is_kept_by_round(clock: FakeClock) -> None:
    (samples,) = time_models([FakeModel(clock)], settings(), device=CPU)
    assert [len(calls) for calls in samples.latency_ns] == [34, 34, 34]  # 0.1 s of 3 ms calls, the last one begun
    assert {type(call) for calls in samples.latency_ns for call in calls} == {int}
    assert {call for calls in samples.latency_ns for call in calls} == {3 * MS}
    assert len(samples.throughput_images_per_s) == 3


def test_the_first_call_is_told_apart_and_counts_nowhere_else(clock: FakeClock) -> None:
    (samples,) = time_models([FakeModel(clock, first_ms=5000)], settings(warmup_s=0), device=CPU)
    assert samples.first_call_ms == 5003
    assert max(call for calls in samples.latency_ns for call in calls) == 3 * MS


def test_nothing_counts_before_the_warm_up_is_over(clock: FakeClock) -> None:
    """A machine at half speed during its first second, which is as long as the warm-up."""

    def slowness(now_ns: int) -> float:
        return 2.0 if now_ns < 1000 * MS else 1.0

    (samples,) = time_models([FakeModel(clock, slowness=slowness)], settings(warmup_s=1), device=CPU)
    assert {call for calls in samples.latency_ns for call in calls} == {3 * MS}
    (cold,) = time_models([FakeModel(clock, slowness=lambda ns: 2.0)], settings(warmup_s=0), device=CPU)
    assert cold.latency_ms == 6.0


def test_steady_models_stop_after_the_fewest_rounds(clock: FakeClock) -> None:
    rounds: list[tuple[int, int, str]] = []
    time_models([FakeModel(clock)], settings(), device=CPU, on_round=lambda *told: rounds.append(told))
    assert rounds == [(1, 9, "uncertainty inf%"), (2, 9, "uncertainty 0.0%"), (3, 9, "uncertainty 0.0%")]


def noisy(clock: FakeClock, amplitude: float) -> FakeModel:
    """A model whose speed is drawn anew for every second."""
    rng = np.random.default_rng(0)
    factors = 1 + amplitude * rng.standard_normal(10_000)
    return FakeModel(clock, slowness=lambda now_ns: float(factors[now_ns // (1000 * MS)]))


def test_noisy_models_are_measured_to_the_last_round(clock: FakeClock) -> None:
    (samples,) = time_models([noisy(clock, 0.2)], settings(round_s=1), device=CPU)
    assert len(samples.latency_ns) == 9
    assert relative_error(samples) > 0.01


def test_measuring_ends_in_between_once_it_is_precise_enough(clock: FakeClock) -> None:
    limits = settings(round_s=1, max_rounds=200, precision=0.02)
    (samples,) = time_models([noisy(clock, 0.1)], limits, device=CPU)
    assert 3 < len(samples.latency_ns) < 200
    assert relative_error(samples) < 0.02


def test_one_noisy_model_keeps_all_of_them_measured(clock: FakeClock) -> None:
    steady, restless = time_models([FakeModel(clock), noisy(clock, 0.2)], settings(round_s=1), device=CPU)
    assert len(steady.latency_ns) == len(restless.latency_ns) == 9


def test_models_take_turns_and_every_other_round_runs_backwards(clock: FakeClock) -> None:
    models = [FakeModel(clock), FakeModel(clock), FakeModel(clock)]
    time_models(models, settings(min_rounds=4, max_rounds=4, warmup_s=0), device=CPU)
    begun = sorted((start, number) for number, model in enumerate(models) for _, start in model.calls)
    turns = [number for place, (_, number) in enumerate(begun) if place == 0 or begun[place - 1][1] != number]
    first_call, warm_up, four_rounds = [0, 1, 2], [0, 1, 2], [0, 1, 2, 1, 0, 1, 2, 1, 0]
    assert turns == first_call + warm_up + four_rounds


def test_a_steady_drift_of_the_machine_cancels_between_models(clock: FakeClock) -> None:
    """The machine gets slower by a tenth each second; two equal models still come out equal."""

    def slowness(now_ns: int) -> float:
        return 1 + now_ns / (10_000 * MS)

    models = [FakeModel(clock, slowness=slowness), FakeModel(clock, slowness=slowness)]
    limits = settings(min_rounds=8, max_rounds=8, warmup_s=0)
    first, second = time_models(models, limits, device=CPU)
    ratios = paired_ratios(first.round_latencies_ms, second.round_latencies_ms)
    assert len(ratios) == 8
    assert math.prod(ratios) ** (1 / 8) == pytest.approx(1, abs=0.002)
    assert first.round_latencies_ms[-1] > 1.2 * first.round_latencies_ms[0]


def test_the_model_is_in_evaluation_mode_without_gradients(clock: FakeClock) -> None:
    seen: list[tuple[bool, bool]] = []

    class Watched(FakeModel):
        def forward(self, images: torch.Tensor) -> torch.Tensor:
            seen.append((self.training, torch.is_inference_mode_enabled()))
            return super().forward(images)

    time_models([Watched(clock).train()], settings(), device=CPU)
    assert set(seen) == {(False, True)}


def test_ratios_are_of_the_same_round_or_refused() -> None:
    assert paired_ratios([2.0, 9.0], [1.0, 3.0]) == [2.0, 3.0]
    with pytest.raises(ValueError, match="shorter"):
        paired_ratios([1.0, 2.0], [1.0])


def samples_of(latencies_ms: list[float], throughputs: list[float]) -> TimingSamples:
    return TimingSamples(0, 8, [[round(value * MS)] for value in latencies_ms], throughputs)


def test_uncertainty_is_that_of_the_less_certain_quantity() -> None:
    steady, restless = [5.0] * 5, [4.0, 4.5, 5.0, 5.5, 6.0]
    assert relative_error(samples_of(steady, restless)) == relative_error(samples_of(restless, steady))
    assert relative_error(samples_of(steady, steady)) == 0
    # median 5, absolute deviations 1 0.5 0 0.5 1 with median 0.5
    assert relative_error(samples_of(steady, restless)) == pytest.approx(1.2533 * 1.4826 * 0.5 / 5**0.5 / 5)


def test_one_round_leaves_the_uncertainty_unknown() -> None:
    assert relative_error(samples_of([5.0], [5.0])) == math.inf


def test_uncertainty_is_the_spread_of_medians_of_normal_samples() -> None:
    """Simulated: 2000 sessions of 25 rounds, whose medians spread as the formula says on average."""
    sessions = np.random.default_rng(0).normal(100, 5, (2000, 25))
    spread = float(np.median(sessions, axis=1).std(ddof=1)) / 100
    claimed = [relative_error(samples_of([1.0] * 25, session.tolist())) for session in sessions]
    assert np.mean(claimed) == pytest.approx(spread, rel=0.1)


def test_more_rounds_at_least_than_at_most_are_refused() -> None:
    with pytest.raises(ValidationError, match="max_rounds 3 is less than min_rounds 5"):
        TimingSettings(min_rounds=5, max_rounds=3)
