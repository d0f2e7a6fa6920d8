"""A model's poses for a data set: crops in batches, flip test, decoding, back to image pixels.

Batches are the same on any number of processes, which are dealt whole ones in turn.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, Literal

import numpy as np
import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader

from gtpt_bench.data.crop import crop_matrix, frame_of_box, inverse, map_points
from gtpt_bench.data.dataset import Crop, PersonCrops, normalised
from gtpt_bench.data.loading import keep_to_one_core, loaded, num_loader_workers
from gtpt_bench.data.people import Person
from gtpt_bench.data.pixel_grid import PAPER_GRID, PixelGrid
from gtpt_bench.errors import InputError
from gtpt_bench.evaluation.poses import Poses
from gtpt_bench.evaluation.protocol import Protocol
from gtpt_bench.evaluation.readers import Reader, reader_of
from gtpt_bench.models.blocks.pruning.truth import Truth
from gtpt_bench.models.reading import Reading
from gtpt_bench.models.sizes import Size
from gtpt_bench.training.randomness import draws_from
from gtpt_bench.training.team import ALONE, Team

Decoded = tuple[np.ndarray, np.ndarray]


def unseen(batch: Crop) -> None:
    """Nobody wants to know which crops the model has seen."""


@torch.inference_mode()
def predict_poses(
    model: nn.Module,
    crops: PersonCrops,
    protocol: Protocol,
    *,
    reading: Reading,
    batch_size: int,
    device: torch.device,
    on_batch: Callable[[int, int], None] = lambda done, total: None,
    on_seen: Callable[[Crop], None] = unseen,
    team: Team = ALONE,
) -> Poses:
    """Poses of all persons, scored as their boxes are, in the order of the data set; the same in all processes.

    Args:
        model: in evaluation mode.
        reading: of its outputs.
        on_batch: told the persons done and the total after each round, in which every process has done a batch.
        on_seen: told each batch of this process when the model has seen it, before it sees it mirrored.
        team: the processes that share the work.

    Raises:
        InputError: the model's pruning looks at labels, and there are none.
    """
    predict = partial(
        predicted,
        model,
        mirror=crops.keypoints.mirror,
        protocol=protocol,
        reader=reader_of(reading, crops.input_size, crops.grid),
        on_seen=on_seen,
    )
    places = list(range(len(crops)))
    batches = [places[start : start + batch_size] for start in range(0, len(crops), batch_size)]
    workers = num_loader_workers(device, num_sharers=team.num_sharers)
    own = batches[team.rank :: team.size]
    loader = loaded(DataLoader(crops, batch_sampler=own, num_workers=workers, worker_init_fn=keep_to_one_core))
    found: list[Decoded] = []
    for first in range(0, len(batches), team.size):
        number = first + team.rank
        if number < len(batches):
            found.append(predict(next(loader), device=device, number=number))
        on_batch(min((first + team.size) * batch_size, len(crops)), len(crops))
    dealt, num_keypoints = team.gathered(found), len(crops.keypoints)
    of_batches = [dealt[number % team.size][number // team.size] for number in range(len(batches))]
    return poses_in_image(
        crops.people,
        crops.input_size,
        np.concatenate([np.empty((0, num_keypoints, 2)), *(points for points, _ in of_batches)]),
        np.concatenate([np.empty((0, num_keypoints)), *(confidences for _, confidences in of_batches)]),
        area=protocol.oks_nms_area,
        grid=crops.grid,
    )


def predicted(
    model: nn.Module,
    batch: Crop,
    *,
    mirror: Sequence[int],
    protocol: Protocol,
    reader: Reader,
    device: torch.device,
    number: int,
    on_seen: Callable[[Crop], None] = unseen,
) -> Decoded:
    """Crop coordinates `[B, J, 2]` and confidences `[B, J]` of a batch, whose number seeds what the model draws."""
    images, truth = normalised(batch.image.to(device)), _truth(model, batch, device)
    with draws_from(number, device=device):
        output = model(images, *truth)
        on_seen(batch)
        if protocol.flip_test:
            mirrored = mirror_output(model, images, truth, reader=reader, mirror=mirror, shift=protocol.flip_shift)
            output = reader.averaged(output, mirrored)
    points, confidence = reader.decoded(output)
    return points.cpu().numpy(), confidence.cpu().numpy()


def mirror_output(
    model: Callable[..., Any],
    images_B3HW: Tensor,
    truth: Sequence[Truth],
    *,
    reader: Reader,
    mirror: Sequence[int],
    shift: bool,
) -> Any:
    """What the model says of the mirrored crops, as if these had not been mirrored."""
    width = images_B3HW.shape[-1]
    flipped = model(images_B3HW.flip(-1), *(mirrored_truth(one, mirror, width=width) for one in truth))
    return reader.unmirrored(flipped, mirror, shift=shift)


def _truth(model: nn.Module, batch: Crop, device: torch.device) -> list[Truth]:
    """Labels of the batch for a model whose pruning looks at them (an upper bound, no method); else nothing.

    Raises:
        InputError: there are none, as in the boxes of a detector.
    """
    pruning = getattr(getattr(model, "config", None), "pruning", None)
    if pruning is None or not pruning.score.needs_truth:
        return []
    visible_BJ = batch.visibility > 0
    if not visible_BJ.any():
        raise InputError(
            f"pruning.score: {pruning.score.kind} looks at the true keypoints, and these boxes have none; "
            "evaluate with evaluation.boxes: ground_truth"
        )
    return [Truth(batch.keypoints.to(device), visible_BJ.to(device))]


def mirrored_truth(truth: Truth, mirror: Sequence[int], *, width: int) -> Truth:
    """Labels of the mirrored crop: x becomes W − 1 − x, and left and right keypoints swap."""
    points_BJ2 = truth.keypoints[:, list(mirror)]
    x, y = points_BJ2.unbind(-1)
    return Truth(torch.stack((width - 1 - x, y), dim=-1), truth.visible[:, list(mirror)])


def poses_in_image(
    people: Sequence[Person],
    input_size: Size,
    points_PJ2: np.ndarray,
    confidence_PJ: np.ndarray,
    *,
    area: Literal["crop", "box"] = "crop",
    grid: PixelGrid = PAPER_GRID,
) -> Poses:
    """Poses in image pixels, scored as the boxes are, from crop coordinates `[P, J, 2]` and confidences `[P, J]`."""
    frames = [frame_of_box(person.box, input_size) for person in people]
    in_image = [
        map_points(inverse(crop_matrix(frame, input_size, grid)), points)
        for frame, points in zip(frames, points_PJ2, strict=True)
    ]
    areas = {"crop": [frame.area for frame in frames], "box": [float(np.prod(person.box[2:])) for person in people]}
    keypoints = np.concatenate((np.reshape(in_image, points_PJ2.shape), confidence_PJ[..., None]), axis=-1)
    return Poses(
        image_ids=np.asarray([person.image_id for person in people], dtype=np.int64),
        keypoints=keypoints.astype(np.float64),
        areas=np.asarray(areas[area], dtype=np.float64),
        scores=np.asarray([person.score for person in people], dtype=np.float64),
    )
