"""Poses that a model predicts in one image, in boxes that are given."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from gtpt_bench.data.dataset import PersonCrops
from gtpt_bench.data.images import read_image
from gtpt_bench.data.people import Person
from gtpt_bench.data.pixel_grid import GRIDS, PixelGrid
from gtpt_bench.efficiency.torch_device import torch_device
from gtpt_bench.errors import InputError
from gtpt_bench.evaluation.poses import rescored
from gtpt_bench.evaluation.predict import predict_poses
from gtpt_bench.evaluation.protocol import Protocol
from gtpt_bench.evaluation.weights import fill_from_file
from gtpt_bench.models import ModelConfig, create_model
from gtpt_bench.show.drawing import SeenPoses

Box = tuple[float, float, float, float]
"""x, y, width, height in pixels."""

BATCH = 16


def predicted_poses(name: str, weights: Path, image: Path, boxes: Sequence[Box]) -> SeenPoses:
    """A pose in each box, with flip test; in the whole image where no box is given.

    Args:
        name: of a model of the catalogue.
        weights: the authors', or a checkpoint of a run.

    Raises:
        WeightsError, DataError, InputError: in one line what does not fit.
    """
    model, device = create_model(name), torch_device()
    crops = crops_of(image, boxes, model.config, GRIDS[fill_from_file(model, weights)])
    protocol = Protocol()
    poses = predict_poses(
        model.to(device).eval(),
        crops,
        protocol,
        reading=model.config.reading,
        batch_size=BATCH,
        device=device,
    )
    scored = rescored(poses, keypoint_threshold=protocol.keypoint_threshold)
    return SeenPoses(scored.keypoints, scored.scores, crops.keypoints)


def crops_of(image: Path, boxes: Sequence[Box], config: ModelConfig, grid: PixelGrid) -> PersonCrops:
    """What a model sees of one image: a crop a box, or one of the whole image where there is no box.

    Raises:
        InputError: a box lies wholly outside the image.
    """
    height, width = read_image(image).shape[:2]
    for x, y, w, h in boxes:
        if x >= width or y >= height or x + w <= 0 or y + h <= 0:
            raise InputError(
                f"box {x:g},{y:g},{w:g},{h:g} lies outside {image.name}, which is {width} pixels wide and {height} high"
            )
    keypoints = config.keypoint_set
    no_labels = np.zeros((len(keypoints), 2), np.float32)
    people = [
        Person(0, image, np.asarray(box, np.float32), 1.0, no_labels, no_labels[:, 0])
        for box in boxes or [(0, 0, width, height)]
    ]
    return PersonCrops(people, input_size=config.input_size, keypoints=keypoints, grid=grid)
