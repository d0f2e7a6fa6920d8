"""Published figures, rebuilt from the layers of their networks under the convention that each of them follows.

Every figure is spec/baselines.md §1 or §2; measured ones agree to the digits printed there.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import nn

from gtpt_bench.efficiency.counting.conventions import ATTENTION, CONVENTIONS
from gtpt_bench.efficiency.counting.operators import Trace
from gtpt_bench.efficiency.counting.trace import trace_forward
from gtpt_bench.models.sizes import Size
from tests.efficiency.counting import published

IMAGE, LARGE = Size(256, 192), Size(384, 288)


def traced(build: Callable[[], nn.Module], size: Size = IMAGE) -> Trace:
    with torch.device("meta"):
        return trace_forward(build(), size)


def printed(convention: str, trace: Trace) -> float:
    rule = CONVENTIONS[convention]
    return rule.printed(rule.macs(trace))


@pytest.mark.parametrize(
    ("build", "size", "full", "reported"),
    [
        (lambda: published.simple_baseline((3, 4, 6, 3)), IMAGE, 5.426, 8.99),
        (lambda: published.simple_baseline((3, 4, 23, 3)), IMAGE, 9.063, 12.38),
        (lambda: published.simple_baseline((3, 4, 6, 3), keypoints=133), LARGE, 12.415, 20.42),
        (published.hrnet_w32, IMAGE, 7.645, 7.12),
    ],
    ids=["SimBa-50", "SimBa-101", "SimBa whole-body", "HRNet-W32"],
)
def test_simple_baseline_and_hrnet_print_h(
    build: Callable[[], nn.Module], size: Size, full: float, reported: float
) -> None:
    trace = traced(build, size)
    assert printed("full", trace) == pytest.approx(full, abs=5e-4)
    assert printed("H", trace) == pytest.approx(reported, abs=5e-3)


def test_what_transposed_convolutions_of_simple_baseline_are_overcounted_by() -> None:
    trace = traced(lambda: published.simple_baseline((3, 4, 6, 3)))
    excess = CONVENTIONS["H"].macs(trace) - CONVENTIONS["E"].macs(trace)
    assert excess / 1e9 == pytest.approx(4.228, abs=5e-4)


@pytest.mark.parametrize(
    ("build", "full", "attention", "reported"),
    [
        (lambda: published.transpose_r(4), 6.320, 1.208, 8.884),
        (lambda: published.transpose_r(3), 5.414, 0.906, 7.953),
        (published.transpose_h_s, 9.929, 4.832, 10.200),
    ],
    ids=["R-A4", "R-A3", "H-S"],
)
def test_transpose_prints_d(build: Callable[[], nn.Module], full: float, attention: float, reported: float) -> None:
    trace = traced(build)
    assert printed("full", trace) == pytest.approx(full, abs=5e-4)
    assert ATTENTION.macs(trace) / 1e9 == pytest.approx(attention, abs=5e-4)
    assert printed("D", trace) == pytest.approx(reported, abs=5e-4)


@pytest.mark.parametrize(
    ("build", "full", "reported"),
    [(published.tokenpose_s, 2.726, 2.414), (published.tokenpose_b, 6.276, 5.995)],
    ids=["S-v1", "B"],
)
def test_tokenpose_is_quoted_as_thop_counts_it(build: Callable[[], nn.Module], full: float, reported: float) -> None:
    trace = traced(build)
    assert printed("full", trace) == pytest.approx(full, abs=5e-4)
    assert printed("thop", trace) == pytest.approx(reported, abs=6e-4)


@pytest.mark.parametrize(
    ("build", "size", "without_norms", "reported"),
    [
        (lambda: published.ViTPose(384, 12, 12), IMAGE, 5.345, 5.4),
        (lambda: published.ViTPose(1280, 32, 16), IMAGE, 122.90, 122.9),
        (published.DeepPose, LARGE, 17.191, 17.3),
    ],
    ids=["ViTPose+-S", "ViTPose+-H", "DeepPose"],
)
def test_vitpose_and_deeppose_print_n(
    build: Callable[[], nn.Module], size: Size, without_norms: float, reported: float
) -> None:
    trace = traced(build, size)
    assert printed("E", trace) == pytest.approx(without_norms, abs=2e-3)
    assert round(printed("N", trace), 1) == reported
