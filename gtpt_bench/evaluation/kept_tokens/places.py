"""Where points of the crop, and places relative to a person's box, lie among the image tokens.

N image tokens, J keypoints, R places relative to the box, row by row.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from gtpt_bench.data.crop import Matrix
from gtpt_bench.data.people import Floats
from gtpt_bench.models.sizes import Size

NOWHERE = -1
"""In place of an image token, for what lies outside of the crop."""

BOX_FROM, BOX_TO = -0.25, 1.25
"""Part of the picture that maps relative to the person show, in widths and heights of the box."""

BOX_CELLS = 24
"""Cells of such a map in each direction."""

_MIDDLES = BOX_FROM + (BOX_TO - BOX_FROM) * (np.arange(BOX_CELLS) + 0.5) / BOX_CELLS


def tokens_at(points: NDArray[Any], grid: Size, cell: Size) -> NDArray[np.intp]:
    """Image token that holds each point of the crop `[..., 2]` (x, y), or NOWHERE.

    A token owns its left and upper edge, so that each point has exactly one, the one the oracle score gives it too.
    """
    columns, rows = _along(points[..., 0], cell.width, grid.width), _along(points[..., 1], cell.height, grid.height)
    return np.where((rows >= 0) & (columns >= 0), rows * grid.width + columns, NOWHERE)


def _along(lengths: NDArray[Any], cell: int, number: int) -> NDArray[np.intp]:
    places = np.floor_divide(lengths, cell).astype(np.intp)
    return np.where((places >= 0) & (places < number), places, NOWHERE)


def tokens_by_box(box: Floats, crop: Matrix, grid: Size, cell: Size) -> NDArray[np.intp]:
    """Image token at the middle of each cell of a map relative to the box, `[R]`, or NOWHERE.

    Args:
        box: x, y, width, height in pixels of the image.
        crop: map from there into the crop, without rotation.
    """
    x = crop[0, 0] * (box[0] + _MIDDLES * box[2]) + crop[0, 2]
    y = crop[1, 1] * (box[1] + _MIDDLES * box[3]) + crop[1, 2]
    columns, rows = _along(x, cell.width, grid.width)[None, :], _along(y, cell.height, grid.height)[:, None]
    return np.where((rows >= 0) & (columns >= 0), rows * grid.width + columns, NOWHERE).ravel()
