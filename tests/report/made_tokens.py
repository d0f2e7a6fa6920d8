"""A finished study whose kept tokens are made up, figures known."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from gtpt_bench.evaluation.kept_tokens.counts import Counts
from gtpt_bench.evaluation.kept_tokens.record import ShownPerson, TokenSurvival, survival_to_json
from gtpt_bench.files import write_json
from gtpt_bench.keypoints import COCO
from gtpt_bench.models import model_config
from gtpt_bench.models.token_stages import TokenStages, token_stages
from tests.report.made import PRUNED, Made, found, make_study

NUM_PEOPLE = 100
LABELS = 50
"""Labelled keypoints of each kind inside the crops."""

BOX = (100.0, 50.0, 60.0, 120.0)


def stages() -> TokenStages:
    """Of the pruned variants: 48 tokens, then 33, 14 and 4."""
    found = token_stages(model_config("gtpt_tiny_coco", PRUNED))
    assert found is not None
    return found


def survival(*hits: int, persons: int = 0, image_id: int = 3001) -> TokenSurvival:
    """Tokens that survive by their places, the first ones first; of each keypoint `hits` of LABELS in each stage."""
    where, empty = stages(), Counts.nothing(stages())
    left = np.asarray([where.left[stage][group or 0] for stage, group in where.token_sets])
    masks = np.arange(where.grid.area) < left[:, None]
    by_stage = np.asarray([hits[stage] for stage, _ in where.token_sets])
    counts = replace(
        empty,
        people=np.asarray(NUM_PEOPLE),
        crop=masks * NUM_PEOPLE,
        covered=np.full_like(empty.covered, NUM_PEOPLE),
        box=np.broadcast_to(left[:, None], empty.box.shape).astype(np.int64),
        inside=np.full_like(empty.inside, LABELS),
        survived=np.broadcast_to(by_stage[:, None], empty.survived.shape).astype(np.int64),
        where=np.broadcast_to(500 * LABELS, empty.where.shape).astype(np.int64),
    )
    pose = np.column_stack((np.linspace(20, 70, 17), np.linspace(10, 110, 17), np.ones(17)))
    shown = tuple(ShownPerson(image_id + n, f"{image_id + n:012d}.jpg", BOX, masks, pose) for n in range(persons))
    size = model_config("gtpt_tiny_coco").input_size
    return TokenSurvival(where, COCO.names, size, "corner", counts, shown)


def make_tokens(root: Path, by_variant: Mapping[str, Sequence[TokenSurvival | None]], **keys: Any) -> Made:
    """A study under `root` with an evaluation a seed, and what it recorded; the first variant keeps all tokens."""
    matches = {name: [found(range(70)) for _ in seeds] for name, seeds in {"dense": [None], **by_variant}.items()}
    made = make_study(root, matches, **{"measured": False, "timing": None, **keys})
    for variant, seeds in by_variant.items():
        for seed, one in enumerate(seeds):
            run = made.run(variant, seed)
            if one is not None:
                write_json(made.folder.run(run).tokens(run.evaluate_signature), survival_to_json(one))
    return made
