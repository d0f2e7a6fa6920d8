"""HRNet: four stages of parallel branches and a 1×1 convolution on the finest. Network: hrnet_net.py.

Sun, Xiao, Liu and Wang 2019, "Deep high-resolution representation learning for human pose estimation".
Source: spec/baselines.md §3.2.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal, Self

from pydantic import Field, model_validator

from gtpt_bench.models.peers.config import PeerConfig
from gtpt_bench.models.peers.input_size import check_input_size
from gtpt_bench.models.sizes import Size

if TYPE_CHECKING:
    from gtpt_bench.models.peers.hrnet_net import HRNet, MmposeHRNet


class HRNetConfig(PeerConfig):
    """Branches at stride 4, 8, 16 and 32 with `width`, 2, 4 and 8 times as many channels."""

    family: Literal["hrnet"] = "hrnet"
    stride: ClassVar[int] = 32
    width: int = Field(32, ge=1)
    """Channels of the finest branch: the number in the name."""
    key_names: Literal["authors", "mmpose"] = "authors"
    """Whose weight files load; mmpose puts `backbone.` and `head.` before the authors' names."""

    @model_validator(mode="after")
    def _fits(self) -> Self:
        check_input_size(self.input_size, self.stride)
        return self

    def build(self) -> HRNet | MmposeHRNet:
        from gtpt_bench.models.peers.hrnet_net import HRNet, MmposeHRNet

        return HRNet(self) if self.key_names == "authors" else MmposeHRNet(self)


def hrnet_w32() -> HRNetConfig:
    return HRNetConfig()


def hrnet_w48() -> HRNetConfig:
    return HRNetConfig(width=48)


def hrnet_w32_wholebody() -> HRNetConfig:
    """As mmpose published it."""
    return HRNetConfig(keypoints="wholebody", input_size=Size(384, 288), key_names="mmpose")
