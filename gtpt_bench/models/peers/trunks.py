"""CNNs that networks with tokens start from: what they give, and at which stride. Torch-free.

Source: spec/baselines.md §3.3 and §3.5. The modules are blocks: HighResolutionStem, HighResolutionTrunk, ResNetTrunk.
"""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from gtpt_bench.frozen import BY_NAME, Frozen
from gtpt_bench.models.blocks.residual_cost import EXPANSION


class Stem(Frozen):
    """HRNet's stem alone: two stride-2 convolutions and four bottlenecks at stride 4."""

    kind: Literal["stem"] = "stem"
    stride: ClassVar[int] = 4
    deepest_stride: ClassVar[int] = 4
    width: int = Field(64, ge=1)
    """Channels of both convolutions and inside the bottlenecks; less makes a network that was never published."""

    @property
    def channels(self) -> int:
        return EXPANSION * self.width


class HRNetToStage3(Frozen):
    """HRNet up to stage 3, of which the finest branch is read."""

    kind: Literal["hrnet"] = "hrnet"
    stride: ClassVar[int] = 4
    deepest_stride: ClassVar[int] = 16
    modules: ClassVar[tuple[int, int]] = (1, 4)
    """Exchange modules of stage 2 and stage 3."""
    width: int = Field(32, ge=1)
    """Channels of that branch: the number in HRNet's name."""

    @property
    def channels(self) -> int:
        return self.width


class ResNetToStage2(Frozen):
    """ResNet-50 up to its second stage, at stride 8."""

    kind: Literal["resnet"] = "resnet"
    stride: ClassVar[int] = 8
    deepest_stride: ClassVar[int] = 8
    blocks: ClassVar[tuple[int, int]] = (3, 4)
    """Bottlenecks of the two stages."""
    width: int = Field(64, ge=1)
    """Channels inside the bottlenecks of the first stage; less makes a network that was never published."""

    @property
    def channels(self) -> int:
        return EXPANSION * self.width << (len(self.blocks) - 1)


TokenTrunk = Annotated[Stem | HRNetToStage3, Field(discriminator="kind"), BY_NAME]
"""Of TokenPose, PPT and DistilPose."""
TransPoseTrunk = Annotated[ResNetToStage2 | HRNetToStage3, Field(discriminator="kind"), BY_NAME]
