"""ViTPose+: ViTPose whose feed-forward nets end in a part that each of six data sets has to itself.

Which expert gives that part is the data set's number, nothing is learned about it. Network: vitpose_plus_net.py.
Xu, Zhang, Zhang and Tao 2023, "ViTPose++: vision transformer for generic body pose estimation", arXiv 2212.04246.
Source: spec/baselines.md §3.10.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, Self

from pydantic import Field, model_validator

from gtpt_bench.models.peers.config import Positive
from gtpt_bench.models.peers.vitpose import PlainTransformer

if TYPE_CHECKING:
    from gtpt_bench.models.peers.vitpose_plus_net import ViTPosePlus

DATA_SETS: dict[str, int] = {"coco": 17, "aic": 14, "mpii": 16, "ap10k": 17, "apt36k": 17, "wholebody": 133}
"""That the released weights were trained on, and keypoints of each one's head; their order is the experts'."""
COCO, WHOLEBODY = 0, 5


class ViTPosePlusConfig(PlainTransformer):
    """The network of one of the six data sets; weights of the others are kept, as released files have them all."""

    family: Literal["vitpose_plus"] = "vitpose_plus"

    expert_width: Positive = 192
    """Channels of the feed-forward net's output that an expert gives, the last ones; the others are shared."""
    expert: int = Field(COCO, ge=0, le=len(DATA_SETS) - 1)
    """Data set whose expert and head are used, by number: 0 COCO … 5 COCO-WholeBody."""
    routing: Literal["all", "hard"] = "all"
    """Whether all experts are run and all but one are masked, as released, or that one alone; both answer alike."""

    @model_validator(mode="after")
    def _experts_fit(self) -> Self:
        if self.expert_width >= self.width:
            raise ValueError(
                f"expert_width {self.expert_width} leaves no shared channel of width {self.width}; "
                f"use at most {self.width - 1}"
            )
        return self

    @property
    def head_keypoints(self) -> tuple[int, ...]:
        """Keypoints of each data set's head; the one in use has this config's."""
        counts = [*DATA_SETS.values()]
        counts[self.expert] = self.num_keypoints
        return tuple(counts)

    def build(self) -> ViTPosePlus:
        from gtpt_bench.models.peers.vitpose_plus_net import ViTPosePlus

        return ViTPosePlus(self)


def vitpose_plus_s() -> ViTPosePlusConfig:
    return ViTPosePlusConfig()


def vitpose_plus_s_wholebody() -> ViTPosePlusConfig:
    return ViTPosePlusConfig(keypoints="wholebody", expert=WHOLEBODY)


def vitpose_plus_h_wholebody() -> ViTPosePlusConfig:
    """3.7 GB of weights: count it on the meta device."""
    return ViTPosePlusConfig(keypoints="wholebody", expert=WHOLEBODY, width=1280, depth=32, heads=16, expert_width=320)
