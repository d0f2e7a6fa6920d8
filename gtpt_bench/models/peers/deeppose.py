"""DeepPose: a ResNet, its mean over the crop, and one linear layer to coordinates. Network: deeppose_net.py.

Toshev and Szegedy 2014, "DeepPose: human pose estimation via deep neural networks", with a ResNet as mmpose hosts it.
Source: spec/baselines.md §3.11.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal, Self

from pydantic import Field, model_validator

from gtpt_bench.models.blocks.resnet_depths import ResNetDepth
from gtpt_bench.models.peers.config import Output, PeerConfig
from gtpt_bench.models.peers.input_size import check_input_size
from gtpt_bench.models.sizes import Size

if TYPE_CHECKING:
    from gtpt_bench.models.peers.deeppose_net import DeepPose


class DeepPoseConfig(PeerConfig):
    """Plain regression: no map, no sigmoid, no score."""

    family: Literal["deeppose"] = "deeppose"
    output: ClassVar[Output] = "regression"
    stride: ClassVar[int] = 32
    depth: ResNetDepth = 50
    """Layers of the ResNet."""
    width: int = Field(64, ge=1)
    """Middle channels of its first stage; less makes a network that was never published."""

    @model_validator(mode="after")
    def _fits(self) -> Self:
        check_input_size(self.input_size, self.stride)
        return self

    def build(self) -> DeepPose:
        from gtpt_bench.models.peers.deeppose_net import DeepPose

        return DeepPose(self)


def deeppose_res50() -> DeepPoseConfig:
    return DeepPoseConfig()


def deeppose_res101_wholebody() -> DeepPoseConfig:
    return DeepPoseConfig(depth=101, keypoints="wholebody", input_size=Size(384, 288))
