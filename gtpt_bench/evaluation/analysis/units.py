"""By what errors are listed: each keypoint, or parts of the body where there are too many keypoints to read."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from gtpt_bench.keypoints import KeypointSet

MOST_KEYPOINTS = 40
"""More lines than these nobody reads."""

Units = dict[str, tuple[int, ...]]
"""Name to its keypoints."""


def units_of(keypoints: KeypointSet) -> Units:
    """Single keypoints; parts for more than MOST_KEYPOINTS in several parts, as whole bodies have."""
    if len(keypoints) > MOST_KEYPOINTS and len(keypoints.parts) > 1:
        return {name: tuple(places) for name, places in keypoints.parts.items()}
    return {name: (place,) for place, name in enumerate(keypoints.names)}


def membership(units: Units, num_keypoints: int) -> NDArray[np.bool_]:
    """Which keypoint is in which unit, `[U, J]`."""
    found = np.zeros((len(units), num_keypoints), dtype=bool)
    for place, keypoints in enumerate(units.values()):
        found[place, list(keypoints)] = True
    return found
