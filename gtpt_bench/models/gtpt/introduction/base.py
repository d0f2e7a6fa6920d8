"""What every introduction has in common: keypoint tokens enter in phases, each token standing for some keypoints.

Torch-free. The network half of an introduction is a `KeypointTokens` (base_net.py).
Source: spec/gtpt.md §6 to §8, spec/ablations.md §3.3.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Literal

from gtpt_bench.frozen import Frozen
from gtpt_bench.keypoints import KeypointSet
from gtpt_bench.models.cost import Cost

if TYPE_CHECKING:
    from gtpt_bench.models.gtpt.introduction.base_net import KeypointTokens

When = Literal["before_attention", "after_attention"]


@dataclass(frozen=True)
class Phase:
    """Keypoint tokens from one moment on, until the next phase.

    Attributes:
        layer: coarse layer in which they enter.
        when: before its attention (ahead of the position embedding), or after its pruning.
        scopes: for each token, in sequence order, the keypoints it stands for; () for a token that stays beside
            the sparse ones and stands for nobody.
        human: whether the first token is the human token.
    """

    layer: int
    when: When
    scopes: tuple[tuple[int, ...], ...]
    human: bool = False


@dataclass(frozen=True)
class Layout:
    """Where things happen in the encoder that an introduction fits into.

    Attributes:
        first_cut: first layer of the second stage.
        num_mhsa: layers of plain attention.
        split: layer before which image tokens split in groups.
        grouped: whether they do.
    """

    first_cut: int
    num_mhsa: int
    split: int
    grouped: bool


class BaseIntroduction(Frozen, ABC):
    """When which keypoint tokens enter."""

    kind: str
    dense_at_split: ClassVar[bool] = False
    """Whether the split makes the dense tokens; otherwise they are in the sequence already, or there are none."""

    def check(self, keypoints: KeypointSet, layout: Layout) -> None:
        """Refuse a keypoint set or a layout that it does not fit.

        Raises:
            ValueError: names the keys and what would do.
        """

    @abstractmethod
    def phases(self, keypoints: KeypointSet, layout: Layout) -> tuple[Phase, ...]:
        """At least one; the first enters before layer 0."""

    @abstractmethod
    def cost(self, keypoints: KeypointSet, width: int) -> Cost:
        """Parameters of the learnable tokens."""

    @abstractmethod
    def build(self, keypoints: KeypointSet, width: int, *, dense_at_split: bool) -> KeypointTokens:
        """The network half, with weights not yet drawn."""


def everyone(keypoints: KeypointSet) -> tuple[int, ...]:
    return tuple(range(len(keypoints)))


def each(keypoints: Sequence[int]) -> tuple[tuple[int, ...], ...]:
    """One token a keypoint."""
    return tuple((keypoint,) for keypoint in keypoints)


def require_no_dense(kind: str, keypoints: KeypointSet, instead: str) -> None:
    if keypoints.dense_parts:
        raise ValueError(
            f"introduction {kind!r} has no dense tokens, but keypoints {keypoints.name!r} have dense parts; "
            f"use introduction {instead}"
        )


def require_dense(kind: str, keypoints: KeypointSet, instead: str) -> None:
    if not keypoints.dense_parts:
        raise ValueError(
            f"introduction {kind!r} grows dense tokens, but keypoints {keypoints.name!r} have no dense parts; "
            f"use introduction {instead}"
        )


def require_mhsa_layer(key: str, layer: int, layout: Layout) -> None:
    if not 0 <= layer < layout.num_mhsa:
        raise ValueError(
            f"introduction.{key} {layer} is not a coarse layer: stage_depths gives layers 0 to {layout.num_mhsa - 1}"
        )
