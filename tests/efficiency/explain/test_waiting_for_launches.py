"""How busy a device is, from windows given by hand: 4 calls of 10 ms."""

from __future__ import annotations

from dataclasses import replace

import pytest

from gtpt_bench.efficiency.explain.launch import Launch
from gtpt_bench.efficiency.explain.profile import Window
from tests.efficiency.fakes import MS

WINDOW = Window(
    calls=4,
    plain_ns=40 * MS,
    profiled_ns=40 * MS,
    groups_ns={"a": {"linear": 10 * MS, "copy": 4 * MS}, "b": {"linear": 2 * MS}},
    arranging_ns=6 * MS,
    busy_ns=16 * MS,
)


def test_shares_are_of_the_time_of_a_call() -> None:
    launch = Launch("cpu", (WINDOW,))
    assert (launch.busy_share, launch.waiting_share, launch.arranging_share) == pytest.approx((0.4, 0.6, 0.15))
    assert launch.group_shares == pytest.approx({"linear": 0.3, "copy": 0.1})
    assert launch.stage_group_shares == {
        "a": pytest.approx({"linear": 0.25, "copy": 0.1}),
        "b": pytest.approx({"linear": 0.05}),
    }


def test_groups_come_the_largest_first() -> None:
    swapped = replace(WINDOW, groups_ns={"a": {"linear": MS, "copy": 3 * MS, "softmax": 2 * MS}})
    assert [*Launch("cpu", (swapped,)).group_shares] == ["copy", "softmax", "linear"]


def test_what_the_profiler_costs_is_taken_out_and_told() -> None:
    """Profiled calls take twice as long because of the profiler: 16 of 80 ms under it are 16 of 40 ms without."""
    launch = Launch("cpu", (replace(WINDOW, profiled_ns=80 * MS),))
    assert launch.overhead == pytest.approx(1)
    assert launch.busy_share == pytest.approx(0.4)


def test_a_profiler_that_seems_to_speed_up_is_noise_and_makes_nothing_busier() -> None:
    launch = Launch("cpu", (replace(WINDOW, profiled_ns=32 * MS),))
    assert launch.overhead == pytest.approx(-0.2)
    assert launch.busy_share == pytest.approx(0.5)


def test_no_device_is_busier_than_always() -> None:
    """The profiler seems to have doubled the time of a device that was always busy under it."""
    window = replace(
        WINDOW, profiled_ns=80 * MS, busy_ns=80 * MS, groups_ns={"a": {"linear": 60 * MS, "copy": 20 * MS}}
    )
    launch = Launch("cpu", (window,))
    assert (launch.busy_share, launch.waiting_share) == (1, 0)
    assert launch.group_shares == pytest.approx({"linear": 0.75, "copy": 0.25})


@pytest.mark.parametrize(("device", "busy_ms", "bound"), [("cuda", 35, True), ("cuda", 37, False)])
def test_a_gpu_that_idles_in_a_stream_of_calls_is_launch_bound(device: str, busy_ms: int, bound: bool) -> None:
    assert Launch(device, (replace(WINDOW, busy_ns=busy_ms * MS),)).bound is bound


@pytest.mark.parametrize(("busy_ms", "bound"), [(19, True), (21, False)])
def test_a_cpu_is_launch_bound_if_waiting_is_the_larger_part(busy_ms: int, bound: bool) -> None:
    assert Launch("cpu", (replace(WINDOW, busy_ns=busy_ms * MS),)).bound is bound


def test_the_typical_window_counts_and_disturbed_ones_do_not() -> None:
    windows = [replace(WINDOW, busy_ns=busy * MS) for busy in (10, 20, 30)]
    robbed = [replace(WINDOW, busy_ns=0, waited_share=0.3)] * 9
    assert Launch("cuda", (*windows, *robbed)).busy_share == pytest.approx(0.5)
