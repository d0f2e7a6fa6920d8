"""Who learns from whom: value and gradients of every distillation against formulas written out in double precision.

Spec: ablations.md §3.7. With q the teacher's and p = softmax(z) the learner's probabilities over n bins, a term
w/n Σ q log(q/p) has the gradients w/n (p Σq − q) on the learner's logits z and w/n q (log(q/p) − Σ q log(q/p)) on the
teacher's.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor

from gtpt_bench.data.people import Person
from gtpt_bench.models.blocks.simcc_head import SimccLogits
from gtpt_bench.models.gtpt.model import PassOutput, TrainingLogits
from gtpt_bench.training.checkpoint import load_checkpoint, save_checkpoint
from gtpt_bench.training.config import TrainingConfig
from gtpt_bench.training.distillation import DISTILLATIONS, Distillation, Divergence
from gtpt_bench.training.losses import global_perceived_loss
from gtpt_bench.training.objective import objective_of
from tests.training.small import (
    RECIPE,
    STEPS_PER_EPOCH,
    assert_same_run,
    next_batch,
    small_trainer,
    train_until,
    trained,
)

BATCH, KEYPOINTS, BINS, WIDTH = 2, 3, (4, 6), 5
WEIGHTS = [[1.0, 0.0, 0.25], [1.0, 1.0, 0.0]]
"""Of labels: two in six are missing."""

Doubles = NDArray[np.float64]


@dataclass(frozen=True)
class Term:
    """What a line of the spec's table says of one divergence."""

    teacher: str
    """target, soft (softmax of twice the target), full, ema or pruned."""
    learner: str
    factor: float = 1.0
    gradient_to_teacher: bool = False
    label_weights: bool = True


PRUNED, FULL = Term("target", "pruned"), Term("target", "full")
FROM_FULL = Term("full", "pruned")
FROM_EMA = Term("ema", "pruned", label_weights=False)

TABLE: dict[str, list[Term]] = {
    "none": [PRUNED],
    "full_detached": [PRUNED, FULL, FROM_FULL],
    "full": [PRUNED, FULL, replace(FROM_FULL, gradient_to_teacher=True)],
    "full_symmetric": [
        PRUNED,
        FULL,
        Term("full", "pruned", factor=0.5, gradient_to_teacher=True),
        Term("pruned", "full", factor=0.5, gradient_to_teacher=True),
    ],
    "full_soft_target": [Term("soft", "pruned"), Term("soft", "full"), FROM_FULL],
    "ema": [PRUNED, FROM_EMA],
    "ema_weak": [PRUNED, replace(FROM_EMA, factor=0.1)],
    "ema_delayed": [PRUNED, FROM_EMA],
    "ema_feature": [PRUNED, FROM_EMA],
    "full_ema": [PRUNED, FULL, FROM_EMA],
}
"""The spec's table; what it says besides (later epochs, features, BatchNorm) has tests of its own."""

FEATURE = {"ema_feature": 0.01}


class Scene(NamedTuple):
    """Logits of three passes and the targets of a batch, each `(x, y)`; keypoint tokens of pruned and EMA pass."""

    pruned: SimccLogits
    full: SimccLogits
    ema: SimccLogits
    targets: SimccLogits
    keypoints: Tensor
    ema_keypoints: Tensor


def scene() -> Scene:
    """Everything is a leaf that could have a gradient, the moving average too."""
    generator = torch.Generator().manual_seed(0)

    def drawn(*shape: int) -> Tensor:
        return torch.randn(BATCH, KEYPOINTS, *shape, generator=generator)

    pruned, full, ema = (SimccLogits(*(drawn(bins).requires_grad_() for bins in BINS)) for _ in range(3))
    # Positive, not summing to one, like a Gaussian cut off at the border.
    targets = SimccLogits(*(0.3 * drawn(bins).exp() for bins in BINS))
    return Scene(pruned, full, ema, targets, drawn(WIDTH).requires_grad_(), drawn(WIDTH).requires_grad_())


def loss_of(now: Scene, name: str | Distillation, *, full: bool = True, ema: bool = True) -> Tensor:
    logits = TrainingLogits(now.pruned, now.full if full else None, keypoints=now.keypoints)
    taught = PassOutput(now.ema, now.ema_keypoints, attention=None) if ema else None
    distillation = DISTILLATIONS[name] if isinstance(name, str) else name
    return global_perceived_loss(logits, now.targets, torch.tensor(WEIGHTS), distillation=distillation, ema=taught)


def softmax(logits: Doubles) -> Doubles:
    powers = np.exp(logits)
    result: Doubles = powers / powers.sum(-1, keepdims=True)
    return result


def probabilities(now: Scene, name: str, axis: int) -> Doubles:
    values: Doubles = (
        (now.targets if name in ("target", "soft") else getattr(now, name))[axis].detach().double().numpy()
    )
    return values if name == "target" else softmax(2 * values if name == "soft" else values)


def written_out(now: Scene, terms: list[Term]) -> tuple[float, dict[tuple[str, int], Doubles]]:
    """Sum of the terms, and its gradient on the logits of (pass, axis)."""
    value = 0.0
    gradients = {
        (name, axis): np.zeros((BATCH, KEYPOINTS, BINS[axis])) for name in ("pruned", "full") for axis in (0, 1)
    }
    for term in terms:
        weights = np.asarray(WEIGHTS) if term.label_weights else np.ones((BATCH, KEYPOINTS))
        for axis in (0, 1):
            share = term.factor * weights[..., None] / (BATCH * KEYPOINTS * BINS[axis])
            q, p = probabilities(now, term.teacher, axis), probabilities(now, term.learner, axis)
            divergence = (q * np.log(q / p)).sum(-1, keepdims=True)
            value += float((share * divergence).sum())
            gradients[term.learner, axis] += share * (p * q.sum(-1, keepdims=True) - q)
            if term.gradient_to_teacher:
                gradients[term.teacher, axis] += share * q * (np.log(q / p) - divergence)
    return value, gradients


def gradient(tensor: Tensor) -> Doubles:
    return np.zeros(tensor.shape) if tensor.grad is None else tensor.grad.double().numpy()


def feature_distance(now: Scene) -> float:
    difference = (now.keypoints - now.ema_keypoints).detach().double()
    return float(difference.square().mean())


def test_every_distillation_of_the_spec_exists() -> None:
    assert list(DISTILLATIONS) == list(TABLE)
    assert TrainingConfig().distillation == DISTILLATIONS["full_detached"]


@pytest.mark.parametrize("name", TABLE)
def test_the_loss_is_the_sum_of_its_terms(name: str) -> None:
    now = scene()
    expected = written_out(now, TABLE[name])[0] + FEATURE.get(name, 0) * feature_distance(now)
    assert float(loss_of(now, name).detach()) == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize("name", TABLE)
def test_gradients_reach_the_passes_that_learn_and_no_other(name: str) -> None:
    now = scene()
    loss_of(now, name).backward()
    expected = written_out(now, TABLE[name])[1]
    for axis in (0, 1):
        np.testing.assert_allclose(gradient(now.pruned[axis]), expected["pruned", axis], rtol=1e-4, atol=1e-7)
        np.testing.assert_allclose(gradient(now.full[axis]), expected["full", axis], rtol=1e-4, atol=1e-7)
        assert not gradient(now.ema[axis]).any()
    difference = (now.keypoints - now.ema_keypoints).detach().double().numpy()
    np.testing.assert_allclose(
        gradient(now.keypoints), FEATURE.get(name, 0) * 2 * difference / difference.size, rtol=1e-4, atol=1e-9
    )
    assert not gradient(now.ema_keypoints).any()


@pytest.mark.parametrize("name", TABLE)
def test_terms_of_a_pass_that_did_not_run_are_left_out(name: str) -> None:
    """No full pass while every token is kept anyway, no moving average before its epoch: the targets remain."""
    now = scene()
    left = [term for term in TABLE[name] if "full" not in (term.teacher, term.learner) and term.teacher != "ema"]
    alone = loss_of(now, name, full=False, ema=False)
    assert float(alone.detach()) == pytest.approx(written_out(now, left)[0], rel=1e-5)


def test_without_a_full_pass_the_moving_average_still_teaches() -> None:
    now = scene()
    assert float(loss_of(now, "full_ema", full=False).detach()) == pytest.approx(
        written_out(now, [PRUNED, FROM_EMA])[0], rel=1e-5
    )


def test_a_missing_label_silences_the_full_pass_but_not_the_moving_average() -> None:
    """Keypoint 1 of person 0 has no label: only the moving average says anything of it."""
    for name, heard in (("full_detached", False), ("full_symmetric", False), ("ema", True), ("full_ema", True)):
        now = scene()
        loss_of(now, name).backward()
        assert bool(gradient(now.pruned.x)[0, 1].any()) == heard, name


def test_half_a_label_has_a_soft_target_though_it_has_no_hard_one() -> None:
    """softmax(2 · 0) is uniform: `full_soft_target` replaces every target, also those of weights up to a half."""
    now = scene()
    for axis in now.targets:
        axis[0, 2] = 0
    for name, pulled in (("none", False), ("full_soft_target", True)):
        now.pruned.x.grad = None
        loss_of(now, name, full=False, ema=False).backward()
        assert bool(gradient(now.pruned.x)[0, 2].any()) == pulled


def test_own_terms_may_be_put_together() -> None:
    """The full pass learns from the moving average, at a tenth."""
    own = Distillation(terms=(Divergence(teacher="ema", learner="full", weight=0.1),))
    now = scene()
    expected = written_out(now, [PRUNED, FULL, Term("ema", "full", factor=0.1)])[0]
    assert float(loss_of(now, own).detach()) == pytest.approx(expected, rel=1e-5)


# In a run


def test_a_delayed_average_teaches_from_the_seventh_epoch_on() -> None:
    """ "Only when epoch > 5", epochs counted from 0."""
    assert DISTILLATIONS["ema_delayed"].ema_from_epoch == 6
    assert DISTILLATIONS["ema_delayed"].changed({"ema_from_epoch": 0}) == DISTILLATIONS["ema"]


@pytest.mark.parametrize(("step", "like"), [(STEPS_PER_EPOCH - 1, "none"), (STEPS_PER_EPOCH, "ema")])
def test_before_its_epoch_the_average_says_nothing(step: int, like: str, people: list[Person]) -> None:
    run = train_until(small_trainer(people, recipe=RECIPE.changed({"distillation": "none"})), step)
    batch, losses = next_batch(run), {}
    delayed = DISTILLATIONS["ema"].changed({"ema_from_epoch": 1})
    for name, distillation in (("delayed", delayed), ("none", DISTILLATIONS["none"]), ("ema", DISTILLATIONS["ema"])):
        run.objective = objective_of(run.model_config, run.config.changed({"distillation": distillation.model_dump()}))
        losses[name] = float(run.loss(batch).detach())
    assert losses["none"] != losses["ema"]
    assert losses["delayed"] == pytest.approx(losses[like], rel=1e-6)


@pytest.mark.parametrize("name", TABLE)
def test_every_distillation_trains(name: str, people: list[Person]) -> None:
    long_enough = RECIPE.changed({"epochs": 10, "distillation": name})
    run = train_until(small_trainer(people, recipe=long_enough), 2)
    assert all(parameter.isfinite().all() for parameter in run.model.parameters())
    assert not any(parameter.requires_grad for parameter in run.ema.model.parameters())


def test_what_the_average_has_seen_while_it_taught_is_in_the_checkpoint(people: list[Person], tmp_path: Path) -> None:
    """Its BatchNorm runs in training mode then, so its statistics are no mere average of the online ones."""
    recipe, path = RECIPE.changed({"distillation": "full_ema"}), tmp_path / "checkpoint.pt"
    save_checkpoint(path, train_until(small_trainer(people, recipe=recipe), 4).state())
    continued = small_trainer(people, recipe=recipe)
    continued.restore(load_checkpoint(path))
    assert_same_run(trained(continued), trained(small_trainer(people, recipe=recipe)))


@pytest.mark.parametrize(
    ("name", "full", "ema"),
    [("none", False, False), ("full", True, False), ("ema", False, True), ("full_ema", True, True)],
)
def test_only_the_passes_that_somebody_learns_from_are_run(
    name: str, full: bool, ema: bool, people: list[Person]
) -> None:
    run, ran = small_trainer(people, recipe=RECIPE.changed({"distillation": name})), {"full": False, "ema": False}
    run.model.register_forward_hook(lambda _, args, logits: ran.update(full=logits.full is not None))
    next(run.ema.model.children()).register_forward_hook(lambda _, args, output: ran.update(ema=True))
    run.loss(next_batch(run))
    assert ran == {"full": full, "ema": ema}
