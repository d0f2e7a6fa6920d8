"""From a person's box to the network's input and back: centre and scale, affine map, warp, normalisation.

Crop pixels are pixels of the network's input. Source: spec/training_and_evaluation.md §2.2 and §2.3. As in the
authors' programs only the horizontal scale is used (of a frame in the input's aspect ratio both say the same); what
the centre falls on is the grid's to say (pixel_grid.py).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from gtpt_bench.data.people import Floats
from gtpt_bench.data.pixel_grid import PAPER_GRID, PixelGrid
from gtpt_bench.models.sizes import Size

Matrix = NDArray[np.float64]
"""Affine map `[2, 3]` of points (x, y, 1)."""

PIXELS_PER_SCALE = 200.0
"""A scale of 1 stands for 200 pixels."""

BOX_PADDING = 1.25
"""A box is enlarged by this factor before it is cropped."""


@dataclass(frozen=True)
class CropFrame:
    """The rectangle of the image that is cropped.

    Attributes:
        centre: pixels, `[2]`.
        scale: width and height over 200 pixels, padded, in the input's aspect ratio, `[2]`.
        rotation_deg: degrees by which the rectangle is turned.
    """

    centre: Floats
    scale: Floats
    rotation_deg: float = 0.0

    @property
    def area(self) -> float:
        """Square pixels of the padded rectangle; OKS-NMS uses it."""
        return float(np.prod(self.scale * PIXELS_PER_SCALE))


def frame_of_box(box: Floats, input_size: Size, *, padding: float = BOX_PADDING) -> CropFrame:
    """Frame around a box `(x, y, w, h)`: the shorter side is extended to the input's aspect ratio."""
    x, y, w, h = box
    aspect = input_size.width / input_size.height
    if w > aspect * h:
        h = w / aspect
    elif w < aspect * h:
        w = h * aspect
    scale = np.asarray([w, h], np.float32) / PIXELS_PER_SCALE * padding
    return CropFrame(np.asarray([x + box[2] / 2, y + box[3] / 2], np.float32), scale.astype(np.float32))


def crop_matrix(frame: CropFrame, input_size: Size, grid: PixelGrid = PAPER_GRID) -> Matrix:
    """Map from image pixels to crop pixels: p' = k · R(−θ) · (p − centre) + (W / 2, H / 2), or the grid's middle."""
    k = input_size.width / (PIXELS_PER_SCALE * float(frame.scale[0]))
    angle = np.deg2rad(-frame.rotation_deg)
    linear = k * np.asarray([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    middle = np.asarray(grid.middle(input_size))
    return np.column_stack((linear, middle - linear @ frame.centre.astype(np.float64)))


def mirrored_crop_matrix(
    frame: CropFrame, input_size: Size, grid: PixelGrid = PAPER_GRID, *, image_width: int
) -> Matrix:
    """Map that mirrors the image (x → width − 1 − x), and the frame's centre with it, then crops; one warp."""
    centre = np.asarray([image_width - 1 - frame.centre[0], frame.centre[1]], np.float32)
    crop = crop_matrix(replace(frame, centre=centre), input_size, grid)
    crop[:, 2] += (image_width - 1) * crop[:, 0]
    crop[:, 0] *= -1
    return crop


def inverse(matrix: Matrix) -> Matrix:
    linear = np.linalg.inv(matrix[:, :2])
    return np.column_stack((linear, -linear @ matrix[:, 2]))


def map_points(matrix: Matrix, points_J2: Floats) -> Floats:
    """Points `[..., 2]` through an affine map."""
    return np.asarray(points_J2 @ matrix[:, :2].T + matrix[:, 2], dtype=np.float32)


def warp(image_HW3: NDArray[np.uint8], matrix: Matrix, input_size: Size) -> NDArray[np.uint8]:
    """The crop `[H, W, 3]`, bilinear on 8-bit pixels, black outside the image."""
    size = (input_size.width, input_size.height)
    return np.asarray(cv2.warpAffine(image_HW3, matrix, size, flags=cv2.INTER_LINEAR), dtype=np.uint8)
