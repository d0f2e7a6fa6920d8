"""The loss of a batch against sums written out by hand. Spec: training_and_evaluation.md §3."""

from __future__ import annotations

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from gtpt_bench.models.blocks.simcc_head import SimccLogits
from gtpt_bench.models.gtpt.model import TrainingLogits
from gtpt_bench.training.losses import global_perceived_loss

NX, NY = 3, 5
"""Bins of the axes; different, as in the paper, where y has more."""


def random_logits(batch: int, keypoints: int, seed: int) -> SimccLogits:
    generator = torch.Generator().manual_seed(seed)
    x, y = (torch.randn(batch, keypoints, bins, generator=generator) for bins in (NX, NY))
    return SimccLogits(x, y)


def densities(batch: int, keypoints: int, seed: int) -> SimccLogits:
    """Targets that are positive and do not sum to one, like a Gaussian cut off at the border."""
    return SimccLogits(*(0.3 * axis.exp() for axis in random_logits(batch, keypoints, seed)))


def one_hot(keypoints: int = 1) -> SimccLogits:
    x, y = torch.zeros(1, keypoints, NX), torch.zeros(1, keypoints, NY)
    x[..., 1] = y[..., 2] = 1
    return SimccLogits(x, y)


def uniform(keypoints: int = 1) -> SimccLogits:
    return SimccLogits(torch.zeros(1, keypoints, NX), torch.zeros(1, keypoints, NY))


def gradient(tensor: Tensor) -> Tensor:
    assert tensor.grad is not None
    return tensor.grad


def softmax(row: list[float]) -> list[float]:
    total = math.fsum(math.exp(value) for value in row)
    return [math.exp(value) / total for value in row]


def mean_kl(target: list[float], prediction: list[float]) -> float:
    """KL(target ‖ prediction) over the number of bins; a bin without target adds nothing."""
    return math.fsum(t * math.log(t / p) for t, p in zip(target, prediction, strict=True) if t > 0) / len(target)


def written_out(logits: TrainingLogits, targets: SimccLogits, weights: Tensor) -> float:
    """The formula of the spec, keypoint by keypoint, in Python's doubles."""
    total, (batch, keypoints) = 0.0, weights.shape
    for axis in range(2):
        for b in range(batch):
            for j in range(keypoints):
                target = targets[axis][b, j].tolist()
                pruned = softmax(logits.pruned[axis][b, j].tolist())
                value = mean_kl(target, pruned)
                if logits.full is not None:
                    full = softmax(logits.full[axis][b, j].tolist())
                    value += mean_kl(target, full) + mean_kl(full, pruned)
                total += float(weights[b, j]) * value / (batch * keypoints)
    return total


def test_knowing_nothing_of_a_certain_place_costs_the_entropy_of_each_axis_over_its_bins() -> None:
    """One-hot target, uniform prediction: log(n) / n an axis. With a full pass that knows as little, twice that."""
    expected = math.log(NX) / NX + math.log(NY) / NY
    weights = torch.ones(1, 1)
    alone = global_perceived_loss(TrainingLogits(uniform(), None), one_hot(), weights)
    both = global_perceived_loss(TrainingLogits(uniform(), uniform()), one_hot(), weights)
    assert float(alone) == pytest.approx(expected, rel=1e-6)
    assert float(both) == pytest.approx(2 * expected, rel=1e-6)


@given(
    batch=st.integers(1, 3),
    keypoints=st.integers(1, 4),
    seed=st.integers(0, 999),
    has_full_pass=st.booleans(),
    weights=st.lists(st.sampled_from([0.0, 0.25, 1.0]), min_size=12, max_size=12),
)
def test_the_loss_is_the_papers_formula(
    batch: int, keypoints: int, seed: int, has_full_pass: bool, weights: list[float]
) -> None:
    full = random_logits(batch, keypoints, seed + 1) if has_full_pass else None
    logits = TrainingLogits(random_logits(batch, keypoints, seed), full)
    targets = densities(batch, keypoints, seed + 2)
    weights_BJ = torch.tensor(weights[: batch * keypoints]).reshape(batch, keypoints)
    loss = float(global_perceived_loss(logits, targets, weights_BJ))
    assert loss == pytest.approx(written_out(logits, targets, weights_BJ), rel=1e-4, abs=1e-6)


def test_an_invisible_keypoint_weighs_nothing_whatever_is_said_of_it() -> None:
    weights = torch.tensor([[1.0, 0.0]])
    pruned, full, other_pruned, other_full = (random_logits(1, 2, seed) for seed in range(4))
    for said, otherwise in zip((*pruned, *full), (*other_pruned, *other_full), strict=True):
        otherwise[:, 0] = said[:, 0]
        otherwise.requires_grad_()
    targets = densities(1, 2, 7)
    loss = global_perceived_loss(TrainingLogits(other_pruned, other_full), targets, weights)
    assert torch.equal(loss.detach(), global_perceived_loss(TrainingLogits(pruned, full), targets, weights))
    loss.backward()
    for otherwise in (*other_pruned, *other_full):
        assert gradient(otherwise)[:, 1].eq(0).all()
        assert gradient(otherwise)[:, 0].ne(0).any()


def test_invisible_keypoints_still_count_in_the_mean() -> None:
    """Quirk 7: the mean is over all keypoints of the batch, so one labelled in four weighs a quarter."""
    one = global_perceived_loss(TrainingLogits(uniform(), uniform()), one_hot(), torch.ones(1, 1))
    weights = torch.tensor([[0.0, 1.0, 0.0, 0.0]])
    four = global_perceived_loss(TrainingLogits(uniform(4), uniform(4)), one_hot(4), weights)
    assert float(four) == pytest.approx(float(one) / 4, rel=1e-6)


def test_a_perfect_prediction_costs_nothing() -> None:
    logits = random_logits(2, 3, 0)
    targets = SimccLogits(*(axis.softmax(-1) for axis in logits))
    loss = global_perceived_loss(TrainingLogits(logits, logits), targets, torch.ones(2, 3))
    assert float(loss) == pytest.approx(0, abs=1e-7)


def test_the_full_pass_is_a_teacher_that_does_not_learn_from_its_pupil() -> None:
    """Where nothing is the target, only distillation is left, and it moves the pruned pass alone."""
    pruned, full = random_logits(1, 2, 0), random_logits(1, 2, 1)
    for axis in (*pruned, *full):
        axis.requires_grad_()
    nothing = SimccLogits(torch.zeros(1, 2, NX), torch.zeros(1, 2, NY))
    global_perceived_loss(TrainingLogits(pruned, full), nothing, torch.ones(1, 2)).backward()
    assert all(gradient(axis).ne(0).any() for axis in pruned)
    assert all(gradient(axis).eq(0).all() for axis in full)
