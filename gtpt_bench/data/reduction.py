"""JPEG decoded at a half, a quarter or an eighth of its size, for crops that shrink the image at least as much.

A JPEG holds blocks of 8 × 8 pixels as frequencies; leaving out the high ones gives the smaller image at once. Pixel j
of an image reduced by n stands for the pixels n · j to n · j + n − 1, so its centre lies at n · j + (n − 1) / 2 of
the full image. With that the map into the crop is exact; what differs is that pixels are averaged, where the paper's
bilinear warp of the full image skips some.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from gtpt_bench.data.crop import PIXELS_PER_SCALE, CropFrame, Matrix
from gtpt_bench.models.sizes import Size

REDUCTIONS = (1, 2, 4, 8)
JPEG = (".jpg", ".jpeg")


def reduction_for(image: Path, frame: CropFrame, input_size: Size, *, largest: int) -> int:
    """The largest reduction, up to `largest`, after which the crop still need not enlarge the image; 1 for a file that
    is no JPEG by its name, as a decoder would have to shrink it afterwards."""
    if image.suffix.lower() not in JPEG:
        return 1
    shrinks_by = PIXELS_PER_SCALE * float(frame.scale[0]) / input_size.width
    return max(number for number in REDUCTIONS if number == 1 or number <= min(largest, shrinks_by))


def reduced_matrix(matrix: Matrix, reduction: int) -> Matrix:
    """The map into the crop from pixels of the reduced image, given that from pixels of the full one."""
    if reduction == 1:
        return matrix
    linear = matrix[:, :2]
    return np.column_stack((reduction * linear, matrix[:, 2] + linear.sum(1) * (reduction - 1) / 2))
