"""What every score has in common, and what it may look at."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, ClassVar, NamedTuple

from gtpt_bench.frozen import Frozen
from gtpt_bench.models.sizes import Size

if TYPE_CHECKING:
    from torch import Tensor

    from gtpt_bench.models.blocks.pruning.image_tokens import ImageTokens
    from gtpt_bench.models.blocks.pruning.truth import Truth


class Candidates(NamedTuple):
    """The image tokens at one place that prunes, and those who ask for them.

    Attributes:
        tokens: the N candidates.
        logits: of the Q tokens that ask, on all K keys before the softmax; the last N keys are the candidates,
            `[B, H, Q, K]`.
        keypoints: the keypoints that the asking tokens stand for, as places in the data set's order.
        truth: labels of all keypoints, given to the oracle only.
        grid: rows and columns of image tokens before any was dropped.
        cell: height and width of an image token in pixels.
        training: whether the network is in training mode.
        explores: whether a selection may be noisy; the full pass of training is not.
    """

    tokens: ImageTokens
    logits: Tensor
    keypoints: tuple[int, ...]
    truth: Truth | None
    grid: Size
    cell: Size
    training: bool
    explores: bool = True

    @property
    def image_logits(self) -> Tensor:
        """Logits on the candidates alone, `[B, H, Q, N]`."""
        return self.logits[..., self.logits.shape[-1] - self.tokens.x.shape[1] :]


class BaseScore(Frozen, ABC):
    """A ranking of image tokens."""

    asks_keypoints: ClassVar[bool] = True
    """Whether it depends on tokens that stand for keypoints."""
    can_learn: ClassVar[bool] = True
    """Whether a gradient that reaches the score changes what it ranks."""
    needs_human: ClassVar[bool] = False
    """Whether it asks what the human token thought of each image token."""
    needs_truth: ClassVar[bool] = False
    """Whether the network must be told where the keypoints are."""

    @abstractmethod
    def scores(self, candidates: Candidates) -> Tensor:
        """Score `[B, N]` of each candidate, in float32; the highest are kept."""
