"""The paper's choice: the best k, without gradient."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal, NamedTuple

from gtpt_bench.frozen import Frozen

if TYPE_CHECKING:
    from torch import Tensor


class Selected(NamedTuple):
    """Which tokens are kept.

    Attributes:
        rows: their places among the N candidates, the best first, `[B, k]`.
        soft: zeros `[B, N]` through which the gradient reaches the scores; None if it does not.
    """

    rows: Tensor
    soft: Tensor | None = None


class TopK(Frozen):
    """The k highest scores."""

    kind: Literal["topk"] = "topk"
    learns: ClassVar[bool] = False
    """Whether a gradient reaches the scores."""

    def select(self, scores_BN: Tensor, num_kept: int, *, training: bool) -> Selected:
        return Selected(scores_BN.topk(num_kept, dim=1).indices)
