"""Ranking by the true keypoints: an upper bound on what any score could keep. Not of the paper.

Evaluation only. In training mode it ranks as the paper does, so that the network learns as usual.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from gtpt_bench.errors import InputError
from gtpt_bench.models.blocks.pruning.score.base import BaseScore, Candidates
from gtpt_bench.models.blocks.pruning.score.softmax_pool import softmax_pool

if TYPE_CHECKING:
    from torch import Tensor

NEVER = 1e6
"""Distance in pixels of a token without a place, and of every token where no keypoint is visible."""

CENTRE_WEIGHT = 1e-3
"""Breaks ties between tokens that hold a keypoint, by how near its centre they hold it."""

BESIDE = 1.0
"""Pixels that put every token without a keypoint behind all that hold one, even one on their common border."""


class Oracle(BaseScore):
    """Tokens nearest to a visible keypoint of those that ask; a token that holds one comes before all that do not."""

    kind: Literal["oracle"] = "oracle"
    needs_truth: ClassVar[bool] = True

    def scores(self, candidates: Candidates) -> Tensor:
        if candidates.training:
            return softmax_pool(candidates.image_logits)
        if candidates.truth is None:
            raise InputError(
                "pruning.score oracle keeps the tokens nearest to the true keypoints; give them: model(images, truth)"
            )
        return -distance_to_keypoints(candidates)


def distance_to_keypoints(candidates: Candidates) -> Tensor:
    """Pixels from each token's cell to the nearest visible keypoint, and `BESIDE` where none lies inside: `[B, N]`."""
    import torch

    truth, cell = candidates.truth, candidates.cell
    assert truth is not None
    asking = list(candidates.keypoints)
    points, visible = truth.keypoints[:, None, asking].float(), truth.visible[:, None, asking]
    index = candidates.tokens.grid_index.expand(len(points), -1)
    size = torch.tensor([cell.width, cell.height], device=points.device)
    corner = torch.stack((index % candidates.grid.width, index // candidates.grid.width), dim=-1)[:, :, None] * size
    # A cell owns its left and upper edge, so that each point inside the crop has exactly one.
    holds = ((corner <= points) & (points < corner + size)).all(-1)
    gap = (corner - points).clamp(min=0) + (points - corner - size).clamp(min=0)
    to_cell = gap.norm(dim=-1) + BESIDE * ~holds
    to_centre = (points - (corner + size / 2)).norm(dim=-1)
    distance = (to_cell + CENTRE_WEIGHT * to_centre.clamp(max=cell.height + cell.width)).masked_fill(~visible, NEVER)
    nearest = distance.amin(-1) if asking else torch.full_like(index, NEVER, dtype=torch.float32)
    return nearest.masked_fill(index < 0, 2 * NEVER)
