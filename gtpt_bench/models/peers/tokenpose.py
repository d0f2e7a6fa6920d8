"""TokenPose: keypoint tokens gather what they need from image tokens, then become heatmaps. Network: tokenpose_net.py.

Li et al. 2021, "TokenPose: learning keypoint tokens for human pose estimation". Source: spec/baselines.md §3.3.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from gtpt_bench.models.peers.token_config import TokenConfig
from gtpt_bench.models.peers.trunks import HRNetToStage3, Stem

if TYPE_CHECKING:
    from gtpt_bench.models.peers.tokenpose_net import TokenPose


class TokenPoseConfig(TokenConfig):
    """The released networks prune nothing; with `pruning` they are PPT under TokenPose's names."""

    family: Literal["tokenpose"] = "tokenpose"

    def build(self) -> TokenPose:
        from gtpt_bench.models.peers.tokenpose_net import TokenPose

        return TokenPose(self)


def tokenpose_s_v1() -> TokenPoseConfig:
    """Its logits are scaled by the whole width, unlike B's."""
    return TokenPoseConfig(trunk=Stem(), scaled_by="width")


def tokenpose_b() -> TokenPoseConfig:
    return TokenPoseConfig(trunk=HRNetToStage3(width=32), scaled_by="head")
