"""SimCC targets: a normal density over bins, and which labels still count near the crop's border."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from torch import Tensor

from gtpt_bench.models.blocks.simcc_head import SimccLogits
from gtpt_bench.models.sizes import Size
from gtpt_bench.training.targets import simcc_targets

INPUT = Size(256, 192)
PEAK = 1 / (4 * math.sqrt(2 * math.pi))
"""0.0997: the density's value on its mean, at four bins sigma."""


def target(x: float, y: float, visibility: float = 1.0) -> tuple[Tensor, Tensor, float]:
    """Densities and weight of a single keypoint, at the paper's settings."""
    targets, weights = targets_of(torch.tensor([[[x, y]]]), torch.tensor([[visibility]]))
    return targets.x[0, 0], targets.y[0, 0], float(weights[0, 0])


def targets_of(keypoints_BJ2: Tensor, visibility_BJ: Tensor) -> tuple[SimccLogits, Tensor]:
    return simcc_targets(keypoints_BJ2, visibility_BJ, input_size=INPUT, split_ratio=2, sigma_bins=4)


@given(st.floats(0, 191, width=32), st.floats(0, 255, width=32))
def test_targets_are_normal_densities_around_twice_the_coordinate(px: float, py: float) -> None:
    x, y, weight = target(px, py)
    assert weight == 1
    np.testing.assert_allclose(x, stats.norm.pdf(np.arange(384), 2 * px, 4), atol=1e-6)
    np.testing.assert_allclose(y, stats.norm.pdf(np.arange(512), 2 * py, 4), atol=1e-6)


def test_a_target_in_the_middle_sums_to_one_and_peaks_at_a_tenth() -> None:
    x, y, _ = target(96, 128)
    assert x.argmax() == 192
    assert y.argmax() == 256
    assert x.max() == pytest.approx(0.0997, abs=5e-5)
    assert x.max() == pytest.approx(PEAK)
    assert x.sum() == pytest.approx(1, abs=1e-5)


def test_at_the_border_the_density_is_cut_off_not_renormalised() -> None:
    x, _, weight = target(0, 128)
    assert weight == 1
    assert x[0] == pytest.approx(PEAK)
    assert x.sum() == pytest.approx(0.5 + PEAK / 2, abs=1e-4)


@pytest.mark.parametrize(
    ("x", "y", "weight"),
    [
        (203.99, 128, 1),
        (204, 128, 0),
        (96, 267.99, 1),
        (96, 268, 0),
        (-13.99, 128, 1),
        (-14, 128, 0),
        (96, -13.99, 1),
        (96, -14, 0),
        (-13, 267, 1),
        (-13, 300, 0),
    ],
)
def test_keypoints_count_up_to_twelve_pixels_outside(x: float, y: float, weight: float) -> None:
    """Three sigmas are twelve bins, but are read as pixels and rounded toward zero: the authors' quirk 4."""
    in_x, in_y, found = target(x, y)
    assert found == weight
    assert (in_x.max() > 0) == (in_y.max() > 0) == bool(weight)


@pytest.mark.parametrize(
    ("visibility", "has_target"), [(0.0, False), (0.3, False), (0.5, False), (0.51, True), (1.0, True)]
)
def test_weak_labels_keep_their_weight_without_a_target(visibility: float, has_target: bool) -> None:
    """Fractional visibility of whole bodies: up to a half only distillation sees the keypoint."""
    x, y, weight = target(96, 128, visibility)
    assert weight == pytest.approx(visibility)
    assert x.max() == pytest.approx(PEAK if has_target else 0)
    assert y.max() == pytest.approx(PEAK if has_target else 0)


@given(st.lists(st.tuples(st.floats(-30, 230), st.floats(-30, 290), st.floats(0, 1)), min_size=6, max_size=6))
def test_a_batch_is_its_keypoints_one_by_one(labels: list[tuple[float, float, float]]) -> None:
    table = torch.tensor(labels, dtype=torch.float32).reshape(2, 3, 3)
    targets, weights = targets_of(table[..., :2], table[..., 2])
    assert targets.x.shape == (2, 3, 384)
    assert targets.y.shape == (2, 3, 512)
    for place, label in enumerate(table.reshape(6, 3).tolist()):
        x, y, weight = target(*label)
        assert torch.equal(targets.x.reshape(6, -1)[place], x)
        assert torch.equal(targets.y.reshape(6, -1)[place], y)
        assert weights.reshape(6)[place] == weight


def test_other_sizes_and_ratios_change_bins_and_border() -> None:
    targets, weights = simcc_targets(
        torch.tensor([[[10.0, 20.0], [54.0, 20.0]]]),
        torch.ones(1, 2),
        input_size=Size(64, 48),
        split_ratio=3,
        sigma_bins=2.0,
    )
    assert targets.x.shape == (1, 2, 144)
    assert targets.y.shape == (1, 2, 192)
    assert targets.x[0, 0].argmax() == 30
    assert targets.y[0, 0].argmax() == 60
    assert weights.tolist() == [[1, 0]], "3 · 2 = 6 pixels beyond 48 is the first that does not count"
