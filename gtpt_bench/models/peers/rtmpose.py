"""RTMPose: CSPNeXt, then SimCC from a gated attention unit over keypoints. Network: rtmpose_net.py.

Jiang, Lu, Zhang and others 2023, "RTMPose: real-time multi-person pose estimation based on MMPose", arXiv 2303.07399.
Source: spec/baselines.md §3.9.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal, Self

from pydantic import Field, model_validator

from gtpt_bench.models.peers.config import Output, PeerConfig, Positive
from gtpt_bench.models.peers.division import check_division
from gtpt_bench.models.peers.input_size import check_input_size
from gtpt_bench.models.reading import SimccReading

if TYPE_CHECKING:
    from gtpt_bench.models.peers.rtmpose_net import RTMPose

EachStage = tuple[Positive, Positive, Positive, Positive]


class RTMPoseConfig(PeerConfig):
    """Four stages to stride 32, one map a keypoint, and a token made of each map; the defaults are m."""

    family: Literal["rtmpose"] = "rtmpose"
    output: ClassVar[Output] = "simcc"
    stride: ClassVar[int] = 32

    stem_width: int = Field(48, ge=2, multiple_of=2)
    """Channels after the stem, half of them within it."""
    widths: EachStage = (96, 192, 384, 768)
    """Channels of each stage, even."""
    blocks: EachStage = (2, 4, 4, 2)
    """Blocks of each stage's cross-stage partial (CSP) layer."""
    token_width: int = Field(256, ge=1)
    """Channels of a keypoint token."""
    gate_width: int = Field(512, ge=1)
    """Channels of the attention unit's gate and values."""
    key_width: int = Field(128, ge=1)
    """Channels of its queries and keys."""
    split_ratio: int = Field(2, ge=1)
    """SimCC bins per pixel."""

    @model_validator(mode="after")
    def _fits(self) -> Self:
        for width in self.widths:
            check_division("widths:", width, 2, of="halves")
        check_input_size(self.input_size, self.stride)
        return self

    @property
    def reading(self) -> SimccReading:
        return SimccReading(self.split_ratio)

    def build(self) -> RTMPose:
        from gtpt_bench.models.peers.rtmpose_net import RTMPose

        return RTMPose(self)


def rtmpose_m_coco() -> RTMPoseConfig:
    return RTMPoseConfig()


def rtmpose_m_wholebody() -> RTMPoseConfig:
    return RTMPoseConfig(keypoints="wholebody")


def rtmpose_l_wholebody() -> RTMPoseConfig:
    return RTMPoseConfig(keypoints="wholebody", stem_width=64, widths=(128, 256, 512, 1024), blocks=(3, 6, 6, 3))
