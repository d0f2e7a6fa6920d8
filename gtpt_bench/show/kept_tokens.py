"""Which image tokens a model keeps of the people in one image, in boxes that are given."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from gtpt_bench.config import RunConfig
from gtpt_bench.data.crop import crop_matrix, frame_of_box, map_points
from gtpt_bench.data.dataset import Crop
from gtpt_bench.data.pixel_grid import GRIDS
from gtpt_bench.efficiency.torch_device import torch_device
from gtpt_bench.errors import InputError
from gtpt_bench.evaluation.kept_tokens.watched import survivors, watch_cuts_of
from gtpt_bench.evaluation.predict import predict_poses
from gtpt_bench.evaluation.protocol import Protocol
from gtpt_bench.evaluation.weights import fill_from_file
from gtpt_bench.models import ModelConfig, build_model, model_config
from gtpt_bench.models.token_stages import TokenStages, token_stages
from gtpt_bench.show.predicted import BATCH, Box, crops_of
from gtpt_bench.show.seen_crop import SeenCrop
from gtpt_bench.study.store import JobFolder, read_record


def model_and_protocol(name: str, weights: Path) -> tuple[ModelConfig, Protocol]:
    """The model that is meant, and how it is asked for poses: by its name, or without one as the run whose checkpoint
    the weights are. One that was never trained on mirrored images says nonsense in a flip test.

    Raises:
        InputError: there is neither.
    """
    if name:
        return model_config(name), Protocol()
    record = read_record(JobFolder(weights.parent).train_record)
    if record is None:
        raise InputError(f"{weights} lies beside no train.json that says which model it is of; give --model NAME")
    run = RunConfig.model_validate(record["config"])
    return run.model, run.evaluation


def stages_of(config: ModelConfig) -> TokenStages:
    """Where to look at the tokens of a model.

    Raises:
        InputError: it keeps all its tokens, or has none.
    """
    stages = token_stages(config)
    if stages is None:
        raise InputError(
            f"this {config.family} drops no image tokens, so that there is nothing to show; GTPT and PPT do, and "
            "TokenPose with a schedule (--set 'pruning.schedule.shares={3: 0.7}')"
        )
    return stages


def seen_crops(
    config: ModelConfig,
    stages: TokenStages,
    weights: Path,
    image: Path,
    boxes: Sequence[Box],
    protocol: Protocol,
) -> list[SeenCrop]:
    """A crop a box, or one of the whole image, with the tokens that survive in it and the pose.

    Args:
        stages: of this config.
        protocol: says whether there is a flip test; boxes and images are those given here.
        weights: the authors', or a checkpoint of a run.

    Raises:
        WeightsError, DataError, InputError: in one line what does not fit.
    """
    model, device = build_model(config), torch_device()
    crops = crops_of(image, boxes, config, GRIDS[fill_from_file(model, weights)])
    masks: list[NDArray[np.bool_]] = []

    with watch_cuts_of(model) as cuts:

        def see(batch: Crop) -> None:
            masks.extend(survivors(stages, cuts, len(batch.place)).numpy())

        poses = predict_poses(
            model.to(device).eval(),
            crops,
            protocol,
            reading=config.reading,
            batch_size=BATCH,
            device=device,
            on_seen=see,
        )
    maps = [crop_matrix(frame_of_box(one.box, crops.input_size), crops.input_size, crops.grid) for one in crops.people]
    return [
        SeenCrop(
            crops[place].image.numpy(),
            masks[place],
            np.column_stack((map_points(maps[place], pose_J3[:, :2]), pose_J3[:, 2])).astype(np.float64),
        )
        for place, pose_J3 in enumerate(poses.keypoints)
    ]
