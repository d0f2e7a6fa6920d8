"""A model on the data of a run by its protocol: poses of everyone, scored. What studies and `eval` have in common."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from torch import nn

from gtpt_bench.config import RunConfig
from gtpt_bench.data.layout import DataRoot
from gtpt_bench.data.samples import evaluation_crops, evaluation_truth, labels_to_evaluate
from gtpt_bench.efficiency.torch_device import torch_device
from gtpt_bench.evaluation.entries import KeypointTruth
from gtpt_bench.evaluation.kept_tokens.record import TokenSurvival
from gtpt_bench.evaluation.kept_tokens.recorder import recording
from gtpt_bench.evaluation.mpii import MpiiTruth
from gtpt_bench.evaluation.predict import predict_poses
from gtpt_bench.evaluation.score import ScoredPoses, score_poses
from gtpt_bench.training.team import ALONE, Team

BATCH = 64
"""Crops a batch, the paper's."""


@dataclass(frozen=True)
class EvaluatedModel:
    """Scores of a model, and what they were taken against.

    Attributes:
        num_people: crops that were evaluated.
        survival: which image tokens the model kept; None if it keeps all, or has none.
    """

    num_people: int
    truth: KeypointTruth | MpiiTruth
    poses: ScoredPoses
    survival: TokenSurvival | None = None


def evaluated_model(
    model: nn.Module, run: RunConfig, root: DataRoot, *, on_batch: Callable[[int, int], None], team: Team = ALONE
) -> EvaluatedModel | None:
    """Predict for the evaluation split of a run, and score.

    Args:
        model: filled; it is moved to this machine's device and set to evaluation.
        on_batch: told the persons done and the total.
        team: shares the predicting; the first process scores.

    Returns:
        None in any process of a team but the first.

    Raises:
        DataError: data are missing or broken, or a pose has a number that is none.
        InputError: the model's pruning looks at labels, and there are none.
    """
    crops, device = evaluation_crops(run, root), torch_device()
    with recording(model, run.model, crops, lambda: labels_to_evaluate(run, root, crops.people)) as recorder:
        poses = predict_poses(
            model.to(device).eval(),
            crops,
            run.evaluation,
            reading=run.model.reading,
            batch_size=BATCH,
            device=device,
            on_batch=on_batch,
            on_seen=recorder.see,
            team=team,
        )
    survival = recorder.survival(poses, team)
    if not team.is_first:
        return None
    truth = evaluation_truth(run, root)
    return EvaluatedModel(len(crops), truth, score_poses(truth, poses, crops.keypoints, run.evaluation), survival)
