"""FastPose: a ResNet-50 with squeeze-excite and deformable convolutions, and upsampling by pixel shuffle.

Fang, Li, Tang and others 2022, "AlphaPose: whole-body regional multi-person pose estimation and tracking in
real-time", arXiv 2211.03375. Network: fastpose_net.py. Source: spec/baselines.md §3.12.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal, Self

from pydantic import Field, model_validator

from gtpt_bench.models.peers.config import PeerConfig, Positive
from gtpt_bench.models.peers.input_size import check_input_size
from gtpt_bench.models.reading import HeatmapReading

if TYPE_CHECKING:
    from gtpt_bench.models.peers.fastpose_net import FastPose


class FastPoseConfig(PeerConfig):
    """A ResNet to stride 32, pixel shuffles back to stride 4; the defaults are the 17-keypoint network."""

    family: Literal["fastpose"] = "fastpose"
    stride: ClassVar[int] = 32

    width: int = Field(64, ge=2, multiple_of=2)
    """Middle channels of the ResNet's first stage; less makes a network that was never published."""
    blocks: tuple[Positive, Positive, Positive, Positive] = (3, 4, 6, 3)
    """Bottlenecks of each stage."""
    deformable: bool = True
    """Whether the 3×3 convolutions of stages 2 to 4 are deformable."""
    last_width: Positive = 128
    """Channels of the map that the heatmaps are made of."""

    @property
    def reading(self) -> HeatmapReading:
        """The mean place under the sigmoid of a map, its peak the confidence ("symmetric integral")."""
        return HeatmapReading(peak="integral")

    @model_validator(mode="after")
    def _fits(self) -> Self:
        check_input_size(self.input_size, self.stride)
        return self

    def build(self) -> FastPose:
        from gtpt_bench.models.peers.fastpose_net import FastPose

        return FastPose(self)


def fastpose50_dcn() -> FastPoseConfig:
    return FastPoseConfig()


def fastpose50_dcn_wholebody() -> FastPoseConfig:
    return FastPoseConfig(keypoints="wholebody", last_width=256)
