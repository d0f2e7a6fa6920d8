"""No variant of a study fails after an hour on a GPU: each is built, trained for three steps and resumed, small.

An epoch is one step, so that teachers and warm-ups which start late have started by then.
"""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
import torch

from gtpt_bench.data.dataset import PersonCrops
from gtpt_bench.data.people import Person
from gtpt_bench.efficiency.inputs import sample_inputs
from gtpt_bench.evaluation.readers import reader_of
from gtpt_bench.keypoints import KeypointSet
from gtpt_bench.models import build_model
from gtpt_bench.training.trainer import Trainer
from tests.study.every_variant import PROFILES, STUDIES, Case, cases, plan_of, run_of, short, small

CASES = cases()
RECONSTRUCTED = ("hevitpose_peow", "hevitpose_attention")
"""Studies of a network whose accuracy would be nobody's: they count and time alone, in every profile."""


@pytest.fixture(scope="module")
def picture(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("pictures") / "noise.png"
    cv2.imwrite(str(path), np.random.default_rng(0).integers(0, 256, (80, 60, 3), dtype=np.uint8))
    return path


def people(picture: Path, keypoints: KeypointSet) -> list[Person]:
    rng = np.random.default_rng(1)
    return [
        Person(
            image_id=number,
            image=picture,
            box=np.asarray([5, 5, 45, 60], np.float32),
            score=1.0,
            keypoints=rng.uniform(8, 48, (len(keypoints), 2)).astype(np.float32),
            visibility=(rng.random(len(keypoints)) > 0.2).astype(np.float32),
        )
        for number in range(2)
    ]


def trainer_of(case: Case, picture: Path) -> Trainer:
    run = run_of(case)
    model, recipe = small(run.model), short(run.training)
    crops = PersonCrops(
        people(picture, model.keypoint_set),
        input_size=model.input_size,
        keypoints=model.keypoint_set,
        augmentation=recipe.augmentation,
        memory_bytes=2**20,
    )
    return Trainer(model, recipe, crops, seed=0, device=torch.device("cpu"))


def weights(trainer: Trainer) -> dict[str, torch.Tensor]:
    return {name: value.clone() for name, value in trainer.model.state_dict().items()}


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_variant_trains_three_steps_and_goes_on_from_its_second(case: Case, picture: Path) -> None:
    trainer = trainer_of(case, picture)
    losses = []
    for step in trainer.steps():
        losses.append(step.loss)
        if trainer.step == 2:
            state = {key: _copied(value) for key, value in trainer.state().items()}
        if trainer.step == 3:
            break
    assert np.isfinite(losses).all()
    end, trained = weights(trainer), {n: p for n, p in trainer.model.named_parameters() if p.requires_grad}
    assert [name for name, parameter in trained.items() if parameter.grad is None] == []

    resumed = trainer_of(case, picture)
    resumed.restore(state)
    next(resumed.steps())
    again = weights(resumed)
    assert [name for name in end if not torch.equal(end[name], again[name])] == []


def _copied(value: object) -> object:
    """A state that later steps leave alone."""
    if isinstance(value, torch.Tensor):
        return value.clone()
    if isinstance(value, dict):
        return {key: _copied(inner) for key, inner in value.items()}
    return [_copied(inner) for inner in value] if isinstance(value, list) else value


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_variant_evaluates_to_a_place_and_a_confidence_a_keypoint(case: Case) -> None:
    config = small(run_of(case).model)
    model = build_model(config).eval()
    num_keypoints, (height, width) = len(config.keypoint_set), config.input_size
    with torch.inference_mode():
        output = model(*sample_inputs(model, torch.randn(1, 3, height, width)))
        points, confidences = reader_of(config.reading, config.input_size).decoded(output)
    assert points.shape == (1, num_keypoints, 2)
    assert confidences.shape == (1, num_keypoints)
    assert points.isfinite().all()
    assert confidences.isfinite().all()


@pytest.mark.parametrize("path", STUDIES, ids=lambda path: path.stem)
def test_a_study_asks_one_question_and_names_its_baseline_in_both_profiles(path: Path) -> None:
    for profile in PROFILES:
        plan = plan_of(path.stem, profile)
        assert plan.study.study == path.stem
        assert plan.study.question.endswith("?")
        assert "\n" not in plan.study.question
        assert plan.study.report.baseline in plan.variants
        assert plan.profile == profile
        is_of_time = plan.timing is not None and (
            plan.timing.grid is not None or plan.timing.explained_batch is not None or path.stem in RECONSTRUCTED
        )
        assert len(plan.distinct_runs) >= 2 or (plan.study.accuracy is None and (profile == "quick" or is_of_time))
