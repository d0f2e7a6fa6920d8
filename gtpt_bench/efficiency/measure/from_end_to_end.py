"""From image files to poses, with each model in the middle, on drawn pictures, so that no data are needed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import torch
from torch.utils._pytree import tree_map

from gtpt_bench.efficiency.end_to_end.pictures import drawn_pictures
from gtpt_bench.efficiency.end_to_end.pipeline import EncodedPicture, PosePipeline
from gtpt_bench.efficiency.end_to_end.spans import EndToEnd, time_end_to_end
from gtpt_bench.efficiency.measure.running import Bench, Steps
from gtpt_bench.efficiency.prepare import DTYPES, LAYOUTS, Prepared
from gtpt_bench.evaluation.protocol import Protocol
from gtpt_bench.models.catalogue import ModelConfig

PICTURES = 6
ROUNDS = 5
PROTOCOL = Protocol()
"""The paper's, with its flip test."""


def end_to_end(
    configs: Mapping[str, ModelConfig], ready: Mapping[str, Prepared], at: Bench, steps: Steps
) -> dict[str, EndToEnd]:
    """Every model on the same pictures, a batch of crops each.

    Raises:
        InputError: a model looks at true keypoints.
    """
    drawn: dict[str, list[EncodedPicture]] = {}
    found: dict[str, EndToEnd] = {}
    with steps(f"from end to end: {', '.join(ready)}") as update:
        for name, model in ready.items():
            keypoints = configs[name].keypoint_set
            if keypoints.name not in drawn:
                drawn[keypoints.name] = drawn_pictures(PICTURES, keypoints=keypoints)
            pipeline = PosePipeline(AsNetwork(model), configs[name], PROTOCOL, device=at.device)
            found[name] = at.watch.measured(partial(_timed, pipeline, drawn[keypoints.name], model))
            update(len(found), len(ready), name)
    return found


def _timed(pipeline: PosePipeline, pictures: Sequence[EncodedPicture], ready: Prepared) -> EndToEnd:
    with ready.in_force():
        return time_end_to_end(pipeline, pictures, rounds=ROUNDS, wait=ready.wait)


class AsNetwork:
    """A prepared model that takes float32 images and gives a float32 output, whatever it computes in."""

    def __init__(self, ready: Prepared) -> None:
        self.ready = ready

    def __call__(self, images_B3HW: torch.Tensor) -> Any:
        options = self.ready.options
        images = images_B3HW.to(DTYPES[options.dtype], memory_format=LAYOUTS[options.layout])
        output = self.ready(images)
        return tree_map(lambda t: t.float().clone() if options.records_cuda_graphs else t.float(), output)
