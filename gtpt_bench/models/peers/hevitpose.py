"""HEViTPose: a reconstruction from the architecture figure and published totals. Network: hevitpose_net.py.

Wu, Jin, Zhang and others 2023, arXiv 2311.13615; the authors never released code. What is read off a figure, what is
stated and what is our inference, and why these sizes were preferred among the few hundred that meet the totals:
spec/hevitpose.md. No accuracy of these networks is the authors'.
"""

from __future__ import annotations

from math import lcm
from typing import TYPE_CHECKING, Annotated, Literal, Self

from pydantic import Field, model_validator

from gtpt_bench.keypoints import Keypoints
from gtpt_bench.models.peers.config import PeerConfig, Positive
from gtpt_bench.models.peers.division import check_division
from gtpt_bench.models.peers.input_size import check_input_size
from gtpt_bench.models.sizes import Size

if TYPE_CHECKING:
    from gtpt_bench.models.peers.hevitpose_net import HEViTPose

STRIDES = (4, 2, 2)
"""Of each stage's embedding; the stages work at strides 4, 8 and 16."""

NotNegative = Annotated[int, Field(ge=0)]
EachStage = tuple[Positive, Positive, Positive]


class HEViTPoseConfig(PeerConfig):
    """Three stages of blocks with cascaded group attention, then two deconvolutions; the defaults are T."""

    family: Literal["hevitpose"] = "hevitpose"

    keypoints: Keypoints = "mpii"
    input_size: Size = Size(256, 256)
    widths: EachStage = (64, 128, 192)
    """Channels of each stage (C)."""
    depths: EachStage = (2, 2, 3)
    """Blocks of each stage."""
    groups: EachStage = (4, 4, 4)
    """Channel groups of the attention (G), each attending by itself, the previous group's output added to its input."""
    heads: EachStage = (2, 2, 4)
    """Attention heads of each group."""
    reductions: EachStage = (8, 4, 2)
    """Side of the window that becomes one key and value (R); 1 reduces nothing."""
    reduction_conv: Literal["full", "depthwise"] = "full"
    """Convolution that reduces: over all channels of the group, or over each by itself."""
    overlaps: tuple[NotNegative, NotNegative, NotNegative] = (3, 1, 1)
    """Patch embedded overlap width (PEOW) of each stage: pixels or cells that neighbouring patches share."""
    expansion: Positive = 2
    """Hidden width of the feed-forward nets over C."""
    sandwich: bool = True
    """Whether a depthwise unit and a feed-forward net stand on both sides of the embedding of stages 2 and 3."""
    head_filters: tuple[Positive, Positive] = (128, 128)
    """Channels of the two deconvolutions."""

    @model_validator(mode="after")
    def _fits(self) -> Self:
        for stage, (width, groups, heads) in enumerate(zip(self.widths, self.groups, self.heads, strict=True), start=1):
            check_division(f"widths: stage {stage} with width", width, groups, of="groups")
            check_division(f"groups: stage {stage} with a group's width", width // groups, heads, of="heads")
        check_input_size(self.input_size, lcm(*(4 * 2**s * r for s, r in enumerate(self.reductions))))
        return self

    def build(self) -> HEViTPose:
        from gtpt_bench.models.peers.hevitpose_net import HEViTPose

        return HEViTPose(self)


def hevitpose_t() -> HEViTPoseConfig:
    return HEViTPoseConfig()


def hevitpose_s() -> HEViTPoseConfig:
    return HEViTPoseConfig(widths=(112, 192, 256))


def hevitpose_b() -> HEViTPoseConfig:
    return HEViTPoseConfig(widths=(128, 240, 384))
