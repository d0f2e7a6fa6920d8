"""Two models in turn on simulated machines that drift, burst and are busy with other things: is the verdict true?

The same experiment on a real machine: studies/experiments/same_or_slower.py.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from gtpt_bench.efficiency.options import PLAIN, InferenceOptions
from gtpt_bench.efficiency.prepare import Prepared, prepared
from gtpt_bench.efficiency.timing.interleaved import (
    MAX_LOOKS,
    ORDERS,
    Interleaved,
    interleaved,
    planned_looks,
)
from gtpt_bench.efficiency.timing.settings import ComparisonSettings
from tests.efficiency.fakes import MS, FakeClock, FakeModel

CPU = torch.device("cpu")
Noise = Callable[[int], float]
"""How many times as long a call takes that begins at this nanosecond."""


@pytest.fixture(autouse=True)
def _two_threads() -> Iterator[None]:
    """With one thread, which parallel test workers have, waiting is subtracted and no round is set aside."""
    threads = torch.get_num_threads()
    torch.set_num_threads(2)
    yield
    torch.set_num_threads(threads)


class Waiting(FakeModel):
    """What a call takes more than half as long again is waiting for a core, and the kernel counts it."""

    def forward(self, images: Tensor) -> Tensor:
        start, own_ns = self.clock.now_ns, (self.call_ms + self.image_ms * len(images)) * MS
        found = super().forward(images)
        more_ns = self.clock.now_ns - start - own_ns
        self.clock.waited_ns += round(more_ns) if more_ns > own_ns / 2 else 0
        return found


def model(
    clock: FakeClock, factor: float = 1.0, noise: Noise = lambda now_ns: 1.0, kind: type[FakeModel] = FakeModel
) -> Prepared:
    """20 ms for one image, times `factor`."""
    return prepared(kind(clock, call_ms=19 * factor, image_ms=factor, slowness=noise), PLAIN, CPU)


def compare(first: Prepared, second: Prepared, **changes: Any) -> Interleaved:
    return interleaved(first, second, ComparisonSettings(**changes))


def drift(rng: np.random.Generator) -> Noise:
    """Up and down by a fifth within some seconds, and 3 % of normal noise a call."""
    period_s, phase = rng.uniform(3, 30), rng.uniform(0, 6)
    return lambda now_ns: (
        (1 + 0.2 * np.sin(now_ns / 1e9 / period_s * 6.28 + phase)) * (1 + 0.03 * float(rng.standard_normal()))
    )


def heavy_tails(rng: np.random.Generator) -> Noise:
    """A tenth of the calls takes up to several times as long, without anyone to blame; 8 % of noise on the others."""
    return lambda now_ns: 1 + 0.08 * abs(float(rng.standard_t(3))) + (rng.random() < 0.1) * float(rng.exponential(2))


def bursts(rng: np.random.Generator) -> Noise:
    """Others take the cores a third of the time, a while at once, and calls take two to six times as long."""
    ends = np.cumsum(rng.exponential((1.0, 0.5), (400, 2)).ravel()) * 1e9

    def slowness(now_ns: int) -> float:
        taken = np.searchsorted(ends, now_ns) % 2 == 1
        return (float(rng.uniform(2, 6)) if taken else 1.0) * (1 + 0.03 * float(rng.standard_normal()))

    return slowness


MACHINES = pytest.mark.parametrize(
    ("noise", "kind"), [(drift, FakeModel), (heavy_tails, FakeModel), (bursts, Waiting)], ids=lambda what: what.__name__
)


@pytest.fixture
def garbage_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    """Collecting a test process's garbage takes longer than a simulated trial."""
    monkeypatch.setattr(gc, "collect", lambda: 0)


@MACHINES
def test_a_model_against_itself_is_the_same_in_nineteen_of_twenty_trials(
    noise: Callable[[np.random.Generator], Noise], kind: type[FakeModel], clock: FakeClock, garbage_stays: None
) -> None:
    verdicts = []
    for seed in range(20):
        shared = noise(np.random.default_rng(seed))
        first, second = (model(clock, 1, shared, kind) for _ in range(2))
        verdicts.append(compare(first, second, seed=seed).comparison.verdict)
        clock.now_ns = clock.waited_ns = 0
    assert verdicts.count("same") >= 19
    assert not {"faster", "slower"} & set(verdicts)


@MACHINES
def test_a_twin_ten_percent_slower_is_recognised_within_a_minute(
    noise: Callable[[np.random.Generator], Noise], kind: type[FakeModel], clock: FakeClock, garbage_stays: None
) -> None:
    right = 0
    for seed in range(10):
        shared = noise(np.random.default_rng(100 + seed))
        found = compare(model(clock, 1, shared, kind), model(clock, 1.1, shared, kind), seed=seed)
        right += found.comparison.verdict == "slower"
        assert clock.now_ns < 60_000 * MS
        clock.now_ns = clock.waited_ns = 0
    assert right >= 9


def test_turns_are_a_b_b_a_or_b_a_a_b_by_lot(clock: FakeClock) -> None:
    """Drawn by the seed; both orders occur, and the slices of a round are what was called in that order."""
    found = compare(model(clock), model(clock, 1.02), seed=3, timeout_s=4)
    orders = [one.order for one in found.rounds]
    assert set(orders) == set(ORDERS)
    for one in found.rounds:
        expected = [20 * MS if which == 0 else 20.4 * MS for which in one.order]
        assert [samples[0].ns for samples in one.slices] == pytest.approx(expected)
    assert orders == [one.order for one in compare(model(clock), model(clock), seed=3, timeout_s=4).rounds]


def test_a_steady_drift_cancels_within_each_round(clock: FakeClock) -> None:
    """The machine gets slower by a twentieth each second; blocks one after the other would differ by a fifth."""
    noise: Noise = lambda now_ns: 1 + now_ns / (20_000 * MS)  # noqa: E731
    found = compare(model(clock, 1, noise), model(clock, 1, noise))
    assert found.comparison.ratio == pytest.approx(1, abs=0.003)
    assert found.comparison.verdict == "same"


def test_the_clear_cut_ends_at_the_first_look_and_the_unclear_when_time_is_up(clock: FakeClock) -> None:
    clear = compare(model(clock), model(clock, 1.5))
    assert (clear.comparison.verdict, len(clear.rounds)) == ("slower", 9)
    rng = np.random.default_rng(0)
    noise: Noise = lambda now_ns: float(np.exp(rng.standard_normal()))  # noqa: E731
    unclear = compare(model(clock, 1, noise), model(clock, 1, noise), timeout_s=20)
    assert unclear.comparison.verdict == "ambiguous"
    assert 20 <= unclear.seconds < 25


def test_calls_disturbed_by_others_are_kept_but_count_nowhere(clock: FakeClock) -> None:
    """Every second call of the second model takes thrice as long."""
    numbers = iter(range(10**6))
    found = compare(model(clock), model(clock, 1, lambda now_ns: 3.0 if next(numbers) % 2 else 1.0, Waiting))
    every = [sample for one in found.rounds for samples in one.slices for sample in samples]
    assert {sample.ns for sample in every} == {20 * MS, 60 * MS}
    assert all(sample.disturbed == (sample.ns == 60 * MS) for sample in every)
    assert found.num_disturbed == 0
    assert (found.comparison.ratio, found.comparison.low, found.comparison.high) == pytest.approx((1, 1, 1))


def test_rounds_without_a_quiet_call_are_set_aside_until_quiet_comes(clock: FakeClock) -> None:
    """Others have the cores for twenty seconds, and slow down the first model alone."""
    first = model(clock, 1, lambda now_ns: 4.0 if now_ns < 20_000 * MS else 1.0, Waiting)
    found = compare(first, model(clock))
    assert found.num_disturbed > len(found.rounds) / 2
    assert found.call_ms == pytest.approx((20, 20)), "not 80 ms, which the first took in most rounds"
    assert found.comparison.num_rounds == len(found.rounds) - found.num_disturbed == 9
    assert found.comparison.verdict == "same"


def test_one_thread_can_be_compared_without_any_quiet(clock: FakeClock) -> None:
    """Every call waits for a core, up to six times its own time; what it waited is known."""
    rng = np.random.default_rng(0)
    noise: Noise = lambda now_ns: 2 + 5 * float(rng.random())  # noqa: E731
    one_thread = InferenceOptions(threads=1)
    first, twin = (prepared(Waiting(clock, call_ms=ms, slowness=noise), one_thread, CPU) for ms in (19, 21))
    assert compare(first, twin).comparison.ratio == pytest.approx(22 / 20)
    assert compare(first, twin).comparison.verdict == "slower"
    assert compare(first, first).comparison.verdict == "same"


def test_without_any_quiet_all_rounds_show_their_interval_but_are_no_verdict(clock: FakeClock) -> None:
    rng = np.random.default_rng(0)
    noise: Noise = lambda now_ns: 2 + 5 * float(rng.random())  # noqa: E731
    found = compare(model(clock, 1, noise, Waiting), model(clock, 1, noise, Waiting), timeout_s=20)
    assert found.num_disturbed == len(found.rounds)
    assert found.comparison.num_rounds == 0
    assert found.comparison.low < 1 < found.comparison.high
    assert found.comparison.verdict == "ambiguous"


def test_models_that_wait_alike_are_not_called_the_same(clock: FakeClock) -> None:
    """Others have the cores all the time: a call takes two seconds, whatever its own time, which differs by half."""
    first, second = (
        model(clock, factor, lambda now_ns, factor=factor: 100 / factor, Waiting)  # type: ignore[misc]
        for factor in (1, 1.5)
    )
    found = compare(first, second, timeout_s=200)
    assert found.comparison.ratio == pytest.approx(1)
    assert found.comparison.verdict == "ambiguous"


def test_hardly_any_rounds_in_the_time_given_are_no_verdict(clock: FakeClock) -> None:
    """Calls of a minute, and half a minute to tell."""
    found = compare(model(clock, 3000), model(clock, 6000), timeout_s=30, warmup_s=0)
    assert found.comparison.verdict == "ambiguous"
    assert len(found.rounds) == 1


def test_throughput_is_of_calls_in_a_stream(clock: FakeClock) -> None:
    """19 ms a call and 1 ms an image: 27 ms for eight; a slice of 60 ms holds three calls, timed together."""
    found = compare(model(clock), model(clock, 1.1), quantity="throughput", batch=8)
    assert found.comparison.verdict == "slower"
    assert found.call_ms == pytest.approx((27, 29.7))
    assert {sample.num_calls for one in found.rounds for samples in one.slices for sample in samples} == {3}


def test_looks_are_ever_further_apart_and_few(clock: FakeClock) -> None:
    looks = planned_looks(9)
    assert looks[:5] == (9, 14, 21, 31, 46)
    assert len(looks) == MAX_LOOKS
    seen: list[int] = []
    rng = np.random.default_rng(0)
    first, second = (model(clock, 1, lambda now_ns: float(np.exp(rng.standard_normal()))) for _ in range(2))
    interleaved(
        first, second, ComparisonSettings(timeout_s=30), on_look=lambda comparison: seen.append(comparison.num_rounds)
    )
    assert tuple(seen[:-1]) == looks[: len(seen) - 1]


def test_no_garbage_is_collected_while_time_is_taken(clock: FakeClock) -> None:
    seen: list[bool] = []

    def noise(now_ns: int) -> float:
        seen.append(gc.isenabled())
        return 1.0

    compare(model(clock, 1, noise), model(clock), warmup_s=0)
    assert True not in seen[3:], "the first call and two to warm up come before"
    assert len(seen) > 3
    assert gc.isenabled()
