"""Hands: shapes, and the 21 joints of a hand in space.

Hand coordinates: the hand hangs down (fingers towards -up), thumb forwards, palm towards the body's middle.
One unit is the length from the wrist to the tip of the middle finger.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from gtpt_bench.data.drawn.paint.geometry import Frame, Points

FINGERS = tuple(range(1 + 4 * finger, 5 + 4 * finger) for finger in range(5))
"""Indices of the four joints of thumb, index, middle, ring and little finger; index 0 is the wrist."""

_BASES_52 = np.array(((0.14, 0.17), (0.47, 0.125), (0.49, 0.02), (0.465, -0.085), (0.42, -0.175)))
"""First joint of each finger: distance from the wrist along the hand, and towards the thumb's side."""
_LENGTHS_53 = np.array(
    ((0.21, 0.17, 0.14), (0.22, 0.14, 0.11), (0.25, 0.15, 0.11), (0.225, 0.14, 0.11), (0.17, 0.11, 0.1))
)
_SIDE_ANGLES_5 = np.array((42.0, 5.0, 0.0, -5.0, -12.0))
_SPREAD_5 = np.array((0.6, 1.0, 0.1, -0.8, -1.6))
_CURL_SHARES_53 = np.array(((0.5, 0.5, 0.5), *((0.9, 1.1, 0.7),) * 4))


@dataclass(frozen=True)
class HandShape:
    """Curl of thumb, index, middle, ring and little finger (degrees a joint, about), and their spread."""

    curls: tuple[float, float, float, float, float]
    spread: float = 0.0


SHAPES: Mapping[str, HandShape] = MappingProxyType(
    {
        "relaxed": HandShape((18, 22, 26, 30, 34), 3),
        "open": HandShape((4, 5, 4, 5, 7), 7),
        "spread": HandShape((-6, 1, 0, 1, 2), 13),
        "loose fist": HandShape((42, 62, 66, 68, 70)),
        "fist": HandShape((58, 84, 86, 86, 88)),
        "point": HandShape((45, 3, 80, 84, 86)),
        "victory": HandShape((55, 3, 3, 84, 86), 12),
        "thumb up": HandShape((-12, 82, 84, 86, 88)),
    }
)


def hand_points(frame: Frame, shape: HandShape, side: int) -> Points:
    """The 21 joints in image coordinates, shape [21, 3].

    Args:
        frame: at the wrist, one unit long as the hand.
        side: 1 for a left hand, -1 for a right one.
    """
    angles_5 = np.radians(_SIDE_ANGLES_5 + shape.spread * _SPREAD_5)
    curls_53 = np.radians(np.cumsum(np.array(shape.curls)[:, None] * _CURL_SHARES_53, axis=1))
    forward_53 = np.cos(curls_53)
    steps_533 = np.empty((5, 3, 3))
    steps_533[..., 0] = -side * np.sin(curls_53)
    steps_533[..., 1] = -np.cos(angles_5)[:, None] * forward_53
    steps_533[..., 2] = np.sin(angles_5)[:, None] * forward_53
    # A curling thumb also folds in front of the palm.
    fold = np.sin(np.radians(max(shape.curls[0], 0.0)))
    steps_533[0, :, 2] -= 0.9 * fold * np.array((0.2, 0.7, 1.0))
    steps_533[0] /= np.sqrt((steps_533[0] ** 2).sum(axis=1, keepdims=True))
    joints_543 = np.empty((5, 4, 3))
    joints_543[:, 0] = np.stack((np.zeros(5), -_BASES_52[:, 0], _BASES_52[:, 1]), axis=1)
    joints_543[0, 0, 0] = -side * 0.04
    joints_543[:, 1:] = joints_543[:, :1] + np.cumsum(steps_533 * _LENGTHS_53[..., None], axis=1)
    local_213 = np.concatenate((np.zeros((1, 3)), joints_543.reshape(20, 3)))
    return frame.place(local_213)
