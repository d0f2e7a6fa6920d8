"""EfficientPose: inverted residuals found by architecture search and a slim head. Network: efficientpose_net.py.

Zhang, Fang, Wang and Wang 2020, "EfficientPose: efficient human pose estimation with neural architecture search",
arXiv 2012.07086; not the single-person networks of Groos et al. under the same name. Source: spec/baselines.md §3.7.
"""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING, Annotated, Literal, Self

from pydantic import Field, model_validator

from gtpt_bench.frozen import Frozen
from gtpt_bench.models.peers.config import PeerConfig
from gtpt_bench.models.peers.input_size import check_input_size

if TYPE_CHECKING:
    from gtpt_bench.models.peers.efficientpose_net import EfficientPose

Block = Annotated[str, Field(pattern=r"^(k[1357]_e[1-9]|skip)$")]
"""`k5_e3`: an inverted residual with a 5×5 depthwise kernel that works on 3 times its input's channels.

`skip`: nothing at all.
"""

STEM_WIDTHS = (32, 24)
"""Channels within the stem and after it."""


class Stage(Frozen):
    """Blocks of one width; the first has the stride."""

    width: int = Field(ge=1)
    stride: Literal[1, 2] = 2
    blocks: tuple[Block, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _first_block_is_no_skip(self) -> Self:
        if self.blocks[0] == "skip":
            raise ValueError("blocks: the first block of a stage changes width or size, so it cannot be skip")
        return self


def _stages(*blocks: str) -> tuple[Stage, ...]:
    """Of the published widths and strides, each with blocks like `36 53 -`: kernel 3, expansion 6; 5 and 3; skip."""
    sizes = ((32, 2), (64, 2), (96, 2), (160, 1))
    return tuple(
        Stage(width=width, stride=stride, blocks=tuple(_block(code) for code in row.split()))
        for (width, stride), row in zip(sizes, blocks, strict=True)
    )


def _block(code: str) -> str:
    return "skip" if code == "-" else f"k{code[0]}_e{code[1]}"


class EfficientPoseConfig(PeerConfig):
    """Stages to stride 16, deconvolutions back to stride 4; the defaults are B."""

    family: Literal["efficientpose"] = "efficientpose"

    stages: tuple[Stage, ...] = _stages(
        "36 36 53 73 53 73",
        "56 53 73 73 73 73 73 73",
        "76 56 56 73 73 36 73 76 76 73",
        "73 73 73 73 73 73 - 73 76 73",
    )
    head_filters: tuple[int, int] = (64, 32)
    """Channels of the two deconvolutions."""

    @property
    def stride(self) -> int:
        """Of the deepest map."""
        return 2 * prod(stage.stride for stage in self.stages)

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.stride != 16:
            raise ValueError(f"stages: strides must lead to 16, two deconvolutions from the maps; got {self.stride}")
        check_input_size(self.input_size, self.stride)
        return self

    def build(self) -> EfficientPose:
        from gtpt_bench.models.peers.efficientpose_net import EfficientPose

        return EfficientPose(self)


def efficientpose_b() -> EfficientPoseConfig:
    return EfficientPoseConfig()


def efficientpose_c() -> EfficientPoseConfig:
    return EfficientPoseConfig(
        stages=_stages(
            "53 36 33 33 - 53",
            "36 76 56 36 56 36 36 36",
            "76 76 76 76 76 76 76 76 73 76",
            "76 76 73 73 76 76 76 76 76 76",
        )
    )
