"""A strip below a picture that says what its colours mean."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from gtpt_bench.data.images import Image
from gtpt_bench.show.colours import COLOURS, EDGE

_FONT, _SIZE = cv2.FONT_HERSHEY_SIMPLEX, 0.6
_ROW, _SQUARE, _GAP = 30, 14, 12


def with_legend(picture_HW3: Image, labels: Sequence[str]) -> Image:
    """The picture and below it a square and a name for each label; the picture alone if there are none."""
    if not labels:
        return picture_HW3
    width = picture_HW3.shape[1]
    places = _places(labels, width)
    strip = np.full((_ROW * (1 + max(row for row, _ in places)), width, 3), 255, np.uint8)
    for label, (row, x) in zip(labels, places, strict=True):
        top = row * _ROW + (_ROW - _SQUARE) // 2
        cv2.rectangle(strip, (x, top), (x + _SQUARE, top + _SQUARE), COLOURS[label], -1)
        cv2.rectangle(strip, (x, top), (x + _SQUARE, top + _SQUARE), EDGE, 1)
        cv2.putText(strip, label, (x + _SQUARE + 6, top + _SQUARE - 1), _FONT, _SIZE, EDGE, 1, cv2.LINE_AA)
    return np.concatenate((picture_HW3, strip))


def _places(labels: Sequence[str], width: int) -> list[tuple[int, int]]:
    """Row and left edge of each label; a new row where the picture is too narrow for the next one."""
    places, row, x = [], 0, _GAP
    for label in labels:
        length = _SQUARE + 6 + cv2.getTextSize(label, _FONT, _SIZE, 1)[0][0]
        if x > _GAP and x + length + _GAP > width:
            row, x = row + 1, _GAP
        places.append((row, x))
        x += length + 2 * _GAP
    return places
