"""Parts of a drawn person, and how a pixel remembers whose part it shows."""

from __future__ import annotations

from enum import IntEnum

import numpy as np
import numpy.typing as npt

_PART_BITS = 5


class Part(IntEnum):
    """What covers a pixel of a person. Paired parts come left then right: `Part.HAND + 1` is the right hand."""

    HEAD = 0
    EAR = 1
    HAIR = 3
    TORSO = 4
    HIPS = 5
    BAG = 6
    NECK = 7
    UPPER_ARM = 8
    FOREARM = 10
    HAND = 12
    THIGH = 14
    SHIN = 16
    FOOT = 18


def owner_code(slot: int, part: int) -> int:
    """Code painted into the owner buffer for a part of the person in a slot (1, 2, …)."""
    return (slot << _PART_BITS) + part


def owned_by(slot: int, owner_HW: npt.NDArray[np.int16]) -> npt.NDArray[np.bool_]:
    """Mask of the pixels that show any part of the person in a slot."""
    return np.asarray((owner_HW >> _PART_BITS) == slot)
