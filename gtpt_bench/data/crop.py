"""From a person's box to the network's input and back: centre and scale, affine map, warp, normalisation.

Crop pixels are pixels of the network's input. Source: spec/training_and_evaluation.md §2.2 and §2.3; the map's
quirks (quirk 10) are the authors': the centre falls on (W / 2, H / 2), and only the horizontal scale is used.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from gtpt_bench.data.people import Floats
from gtpt_bench.errors import DataError
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


def crop_matrix(frame: CropFrame, input_size: Size) -> Matrix:
    """Map from image pixels to crop pixels: p' = k · R(−θ) · (p − centre) + (W / 2, H / 2)."""
    k = input_size.width / (PIXELS_PER_SCALE * float(frame.scale[0]))
    angle = np.deg2rad(-frame.rotation_deg)
    linear = k * np.asarray([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    middle = np.asarray([input_size.width / 2, input_size.height / 2])
    return np.column_stack((linear, middle - linear @ frame.centre.astype(np.float64)))


def mirrored_crop_matrix(frame: CropFrame, input_size: Size, *, image_width: int) -> Matrix:
    """Map that mirrors the image (x → width − 1 − x), and the frame's centre with it, then crops; one warp."""
    centre = np.asarray([image_width - 1 - frame.centre[0], frame.centre[1]], np.float32)
    crop = crop_matrix(replace(frame, centre=centre), input_size)
    crop[:, 2] += (image_width - 1) * crop[:, 0]
    crop[:, 0] *= -1
    return crop


def inverse(matrix: Matrix) -> Matrix:
    linear = np.linalg.inv(matrix[:, :2])
    return np.column_stack((linear, -linear @ matrix[:, 2]))


def map_points(matrix: Matrix, points_J2: Floats) -> Floats:
    """Points `[..., 2]` through an affine map."""
    return np.asarray(points_J2 @ matrix[:, :2].T + matrix[:, 2], dtype=np.float32)


def read_image(path: Path) -> NDArray[np.uint8]:
    """8-bit RGB image `[H, W, 3]`; EXIF orientation is ignored, as the annotations ignore it.

    Raises:
        DataError: the file is missing or no image.
    """
    if not path.is_file():
        raise DataError(f"image {path} does not exist")
    try:
        content = path.read_bytes()
    except OSError as error:
        raise DataError(f"image {path} cannot be read: {error.strerror}") from error
    return decode_image(content, source=str(path))


def decode_image(content: bytes, *, source: str) -> NDArray[np.uint8]:
    """What `read_image` gives, from the bytes of the file.

    Args:
        source: what the error message calls the image.

    Raises:
        DataError: the bytes are no image.
    """
    flags = cv2.IMREAD_COLOR_RGB | cv2.IMREAD_IGNORE_ORIENTATION
    image = cv2.imdecode(np.frombuffer(content, np.uint8), flags) if content else None
    if image is None:
        raise DataError(f"image {source} cannot be decoded; the file is broken or not an image")
    return np.asarray(image, dtype=np.uint8)


def warp(image_HW3: NDArray[np.uint8], matrix: Matrix, input_size: Size) -> NDArray[np.uint8]:
    """The crop `[H, W, 3]`, bilinear on 8-bit pixels, black outside the image."""
    size = (input_size.width, input_size.height)
    return np.asarray(cv2.warpAffine(image_HW3, matrix, size, flags=cv2.INTER_LINEAR), dtype=np.uint8)
