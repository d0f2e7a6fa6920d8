"""What a pass of the transformer is told beside its tokens. Torch is imported for types only."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from torch import Tensor


class Truth(NamedTuple):
    """Where the keypoints of a batch really are: what the oracle score looks at, and nothing else in the network.

    Attributes:
        keypoints: pixels of the crop, x then y, `[B, J, 2]`.
        visible: whether there is a label, `[B, J]`.
    """

    keypoints: Tensor
    visible: Tensor


class Telling(NamedTuple):
    """Of one pass.

    Attributes:
        truth: None unless the oracle asks.
        explores: whether selections may be noisy while training; False in the full pass.
    """

    truth: Truth | None = None
    explores: bool = True
