"""How a dense token is made of its part token and what was learned for it. Network: dense_tokens_net.py.

Source: spec/ablations.md §3.3 (`dense_token_init`). One class a construction; each says whether it has part tokens
and a scale, and the scale's start.
"""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from gtpt_bench.frozen import BY_NAME, Frozen
from gtpt_bench.keypoints import KeypointSet
from gtpt_bench.models.cost import Cost, parameters


class BaseDense(Frozen):
    """How a dense token is made, as switches of one network."""

    has_parts: ClassVar[bool] = True
    """Whether part tokens exist; without them a dense token is only what was learned."""
    scale_start: ClassVar[float | None] = None
    """Start of a learned factor for each channel of each dense token; None: no factor."""
    sigmoid: ClassVar[bool] = False
    """Whether the factor goes through a sigmoid."""

    def cost(self, keypoints: KeypointSet, width: int) -> Cost:
        """Parameters of part tokens, dense embeddings and factors."""
        num_dense, num_parts = len(keypoints.dense), len(keypoints.dense_parts)
        scales = num_dense * (self.scale_start is not None)
        return parameters((num_dense + num_parts * self.has_parts + scales) * width)


class Learned(BaseDense):
    """The embedding alone; there are no part tokens."""

    kind: Literal["learned"] = "learned"
    has_parts: ClassVar[bool] = False


class PartAdd(BaseDense):
    """Embedding + part token: the paper's."""

    kind: Literal["part_add"] = "part_add"


class PartScale(BaseDense):
    """Embedding + γ · part token, γ learned, 1 at first."""

    kind: Literal["part_scale"] = "part_scale"
    scale_start: ClassVar[float | None] = 1.0


class PartSigmoidScale(BaseDense):
    """Embedding + sigmoid(γ) · part token, γ learned, 0 at first."""

    kind: Literal["part_sigmoid_scale"] = "part_sigmoid_scale"
    scale_start: ClassVar[float | None] = 0.0
    sigmoid: ClassVar[bool] = True


DenseTokens = Annotated[PartAdd | Learned | PartScale | PartSigmoidScale, Field(discriminator="kind"), BY_NAME]
