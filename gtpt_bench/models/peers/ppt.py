"""PPT: TokenPose that drops image tokens no keypoint looks at. Network: ppt_net.py.

Ma et al. 2022, "PPT: token-pruned pose transformer for monocular and multi-view human pose estimation"; the monocular
half. Source: spec/baselines.md §3.4.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from gtpt_bench.models.blocks.pruning.config import TokenPruning
from gtpt_bench.models.blocks.pruning.schedule import AtLayers
from gtpt_bench.models.peers.token_config import TokenConfig
from gtpt_bench.models.peers.trunks import HRNetToStage3, Stem

if TYPE_CHECKING:
    from gtpt_bench.models.peers.ppt_net import PPT

PUBLISHED = TokenPruning(schedule=AtLayers(shares=((3, 0.7), (6, 0.7), (9, 0.7))))
"""256, 180, 126, 89 image tokens."""


class PPTConfig(TokenConfig):
    """TokenPose with a schedule of cuts, under names of its own for attention."""

    family: Literal["ppt"] = "ppt"
    attention_wrapped: ClassVar[bool] = False
    pruning: TokenPruning = PUBLISHED

    def build(self) -> PPT:
        from gtpt_bench.models.peers.ppt_net import PPT

        return PPT(self)


def ppt_s() -> PPTConfig:
    """Its logits are scaled by the whole width, unlike B's."""
    return PPTConfig(trunk=Stem(), scaled_by="width")


def ppt_b() -> PPTConfig:
    return PPTConfig(trunk=HRNetToStage3(width=32), scaled_by="head")
