"""What a profile says about stages and groups of operators: by hand, and of a real model."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from gtpt_bench.efficiency.counting.breakdown import ELSEWHERE
from gtpt_bench.efficiency.explain.launch import LaunchMeter
from gtpt_bench.efficiency.explain.operator_groups import COUNTED, GROUPS, IN_WORDS, Group, group_of
from gtpt_bench.efficiency.explain.profile import MARK, HostEvent, by_stage_and_group, covered_us
from gtpt_bench.efficiency.explain.stage_map import stage_map
from gtpt_bench.models import create_model

CPU = torch.device("cpu")
IMAGES = (torch.randn(1, 3, 128, 96, generator=torch.Generator().manual_seed(0)),)


@pytest.mark.parametrize(
    ("name", "calls_others", "group"),
    [
        ("aten::addmm", True, "linear"),
        ("mkldnn::_linear_pointwise", False, "linear"),
        ("aten::bmm", False, "attention"),
        ("aten::_scaled_dot_product_flash_attention_for_cpu", True, "attention"),
        ("aten::mkldnn_convolution", True, "convolution"),
        ("aten::_softmax", False, "softmax"),
        ("aten::native_batch_norm", True, "norm"),
        ("aten::gelu", False, "activation"),
        ("aten::add_", False, "arithmetic"),
        ("aten::copy_", False, "copy"),
        ("aten::topk", False, "selection"),
        ("aten::relu", True, None),
        ("aten::relu", False, "activation"),
        ("aten::linear", True, None),
        ("aten::transpose", True, None),
        ("aten::empty", False, None),
        ("cudaLaunchKernel", False, None),
        ("mine::own_convolution", False, "convolution"),
        ("mine::something", False, "other"),
        ("mine::something", True, None),
    ],
)
def test_groups_by_name(name: str, calls_others: bool, group: Group | None) -> None:
    assert group_of(name, calls_others=calls_others) == group


def test_every_group_has_a_name_for_people() -> None:
    assert set(IN_WORDS) == set(GROUPS) > COUNTED


def mark(start: float, label: str = "") -> HostEvent:
    return HostEvent(MARK + label, start, 1.0)


EVENTS = [
    mark(0),
    mark(1, "a"),
    HostEvent("aten::linear", 2, 3.0, calls_others=True),
    HostEvent("aten::addmm", 3, 10.0, device_us=100.0),
    mark(20),
    HostEvent("aten::add", 21, 5.0, device_us=7.0),
    mark(30, "a"),
    HostEvent("aten::gelu", 31, 4.0, device_us=6.0),
    mark(40),
    HostEvent("aten::cat", 41, 2.0, device_us=3.0),
    mark(50, "b"),
    HostEvent("aten::conv2d", 51, 1.0, calls_others=True),
    HostEvent("aten::cudnn_convolution", 52, 20.0, device_us=50.0),
    HostEvent("cudaLaunchKernel", 53, 15.0),
]


def test_on_a_cpu_operators_own_time_counts_and_the_rest_only_arranges() -> None:
    found, arranging = by_stage_and_group(EVENTS, on_device=False)
    assert found == {
        "a": {"linear": 10_000, "arithmetic": 5_000, "activation": 4_000},
        ELSEWHERE: {"copy": 2_000},
        "b": {"convolution": 20_000},
    }
    assert arranging == 4_000  # linear and conv2d, which call others


def test_on_a_gpu_the_kernels_that_operators_launch_count() -> None:
    found, arranging = by_stage_and_group(EVENTS, on_device=True)
    assert found == {
        "a": {"linear": 100_000, "arithmetic": 7_000, "activation": 6_000},
        ELSEWHERE: {"copy": 3_000},
        "b": {"convolution": 50_000},
    }
    assert arranging == 45_000  # all operators on the host; the driver's calls are none


def test_events_may_come_in_any_order() -> None:
    assert by_stage_and_group(EVENTS[::-1], on_device=False) == by_stage_and_group(EVENTS, on_device=False)


def test_kernels_that_overlap_keep_the_device_busy_once() -> None:
    assert covered_us([]) == 0
    assert covered_us([(0, 10), (5, 12), (20, 21), (6, 7)]) == 13


@given(st.lists(st.tuples(st.integers(0, 60), st.integers(0, 20)), max_size=12))
def test_covered_time_is_what_a_raster_finds(spans: list[tuple[int, int]]) -> None:
    raster = {tick for begin, length in spans for tick in range(begin, begin + length)}
    assert covered_us([(begin, begin + length) for begin, length in spans]) == len(raster)


def test_a_real_models_products_are_found_in_its_stages() -> None:
    model = create_model("gtpt_tiny_coco").eval()
    meter = LaunchMeter(model, IMAGES, CPU)
    meter.warm_up()
    for _ in range(2):
        meter.round(2)
    launch = meter.launch()
    stages = stage_map(model)
    assert {*stages.stages, ELSEWHERE} == set(launch.stage_group_shares)
    for layers in ("stage 1", "stage 2", "stage 3", "stage 4"):
        assert {"attention", "softmax", "norm"} & set(launch.stage_group_shares[layers])
    assert "convolution" in launch.stage_group_shares["tokenizer"]
    assert "other" not in launch.group_shares
    assert 0 < launch.busy_share <= 1
    assert sum(launch.group_shares.values()) == pytest.approx(launch.busy_share)


def test_the_window_holds_what_was_computed_and_not_more() -> None:
    window = LaunchMeter(create_model("gtpt_tiny_coco").eval(), IMAGES, CPU).round(2).read()
    computed = sum(sum(groups.values()) for groups in window.groups_ns.values())
    assert window.busy_ns == computed
    assert 0 < computed + window.arranging_ns <= window.profiled_ns
