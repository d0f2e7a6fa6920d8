"""A crop whose pruned image tokens are dark, grey and hatched, so that the kept ones stand out in print too."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from gtpt_bench.data.images import Image
from gtpt_bench.models.sizes import Size
from gtpt_bench.show.drawing import enlarged

_LUMINANCE = (0.299, 0.587, 0.114)
"""Of red, green and blue, as ITU-R BT.601 weighs them."""

_DARK, _HATCH = 0.32, 34
"""Brightness of pruned tokens as a share of what it was, and by how much their hatching is lighter, of 255."""

_SPACING, _LINE = 14, 2
"""Pixels of the picture from one line of the hatching to the next, and its thickness."""

WANTED_HEIGHT = 512
"""Pixels that a picture has at least, so that lines in it are thin."""


def dimmed(crop_HW3: Image, mask_N: NDArray[np.bool_], grid: Size) -> Image:
    """The crop, enlarged by a whole number, with pruned tokens dark and hatched.

    Args:
        mask_N: whether each image token survives, row by row of `grid`.
    """
    picture = enlarged(crop_HW3, -(-WANTED_HEIGHT // crop_HW3.shape[0]))
    height, width = picture.shape[:2]
    is_kept = cv2.resize(mask_N.reshape(grid).astype(np.uint8), (width, height), interpolation=cv2.INTER_NEAREST) > 0
    rows, columns = np.ogrid[:height, :width]
    hatch = ((rows + columns) % _SPACING < _LINE) * _HATCH
    dark = np.clip(_DARK * (picture @ np.asarray(_LUMINANCE)) + hatch, 0, 255).astype(np.uint8)
    return np.where(is_kept[..., None], picture, dark[..., None])


def borders(mask_N: NDArray[np.bool_], grid: Size, cell: Size) -> list[NDArray[np.float64]]:
    """Lines between kept and pruned tokens, and around kept ones at the rim, `[2, 2]` each: x, y of both ends.

    In pixels of the crop, whose first pixel reaches from −0.5 to 0.5.
    """
    kept = np.pad(mask_N.reshape(grid), 1)
    upright = np.argwhere(kept[1:-1, 1:] != kept[1:-1, :-1])
    level = np.argwhere(kept[1:, 1:-1] != kept[:-1, 1:-1])
    size = np.asarray((cell.width, cell.height), np.float64)
    lines = [np.asarray([(column, row), (column, row + 1)]) * size - 0.5 for row, column in upright]
    return lines + [np.asarray([(column, row), (column + 1, row)]) * size - 0.5 for row, column in level]
