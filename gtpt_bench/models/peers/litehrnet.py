"""Lite-HRNet: HRNet's branches with channel shuffles and learned weights in place of convolutions over all channels.

Yu and others 2021, "Lite-HRNet: a lightweight high-resolution network". Network: litehrnet_net.py.
Source: spec/baselines.md §3.6.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal, Self

from pydantic import Field, model_validator

from gtpt_bench.models.peers.config import PeerConfig, Positive
from gtpt_bench.models.peers.input_size import check_input_size

if TYPE_CHECKING:
    from gtpt_bench.models.peers.litehrnet_net import LiteHRNet


class LiteHRNetConfig(PeerConfig):
    """Three stages with two, three and four branches at stride 4, 8, 16 and 32."""

    family: Literal["litehrnet"] = "litehrnet"
    stride: ClassVar[int] = 32
    modules: tuple[Positive, Positive, Positive] = (2, 4, 2)
    """Exchange modules of each stage."""
    width: int = Field(40, ge=8, multiple_of=2)
    """Channels of the finest branch; the others have 2, 4 and 8 times as many."""
    fuse: Literal["as_released", "corrected"] = "as_released"
    """How a module's branches are summed. The released code counts the finest branch twice, runs its paths twice and
    overwrites it on the way; released weights are trained that way. `corrected` sums each path once."""

    @model_validator(mode="after")
    def _fits(self) -> Self:
        check_input_size(self.input_size, self.stride)
        return self

    def build(self) -> LiteHRNet:
        from gtpt_bench.models.peers.litehrnet_net import LiteHRNet

        return LiteHRNet(self)


def litehrnet_18() -> LiteHRNetConfig:
    return LiteHRNetConfig()


def litehrnet_30() -> LiteHRNetConfig:
    return LiteHRNetConfig(modules=(3, 8, 3))
