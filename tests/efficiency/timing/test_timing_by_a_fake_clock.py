"""What is timed, how often and in which order, on a clock of our own."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from pydantic import ValidationError

from gtpt_bench.efficiency.options import InferenceOptions
from gtpt_bench.efficiency.timing.comparison import paired_ratios
from gtpt_bench.efficiency.timing.samples import TimingSamples, relative_error
from gtpt_bench.efficiency.timing.session import time_models
from gtpt_bench.efficiency.timing.settings import ComparisonSettings, TimingSettings
from gtpt_bench.errors import MeasurementRejected
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


def test_a_slice_that_the_guard_refuses_is_measured_again(clock: FakeClock) -> None:
    """The card throttles for 300 ms: whatever was measured meanwhile counts nowhere."""

    def slowness(now_ns: int) -> float:
        return 3.0 if now_ns < 300 * MS else 1.0

    ended: list[int] = []

    def guard() -> str:
        ended.append(clock.now_ns)
        return "the card throttles" if clock.now_ns < 400 * MS else ""

    (samples,) = time_models([FakeModel(clock, slowness=slowness)], settings(warmup_s=0), device=CPU, guard=guard)
    assert samples.num_refused == sum(now_ns < 400 * MS for now_ns in ended) > 0
    assert set(samples.calls_ns) == {3 * MS}
    assert len(samples.latency_ns) == len(samples.throughput_images_per_s) == 3


def test_a_guard_that_never_agrees_ends_the_session_with_its_reason(clock: FakeClock) -> None:
    with pytest.raises(MeasurementRejected, match=r"no time could be taken in 20 attempts: the card throttles$"):
        time_models([FakeModel(clock)], settings(), device=CPU, guard=lambda: "the card throttles")


def test_rounds_go_on_until_there_are_calls_and_seconds_enough(clock: FakeClock) -> None:
    """34 calls on one image a round, and a tenth of a second."""
    (samples,) = time_models([FakeModel(clock)], settings(min_calls=160), device=CPU)
    assert (len(samples.latency_ns), samples.stopped) == (5, "precise enough")
    (samples,) = time_models([FakeModel(clock)], settings(min_s=0.65), device=CPU)
    assert (len(samples.latency_ns), samples.stopped) == (7, "precise enough")


def test_time_runs_out_for_a_noisy_model(clock: FakeClock) -> None:
    """Two seconds a round and model, about; nine seconds are over in the fifth."""
    models = [noisy(clock, 0.2), noisy(clock, 0.2)]
    for samples in time_models(models, settings(round_s=1, max_rounds=50, timeout_s=9), device=CPU):
        assert (len(samples.latency_ns), samples.stopped) == (5, "time is up")


def test_waiting_for_a_core_is_told_by_round_and_complained_of(clock: FakeClock) -> None:
    class Waiting(FakeModel):
        def forward(self, images: torch.Tensor) -> torch.Tensor:
            start = self.clock.now_ns
            found = super().forward(images)
            self.clock.waited_ns += (self.clock.now_ns - start) // 4
            return found

    calm, waiting = time_models([FakeModel(clock), Waiting(clock)], settings(), device=CPU)
    assert (calm.waited_share, calm.problems) == ([0.0] * 3, [])
    assert waiting.waited_share == pytest.approx([0.25] * 3)
    assert waiting.problems == ["other processes took the cores in 3 of 3 rounds"]


def test_threads_and_load_are_recorded(clock: FakeClock) -> None:
    (samples,) = time_models([FakeModel(clock)], settings(), device=CPU, options=InferenceOptions(threads=1))
    assert samples.threads == 1
    assert len(samples.load_average) == 3
    assert min(samples.load_average) >= 0


def test_recompiling_while_timed_makes_a_row_invalid() -> None:
    samples = TimingSamples(0, 8, [[5, 5]], [1.0], num_recompiled=2)
    assert not samples.valid
    assert samples.problems == ["invalid: 2 recompilations while time was taken"]
    assert TimingSamples(0, 8, [[5, 5]], [1.0]).valid


def test_compiling_is_what_the_first_call_took_beyond_a_usual_one() -> None:
    compiled = TimingSamples(5003.0, 8, [[3 * MS, 3 * MS]], [1.0], num_compiled=1)
    assert compiled.compile_ms == 5000.0
    assert TimingSamples(5003.0, 8, [[3 * MS]], [1.0]).compile_ms is None


def test_unsteady_samples_are_complained_of() -> None:
    unsteady = TimingSamples(0, 8, [[10, 10, 20, 20]], [1.0])
    assert unsteady.problems == ["latency very unsteady: the middle half of 4 samples spans 67% of the median"]


def test_no_model_is_an_error() -> None:
    with pytest.raises(ValueError, match="no model"):
        time_models([], settings(), device=CPU)


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


@pytest.mark.parametrize(
    "wrong", [{"batch": 0}, {"slice_s": 0}, {"margin": 0}, {"margin": 1}, {"confidence": 1}, {"timeout_s": 0}]
)
def test_comparisons_that_tell_nothing_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ValidationError, match=next(iter(wrong))):
        ComparisonSettings.model_validate(wrong)
