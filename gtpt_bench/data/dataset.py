"""Crops of persons as training and evaluation samples, for PyTorch's loader."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from pathlib import Path
from typing import Literal, NamedTuple, get_args

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import Dataset

from gtpt_bench.data.augmentation import Augmentation
from gtpt_bench.data.augmented import MIRRORED_LABELS, AugmentedFrame, augmented
from gtpt_bench.data.crop import Matrix, crop_matrix, frame_of_box, map_points, mirrored_crop_matrix, warp
from gtpt_bench.data.images import Image, ImageMemory, decode_image, read_content
from gtpt_bench.data.people import Floats, Person
from gtpt_bench.data.pixel_grid import PAPER_GRID, PixelGrid
from gtpt_bench.data.reduction import reduced_matrix, reduction_for
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


Span = Literal["draw", "read", "decode", "label", "warp", "pack"]
"""In the order of a crop. `draw`: the frame and its random changes. `read`: the bytes of the file. `label`: the map
into the crop, and the keypoints through it. `pack`: tensors of everything. A remembered image has no `read` and
`decode`."""

SPANS: tuple[Span, ...] = get_args(Span)

Border = Callable[[Span], None]
"""Told each span when it is over."""


def unnoticed(span: Span) -> None:
    """The border that nobody watches."""


class PersonCrops(Dataset[Crop]):
    """Crops of people; with an augmentation, another one each epoch. Keys are `SampleKey`s, or places for epoch 0.

    Targets are no part of a sample: the training device makes them from the coordinates (training/targets.py).

    Args:
        augmentation: None for evaluation.
        seed: of the augmentation; with the epoch and the person's place it fixes every draw.
        memory_bytes: decoded images kept in memory, per worker; small data sets are then decoded once.
        grid: where crop pixels lie.
        reduced_decoding: the largest reduction that a JPEG is decoded at (reduction.py); 1 decodes in full.
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
        reduced_decoding: int = 1,
        grid: PixelGrid = PAPER_GRID,
    ) -> None:
        self.people = people
        self.input_size = input_size
        self.keypoints = keypoints
        self.augmentation = augmentation
        self.seed = seed
        self.reduced_decoding = reduced_decoding
        self.grid = grid
        self.images = ImageMemory(memory_bytes)
        self.mirrored_labels = MIRRORED_LABELS[(augmentation or Augmentation()).mirrored_labels]
        self._order, self._mirrored_order = np.arange(len(keypoints)), np.asarray(keypoints.mirror)

    @property
    def broken_images(self) -> list[Path]:
        """Images found broken so far that others stand in for; here a broken image is an error."""
        return []

    def remember_broken(self, names: Collection[str]) -> None:
        """Take images of these names as broken, as an earlier process found them."""

    def __len__(self) -> int:
        return len(self.people)

    def __getitem__(self, key: SampleKey | int) -> Crop:
        key = SampleKey(0, key) if isinstance(key, int) else key
        return self.crop(key.person, key)

    def crop(self, place: int, draws: SampleKey, *, border: Border = unnoticed) -> Crop:
        """The crop of the person at a place, changed as the draws of a sample say (its own, or one it stands in for).

        Raises:
            DataError: the image is missing.
            BrokenImage: it is there but broken.
        """
        person = self.people[place]
        drawn = self._frame(person, draws)
        border("draw")
        reduction = reduction_for(person.image, drawn.frame, self.input_size, largest=self.reduced_decoding)
        image = self._image(person.image, reduction, border)
        matrix, points, visibility = self._labels(person, drawn, image_width=reduction * image.shape[1])
        border("label")
        pixels = warp(image, reduced_matrix(matrix, reduction), self.input_size)
        border("warp")
        image_HW3, points_J2, visibility_J = map(torch.from_numpy, (pixels, points, visibility))
        crop = Crop(image_HW3, points_J2, visibility_J, torch.tensor(place))
        border("pack")
        return crop

    def reduction(self, key: SampleKey) -> int:
        """At which fraction of its size the image of a sample is decoded; 1 for all of it."""
        person = self.people[key.person]
        frame = self._frame(person, key).frame
        return reduction_for(person.image, frame, self.input_size, largest=self.reduced_decoding)

    def _frame(self, person: Person, draws: SampleKey) -> AugmentedFrame:
        """The frame to crop, and whether the image is mirrored."""
        frame = frame_of_box(person.box, self.input_size)
        if self.augmentation is None:
            return AugmentedFrame(frame, mirrored=False)
        return augmented(
            frame,
            person.keypoints,
            person.visibility,
            config=self.augmentation,
            keypoints=self.keypoints,
            input_size=self.input_size,
            rng=np.random.default_rng([self.seed, *draws]),
        )

    def _image(self, path: Path, reduction: int, border: Border) -> Image:
        image = self.images.known(path, reduction)
        if image is not None:
            return image
        content = read_content(path)
        border("read")
        image = decode_image(content, source=str(path), reduction=reduction)
        self.images.remember(image, path, reduction)
        border("decode")
        return image

    def _labels(self, person: Person, drawn: AugmentedFrame, *, image_width: int) -> tuple[Matrix, Floats, Floats]:
        """The map from the full image into the crop, the keypoints through it `[J, 2]`, and visibilities `[J]`.

        Args:
            image_width: of the full image; of a reduced one its last pixels may be missing or too many, which moves
                nothing but labels that `mirrored_labels` shrinks (by less than the reduction in pixels).
        """
        if drawn.mirrored:
            labels = self.mirrored_labels(person.keypoints, person.visibility, image_width=image_width)
            matrix = mirrored_crop_matrix(drawn.frame, self.input_size, self.grid, image_width=image_width)
            order = self._mirrored_order
        else:
            labels, matrix, order = person.keypoints, crop_matrix(drawn.frame, self.input_size, self.grid), self._order
        visibility = person.visibility[order]
        points = np.where(visibility[:, None] > 0, map_points(matrix, labels[order]), np.float32(0))
        return matrix, points, visibility


def normalised(images_BHW3: Tensor) -> Tensor:
    """Network input `[B, 3, H, W]`, float32, from 8-bit crops."""
    mean, std = (torch.tensor(v, device=images_BHW3.device) for v in (IMAGE_MEAN, IMAGE_STD))
    return ((images_BHW3.float() / 255 - mean) / std).permute(0, 3, 1, 2)
