"""What TokenPose, PPT and DistilPose have in common: a CNN, image tokens, a token for each keypoint. Torch-free.

Network: token_net.py. Source: spec/baselines.md §3.3.
"""

from __future__ import annotations

from functools import cached_property
from math import lcm
from typing import ClassVar, Literal, Self

from pydantic import Field, model_validator

from gtpt_bench.models.blocks.pruning.config import TokenPruning
from gtpt_bench.models.peers.config import PeerConfig
from gtpt_bench.models.peers.division import check_division
from gtpt_bench.models.peers.input_size import check_lengths
from gtpt_bench.models.peers.trunks import Stem, TokenTrunk
from gtpt_bench.models.reading import HeatmapReading, Reading
from gtpt_bench.models.sizes import Size


class TokenConfig(PeerConfig):
    """A feature map cut in patches, a token each, and a transformer over them and one token for each keypoint."""

    attention_wrapped: ClassVar[bool] = True
    """Whether released names of attention have the level of its residual."""
    trunk: TokenTrunk = Stem()
    """What makes the feature map."""
    patch_size: Size = Size(4, 3)
    """Height and width of a patch in cells of the feature map."""
    width: int = Field(192, ge=4, multiple_of=4)
    """Channels of a token (D)."""
    depth: int = Field(12, ge=1)
    """Layers."""
    heads: int = Field(8, ge=1)
    ffn_ratio: int = Field(3, ge=1)
    """Hidden width of the feed-forward net over the token width."""
    scaled_by: Literal["width", "head"] = "head"
    """Logits of attention are divided by the root of the whole token width, or of a head's share of it."""
    token_std: float = Field(0.02, gt=0)
    """Standard deviation of the keypoint tokens at the start."""
    query_key_gain: float = Field(1.0, gt=0)
    """Factor on the weights of queries and keys at the start. With these two all keypoints ask nearly the same at
    first, which long training overcomes; networks with minutes to learn in need more of both, as GTPT does."""
    pruning: TokenPruning = TokenPruning()
    """Image tokens that are dropped on the way; none in the released TokenPose and DistilPose."""

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if min(self.patch_size) < 1:
            raise ValueError(f"patch_size must be positive, got {list(self.patch_size)}")
        units = (lcm(self.trunk.stride * length, self.trunk.deepest_stride) for length in self.patch_size)
        check_lengths(self.input_size, Size(*units))
        check_division("width", self.width, self.heads, of="heads")
        self.pruning.check(self.grid_size.area, self.depth)
        return self

    @property
    def reading(self) -> Reading:
        """TokenPose's and PPT's authors evaluate with DARK's decoder, which the specification leaves open."""
        return HeatmapReading(peak="dark")

    @property
    def grid_size(self) -> Size:
        """Rows and columns of image tokens."""
        return self.input_size.divided(self.cell_size)

    @property
    def cell_size(self) -> Size:
        """Height and width in pixels of what one image token covers."""
        return Size(*(self.trunk.stride * length for length in self.patch_size))

    @property
    def heatmap_size(self) -> Size:
        return self.input_size.divided(Size(4, 4))

    @property
    def logit_scale(self) -> float:
        return float((self.width if self.scaled_by == "width" else self.width // self.heads) ** -0.5)

    @property
    def tokens_a_layer(self) -> tuple[int, ...]:
        return self.image_tokens_left

    @property
    def tokens_shown(self) -> tuple[int, ...]:
        """The numbers that occur, in their order."""
        return tuple(dict.fromkeys((self.num_image_tokens, *self.image_tokens_left)))

    @property
    def num_image_tokens(self) -> int:
        return self.grid_size.area

    @property
    def pruning_words(self) -> str:
        return self.pruning.schedule.words

    @cached_property
    def image_tokens_left(self) -> tuple[int, ...]:
        """Image tokens after each layer: those that its feed-forward net and the next layer's attention work on."""
        return self.pruning.schedule.left(self.grid_size.area, self.depth)

    @property
    def needs_truth(self) -> bool:
        return self.pruning.score.needs_truth
