"""DistilPose: TokenPose's encoder, and coordinates instead of heatmaps. Network: distilpose_net.py.

Ye et al. 2023, "DistilPose: tokenized pose regression with heatmap distillation". Source: spec/baselines.md §3.8.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from gtpt_bench.models.peers.config import Output
from gtpt_bench.models.peers.token_config import TokenConfig
from gtpt_bench.models.peers.trunks import HRNetToStage3, Stem
from gtpt_bench.models.reading import RegressionReading

if TYPE_CHECKING:
    from gtpt_bench.models.peers.distilpose_net import DistilPose


class DistilPoseConfig(TokenConfig):
    """Of each keypoint x and y as shares of the crop, a raw score, and the widths of a simulated heatmap."""

    family: Literal["distilpose"] = "distilpose"
    output: ClassVar[Output] = "regression"

    @property
    def reading(self) -> RegressionReading:
        return RegressionReading(score_column=2)

    def build(self) -> DistilPose:
        from gtpt_bench.models.peers.distilpose_net import DistilPose

        return DistilPose(self)


def distilpose_s() -> DistilPoseConfig:
    return DistilPoseConfig(trunk=Stem())


def distilpose_l() -> DistilPoseConfig:
    return DistilPoseConfig(trunk=HRNetToStage3(width=48))
