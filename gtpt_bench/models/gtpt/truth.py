"""Where the keypoints really are: what the oracle score looks at, and nothing else in the network."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from torch import Tensor


class Truth(NamedTuple):
    """Labels of a batch.

    Attributes:
        keypoints: pixels of the crop, x then y, `[B, J, 2]`.
        visible: whether there is a label, `[B, J]`.
    """

    keypoints: Tensor
    visible: Tensor
