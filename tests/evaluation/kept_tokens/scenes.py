"""People whose keypoints lie in known image tokens, and models whose tokens survive by a known rule."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
from torch import Tensor

from gtpt_bench.data.dataset import PersonCrops
from gtpt_bench.data.people import Person
from gtpt_bench.evaluation.kept_tokens.record import TokenSurvival
from gtpt_bench.evaluation.kept_tokens.recorder import recording
from gtpt_bench.evaluation.poses import Poses
from gtpt_bench.evaluation.predict import predict_poses
from gtpt_bench.evaluation.protocol import Protocol
from gtpt_bench.models.blocks.pruning.score.base import Candidates
from gtpt_bench.models.gtpt.kept import placed_cuts
from gtpt_bench.models.gtpt.model import GTPT
from gtpt_bench.training.team import ALONE, Team

IMAGE = (80, 60)
"""Height and width of every picture in pixels."""

Rule = Callable[[Tensor, int | None], Tensor]
"""From places in the grid `[B, N]` and the group, None before the split, to scores."""


class Ruled:
    """A score that looks at nothing but where a token lies."""

    def __init__(self, rule: Rule, group: int | None) -> None:
        self.rule, self.group = rule, group

    def scores(self, candidates: Candidates) -> Tensor:
        places = candidates.tokens.grid_index.expand(len(candidates.logits), -1)
        return self.rule(places, self.group).float()


def ruled(model: GTPT, rule: Rule) -> GTPT:
    """The model with all its cuts going by a rule."""
    for cut, place in placed_cuts(model):
        cut.score = Ruled(rule, place.group)  # type: ignore[assignment]
    return model


def people(folder: Path, num: int = 5, *, seed: int = 0) -> list[Person]:
    """In pictures of noise, a box and keypoints each that may lie outside the crop."""
    rng, found = np.random.default_rng(seed), []
    for number in range(num):
        path = folder / f"{number}.png"
        cv2.imwrite(str(path), rng.integers(0, 256, (*IMAGE, 3), dtype=np.uint8))
        corner, size = rng.uniform(0, 20, 2), rng.uniform(20, 40, 2)
        keypoints = rng.uniform(corner - 12, corner + size + 12, (17, 2))
        found.append(
            Person(
                image_id=number,
                image=path,
                box=np.asarray([*corner, *size], np.float32),
                score=1.0,
                keypoints=keypoints.astype(np.float32),
                visibility=(rng.random(17) > 0.3).astype(np.float32),
            )
        )
    return found


def crops_for(model: GTPT, seen: Sequence[Person]) -> PersonCrops:
    return PersonCrops(seen, input_size=model.config.input_size, keypoints=model.config.keypoint_set)


def recorded(
    model: GTPT,
    seen: Sequence[Person],
    labels: Sequence[Person | None] | None = None,
    *,
    team: Team = ALONE,
    **protocol: Any,
) -> tuple[TokenSurvival | None, Poses]:
    """What an evaluation records, in batches of two, and the poses that it finds."""
    crops = crops_for(model, seen)
    with recording(model, model.config, crops, lambda: seen if labels is None else labels) as recorder:
        poses = predict_poses(
            model.eval(),
            crops,
            Protocol(boxes="ground_truth", **protocol),
            reading=model.config.reading,
            batch_size=2,
            device=torch.device("cpu"),
            on_seen=recorder.see,
        )
    return recorder.survival(poses, team), poses
