"""Evaluation of models with random scores, which repeats, and of those that look at the labels, which get them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from gtpt_bench.data.dataset import PersonCrops
from gtpt_bench.data.people import Person
from gtpt_bench.errors import InputError
from gtpt_bench.evaluation.poses import Poses
from gtpt_bench.evaluation.predict import mirrored_truth, predict_poses
from gtpt_bench.evaluation.protocol import Protocol
from gtpt_bench.keypoints import COCO
from gtpt_bench.models.blocks.pruning.truth import Truth
from gtpt_bench.models.reading import SimccReading
from gtpt_bench.training.trainer import seeded_model
from tests.training.small import small_model

CPU = torch.device("cpu")


def predicted(people: list[Person], model: torch.nn.Module, **protocol: Any) -> Poses:
    size = small_model().input_size
    crops = PersonCrops(people, input_size=size, keypoints=COCO)
    return predict_poses(model.eval(), crops, Protocol(**protocol), reading=SimccReading(), batch_size=3, device=CPU)


def test_a_random_score_gives_the_same_poses_whatever_else_draws(people: list[Person]) -> None:
    model = seeded_model(small_model(**{"pruning.score": {"kind": "random"}}), 0)
    first = predicted(people, model)
    torch.rand(3)
    assert np.array_equal(predicted(people, model).keypoints, first.keypoints)


def test_each_batch_draws_for_itself(people: list[Person]) -> None:
    """The same person in two batches meets other draws."""
    model = seeded_model(small_model(**{"pruning.score": {"kind": "random"}}), 0)
    found = predicted([people[0]] * 6, model, flip_test=False).keypoints[..., 2]
    assert np.array_equal(found[:3], predicted([people[0]] * 3, model, flip_test=False).keypoints[..., 2])
    assert not np.array_equal(found[:3], found[3:])


def test_the_truth_of_a_mirrored_crop_is_mirrored() -> None:
    """In a crop 10 pixels wide, pixel 1 becomes 8; left and right swap, labels with them."""
    truth = Truth(torch.tensor([[[1.0, 5], [2, 6], [7, 3]]]), torch.tensor([[True, False, True]]))
    other = mirrored_truth(truth, mirror=(0, 2, 1), width=10)
    assert other.keypoints.tolist() == [[[8, 5], [2, 3], [7, 6]]]
    assert other.visible.tolist() == [[True, True, False]]
    back = mirrored_truth(other, mirror=(0, 2, 1), width=10)
    assert all(torch.equal(mine, theirs) for mine, theirs in zip(back, truth, strict=True))


@pytest.mark.parametrize("flip_test", [True, False])
def test_a_model_that_looks_at_the_truth_is_told_that_of_the_crop_it_sees(
    people: list[Person], flip_test: bool
) -> None:
    model = seeded_model(small_model(**{"pruning.score": {"kind": "oracle"}}), 0)
    told: list[tuple[torch.Tensor, Truth]] = []
    model.register_forward_pre_hook(lambda _, args: told.append(args))
    predicted(people[:2], model, flip_test=flip_test)
    crops = PersonCrops(people[:2], input_size=small_model().input_size, keypoints=COCO)
    (images, truth), *rest = told
    assert torch.equal(truth.keypoints, torch.stack([crop.keypoints for crop in crops]))  # type: ignore[attr-defined]
    assert torch.equal(truth.visible, torch.stack([crop.visibility > 0 for crop in crops]))  # type: ignore[attr-defined]
    assert len(rest) == flip_test
    for flipped, other in rest:
        assert torch.equal(flipped, images.flip(-1))
        expected = mirrored_truth(truth, COCO.mirror, width=images.shape[-1])
        assert all(torch.equal(mine, theirs) for mine, theirs in zip(other, expected, strict=True))


def test_a_model_that_looks_at_the_truth_needs_boxes_that_have_one(people: list[Person]) -> None:
    """A detector's boxes come without labels: every token would rank alike, and nobody would notice."""
    model = seeded_model(small_model(**{"pruning.score": {"kind": "oracle"}}), 0)
    detected = [
        Person(
            person.image_id,
            person.image,
            person.box,
            0.5,
            np.zeros_like(person.keypoints),
            np.zeros_like(person.visibility),
        )
        for person in people
    ]
    with pytest.raises(InputError, match=r"pruning\.score: oracle .* evaluation\.boxes: ground_truth"):
        predicted(detected, model)
