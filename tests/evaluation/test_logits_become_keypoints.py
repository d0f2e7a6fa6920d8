"""From SimCC logits to coordinates and confidences, and how a mirrored crop's logits are turned back."""

from __future__ import annotations

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from gtpt_bench.evaluation.decode import averaged, decoded, unmirrored
from gtpt_bench.keypoints import COCO, WHOLEBODY
from gtpt_bench.models.blocks.simcc_head import SimccLogits
from gtpt_bench.models.sizes import Size
from gtpt_bench.training.targets import simcc_targets

INPUT = Size(64, 48)
MIRROR = list(COCO.mirror)
NO_MIRROR = range(17)


def random_logits(seed: int = 0, *, ratio: int = 2) -> SimccLogits:
    rng = torch.Generator().manual_seed(seed)
    return SimccLogits(*(torch.randn(2, 17, ratio * length, generator=rng) for length in (48, 64)))


def peak(num_bins: int, at: int, *, height: float = 5.0, floor: float = 0.0) -> Tensor:
    logits = torch.full((1, 1, num_bins), floor)
    logits[..., at] = height
    return logits


# Decoding


@given(st.integers(0, 95), st.integers(0, 127))
def test_the_likeliest_bins_are_the_coordinates(x_bin: int, y_bin: int) -> None:
    """At two bins a pixel; neither refined nor moved by half a bin."""
    coordinates, _ = decoded(SimccLogits(peak(96, x_bin), peak(128, y_bin)), split_ratio=2)
    assert coordinates.tolist() == [[[x_bin / 2, y_bin / 2]]]


@pytest.mark.parametrize(("ratio", "x"), [(1, 30), (2, 15), (3, 10)])
def test_the_split_ratio_says_how_many_bins_a_pixel_has(ratio: int, x: float) -> None:
    coordinates, _ = decoded(SimccLogits(peak(48 * ratio, 30), peak(64 * ratio, 0)), split_ratio=ratio)
    assert coordinates.tolist() == [[[x, 0]]]


def test_the_confidence_is_the_smaller_of_the_two_largest_probabilities() -> None:
    x, y = peak(96, 3, height=4), peak(128, 9, height=6)
    _, confidence = decoded(SimccLogits(x, y), split_ratio=2)
    x_probability = math.exp(4) / (math.exp(4) + 95)
    y_probability = math.exp(6) / (math.exp(6) + 127)
    assert confidence.item() == pytest.approx(min(x_probability, y_probability))
    _, swapped = decoded(SimccLogits(peak(96, 3, height=9), peak(128, 9, height=1)), split_ratio=2)
    assert swapped.item() == pytest.approx(math.exp(1) / (math.exp(1) + 127))


@given(st.floats(-1000, 1000))
def test_only_differences_of_logits_count(offset: float) -> None:
    """So all-negative logits decode as well as any."""
    logits = random_logits()
    moved = SimccLogits(*(axis + torch.tensor(offset) for axis in logits))
    plain, shifted = decoded(logits, split_ratio=2), decoded(moved, split_ratio=2)
    assert shifted[1].numpy() == pytest.approx(plain[1].numpy(), rel=1e-3)
    assert (shifted[0] != plain[0]).float().mean() <= 0.05, "but for rounding of nearly equal bins"


def test_a_perfect_prediction_decodes_to_the_label_at_a_tenth_of_confidence() -> None:
    points = torch.tensor([[[20.0, 30.5], [10.5, 40.0]]])
    densities, _ = simcc_targets(points, torch.ones(1, 2), input_size=INPUT, split_ratio=2, sigma_bins=4)
    coordinates, confidence = decoded(SimccLogits(*(axis.log() for axis in densities)), split_ratio=2)
    assert torch.equal(coordinates, points)
    assert confidence.numpy() == pytest.approx(0.0997, abs=2e-3)


def test_batches_keep_persons_and_keypoints_apart() -> None:
    logits = random_logits()
    together = decoded(logits, split_ratio=2)
    for person in range(2):
        for joint in range(17):
            one = SimccLogits(*(axis[person : person + 1, joint : joint + 1] for axis in logits))
            coordinates, confidence = decoded(one, split_ratio=2)
            assert torch.equal(coordinates[0, 0], together[0][person, joint])
            assert confidence.item() == pytest.approx(together[1][person, joint].item())


def test_half_precision_logits_have_full_precision_confidences() -> None:
    logits = SimccLogits(*(axis.bfloat16() for axis in random_logits()))
    exact = SimccLogits(*(axis.float() for axis in logits))
    assert torch.equal(decoded(logits, split_ratio=2)[1], decoded(exact, split_ratio=2)[1])


# Mirroring back


@given(st.integers(0, 47), st.integers(1, 4))
def test_a_pixels_mirror_image_comes_back_to_its_bin(x: int, ratio: int) -> None:
    """Pixel x is seen at W − 1 − x in the mirrored crop; at r bins a pixel a shift of r − 1 aligns them exactly."""
    seen = SimccLogits(peak(48 * ratio, ratio * (47 - x)), peak(64 * ratio, 5))
    x_axis, y_axis = unmirrored(seen, [0], shift_bins=ratio - 1)
    assert x_axis.argmax() == ratio * x
    assert torch.equal(y_axis, seen.y), "heights do not change"


def test_without_the_shift_the_bins_are_one_off() -> None:
    seen = SimccLogits(peak(96, 2 * (47 - 10)), peak(128, 5))
    assert unmirrored(seen, [0], shift_bins=0).x.argmax() == 21
    assert unmirrored(seen, [0], shift_bins=1).x.argmax() == 20


def test_the_shift_takes_each_bin_from_its_right_neighbour_and_keeps_the_last() -> None:
    logits = random_logits()
    reversed_x = logits.x.flip(-1)
    shifted = unmirrored(logits, NO_MIRROR, shift_bins=1).x
    assert torch.equal(shifted[..., :-1], reversed_x[..., 1:])
    assert torch.equal(shifted[..., -1], reversed_x[..., -1])


def test_a_whole_mirrored_person_comes_back_left_for_left() -> None:
    """Labels of the mirrored crop, made as the loader makes them, turned back equal those of the plain crop."""
    points = torch.stack((torch.randint(8, 40, (1, 17)), torch.randint(8, 56, (1, 17))), -1).float()
    mirrored = torch.stack((47 - points[..., 0], points[..., 1]), -1)[:, MIRROR]
    plain, seen = (
        simcc_targets(p, torch.ones(1, 17), input_size=INPUT, split_ratio=2, sigma_bins=1.0)[0]
        for p in (points, mirrored)
    )
    back = unmirrored(seen, MIRROR, shift_bins=1)
    assert torch.allclose(back.x[..., :-1], plain.x[..., :-1], atol=1e-7)
    assert torch.equal(back.y, plain.y)


@pytest.mark.parametrize("keypoints", [COCO, WHOLEBODY], ids=lambda k: k.name)
def test_mirroring_twice_without_shift_changes_nothing(keypoints: object) -> None:
    mirror = COCO.mirror if keypoints is COCO else WHOLEBODY.mirror
    logits = SimccLogits(torch.randn(2, len(mirror), 96), torch.randn(2, len(mirror), 128))
    twice = unmirrored(unmirrored(logits, mirror, shift_bins=0), mirror, shift_bins=0)
    assert torch.equal(twice.x, logits.x)
    assert torch.equal(twice.y, logits.y)


def test_logits_are_averaged_not_probabilities() -> None:
    first, second = random_logits(0), random_logits(1)
    mean = averaged(first, second)
    for axis, one, other in zip(mean, first, second, strict=True):
        assert torch.allclose(axis.softmax(-1), (one / 2 + other / 2).softmax(-1))
        assert not torch.allclose(axis.softmax(-1), (one.softmax(-1) + other.softmax(-1)) / 2, atol=1e-4)
