"""Numbers of tokens of one group. Torch-free."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class GroupTokens:
    """Tokens of one group, in slot order [keypoints | dense | image]; coarse layers have one group.

    Attributes:
        keypoints: in coarse layers every keypoint token there is; in fine layers the group's sparse tokens.
    """

    keypoints: int
    dense: int
    image: int

    @property
    def queries(self) -> int:
        """Every token of the group asks."""
        return self.keypoints + self.dense + self.image
