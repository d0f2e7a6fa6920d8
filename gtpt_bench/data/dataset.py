"""Crops of persons as training and evaluation samples, for PyTorch's loader."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.utils.data import Dataset

from gtpt_bench.data.augmentation import Augmentation
from gtpt_bench.data.augmented import augmented
from gtpt_bench.data.crop import (
    CropFrame,
    crop_matrix,
    frame_of_box,
    map_points,
    mirrored_crop_matrix,
    read_image,
    warp,
)
from gtpt_bench.data.people import Person
from gtpt_bench.keypoints import KeypointSet
from gtpt_bench.models.sizes import Size

IMAGE_MEAN = (0.485, 0.456, 0.406)
IMAGE_STD = (0.229, 0.224, 0.225)


class Crop(NamedTuple):
    """One sample, or with a leading batch axis a batch of them.

    Attributes:
        image: 8-bit RGB, `[H, W, 3]`; `normalised` makes the network's input of it.
        keypoints: crop pixels, `[J, 2]`.
        visibility: label weights, `[J]`.
        place: of the person in the data set.
    """

    image: Tensor
    keypoints: Tensor
    visibility: Tensor
    place: Tensor


class SampleKey(NamedTuple):
    """Which crop: the epoch moves the augmentation on."""

    epoch: int
    person: int


class ImageMemory:
    """Decoded images of one worker, the most recent ones, up to a size in bytes."""

    def __init__(self, limit_bytes: int) -> None:
        self.limit_bytes = limit_bytes
        self.used_bytes = 0
        self.images: OrderedDict[Path, NDArray[np.uint8]] = OrderedDict()

    def read(self, path: Path) -> NDArray[np.uint8]:
        if path in self.images:
            self.images.move_to_end(path)
            return self.images[path]
        image = read_image(path)
        self.images[path] = image
        self.used_bytes += image.nbytes
        while self.used_bytes > self.limit_bytes:
            _, oldest = self.images.popitem(last=False)
            self.used_bytes -= oldest.nbytes
        return image


class PersonCrops(Dataset[Crop]):
    """Crops of people; with an augmentation, another one each epoch. Keys are `SampleKey`s, or places for epoch 0.

    Args:
        augmentation: None for evaluation.
        seed: of the augmentation; with the epoch and the person's place it fixes every draw.
        memory_bytes: decoded images kept in memory, per worker; small data sets are then decoded once.
    """

    def __init__(
        self,
        people: Sequence[Person],
        *,
        input_size: Size,
        keypoints: KeypointSet,
        augmentation: Augmentation | None = None,
        seed: int = 0,
        memory_bytes: int = 0,
    ) -> None:
        self.people = people
        self.input_size = input_size
        self.keypoints = keypoints
        self.augmentation = augmentation
        self.seed = seed
        self.images = ImageMemory(memory_bytes)

    def __len__(self) -> int:
        return len(self.people)

    def __getitem__(self, key: SampleKey | int) -> Crop:
        epoch, index = (0, key) if isinstance(key, int) else key
        person = self.people[index]
        image = self.images.read(person.image)
        frame, mirrored = self._frame(person, epoch, index)
        if mirrored:
            matrix = mirrored_crop_matrix(frame, self.input_size, image_width=image.shape[1])
            order = list(self.keypoints.mirror)
        else:
            matrix, order = crop_matrix(frame, self.input_size), list(range(len(self.keypoints)))
        visibility = person.visibility[order]
        points = np.where(visibility[:, None] > 0, map_points(matrix, person.keypoints[order]), 0)
        return Crop(
            torch.from_numpy(warp(image, matrix, self.input_size)),
            torch.from_numpy(points.astype(np.float32)),
            torch.from_numpy(visibility),
            torch.tensor(index),
        )

    def _frame(self, person: Person, epoch: int, index: int) -> tuple[CropFrame, bool]:
        """The frame to crop, and whether the image is mirrored."""
        frame = frame_of_box(person.box, self.input_size)
        if self.augmentation is None:
            return frame, False
        drawn = augmented(
            frame,
            person.keypoints,
            person.visibility,
            config=self.augmentation,
            keypoints=self.keypoints,
            input_size=self.input_size,
            rng=np.random.default_rng([self.seed, epoch, index]),
        )
        return drawn.frame, drawn.mirrored


def normalised(images_BHW3: Tensor) -> Tensor:
    """Network input `[B, 3, H, W]`, float32, from 8-bit crops."""
    mean, std = (torch.tensor(v, device=images_BHW3.device) for v in (IMAGE_MEAN, IMAGE_STD))
    return ((images_BHW3.float() / 255 - mean) / std).permute(0, 3, 1, 2)
