"""The machine's rates: what is done, by the fake clock; and once for real, in a process of its own."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch

from gtpt_bench.efficiency.explain import rates
from gtpt_bench.efficiency.explain.matrix_rate import MatrixRate, RateLoop, product_forms
from gtpt_bench.efficiency.explain.rates import MachineRates, RatedDevice, RateRound, RatesHere, last_cache_bytes
from gtpt_bench.efficiency.explain.rates_apart import RatesApart, rates_beside
from gtpt_bench.errors import InputError, MeasurementRejected
from tests.efficiency.fakes import MS, FakeClock

CPU = torch.device("cpu")


def test_both_forms_are_the_same_product() -> None:
    matmul, conv = product_forms(32, torch.float32, CPU)
    assert conv().is_contiguous(memory_format=torch.channels_last)
    torch.testing.assert_close(conv().reshape(32, 32).T, matmul(), atol=1e-4, rtol=1e-4)


def loop(clock: FakeClock, call_ms: float, work: float) -> RateLoop:
    def call() -> None:
        clock.now_ns += round(call_ms * MS)

    return RateLoop(call, work, CPU)


def test_work_a_second_over_as_many_calls_as_fit(clock: FakeClock) -> None:
    found = loop(clock, 10, 2e6)
    start = clock.now_ns
    assert found.round(0.1) == pytest.approx(2e8)
    assert clock.now_ns - start == 100 * MS


def test_a_first_call_that_is_slow_counts_nowhere(clock: FakeClock) -> None:
    calls: list[int] = []

    def call() -> None:
        clock.now_ns += (10 if calls else 900) * MS
        calls.append(1)

    assert RateLoop(call, 2e6, CPU).last == pytest.approx(2e8)


def test_the_faster_form_is_the_machines_rate(clock: FakeClock) -> None:
    rate = MatrixRate(CPU, "float32", side=32)
    rate.matmul, rate.conv = loop(clock, 20, 2e6), loop(clock, 10, 2e6)
    assert rate.samples(0.1) == pytest.approx((1e8, 2e8))
    assert rate.round(0.1) == pytest.approx(2e8)


def test_a_hopeless_form_is_not_measured_again(clock: FakeClock) -> None:
    """float16 products on a processor without them take seconds."""
    rate = MatrixRate(CPU, "float32", side=32)
    rate.matmul, rate.conv = loop(clock, 9000, 2e6), loop(clock, 10, 2e6)
    start = clock.now_ns
    assert rate.samples(0.1) == pytest.approx((2e6 / 9, 2e8))
    assert clock.now_ns - start == 100 * MS


A_ROUND = RateRound(1.0, 2.0, 10.0, 40.0)
RATED = RatedDevice("cpu", "float32", 2, 1536, 2**20)


def test_rates_are_medians_of_undisturbed_rounds_and_the_faster_of_the_two_products() -> None:
    others = replace(A_ROUND, conv_flops_per_s=4.0), replace(A_ROUND, conv_flops_per_s=3.0)
    found = MachineRates(RATED, (A_ROUND, *others, replace(A_ROUND, conv_flops_per_s=99.0, waited_share=0.5)))
    assert (found.matmul_flops_per_s, found.conv_flops_per_s, found.flops_per_s) == (1, 3, 3)
    assert (found.bandwidth_bytes_per_s, found.cached_bytes_per_s) == (10, 40)


def test_where_no_cache_is_known_memory_stands_for_it() -> None:
    assert MachineRates(RATED, (replace(A_ROUND, cache_bytes_per_s=None),)).cached_bytes_per_s == 10


def test_the_last_cache_is_the_largest_that_the_system_tells_of(tmp_path: Path) -> None:
    for number, size in enumerate(("48K", "1024K", "32768K")):
        (tmp_path / f"index{number}").mkdir()
        (tmp_path / f"index{number}" / "size").write_text(f"{size}\n")
    assert last_cache_bytes(CPU, tmp_path) == 32 * 2**20
    assert last_cache_bytes(CPU, tmp_path / "nowhere") == 0


def test_streaming_counts_two_reads_and_a_write(clock: FakeClock, monkeypatch: pytest.MonkeyPatch) -> None:
    stream = rates.Streaming(CPU, 4096)
    monkeypatch.setattr(stream, "loop", loop(clock, 1, stream.loop.work))
    assert stream.round(0.01) == pytest.approx(3 * 4096 / 1e-3)


def test_tf32_is_refused_where_there_is_none() -> None:
    with pytest.raises(InputError, match="tf32"):
        RatesHere(CPU, "tf32")
    with pytest.raises(InputError, match="tf32"), rates_beside(CPU, "tf32"):
        pytest.fail("a process was started")


def test_a_process_of_its_own_measures_and_tells_of_its_end() -> None:
    with rates_beside(CPU, "float32") as meter:
        assert isinstance(meter, RatesApart)
        assert meter.rated == RatedDevice("cpu", "float32", torch.get_num_threads(), 1536, last_cache_bytes(CPU))
        one = meter.round(0.02)
        alone = meter.matrix_round(0.04)
        meter.process.kill()
        with pytest.raises(MeasurementRejected, match="has ended"):
            meter.round(0.02)
    assert meter.process.returncode is not None
    assert min(one.matmul_flops_per_s, one.conv_flops_per_s, one.memory_bytes_per_s) > 1e8
    assert 0.05 < alone / max(one.matmul_flops_per_s, one.conv_flops_per_s) < 20
