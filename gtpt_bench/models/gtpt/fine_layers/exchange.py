"""Which tokens of other groups a group attends to: the "talk" in multi-head group attention. Torch-free.

In a group's sequence [keypoints | dense | image] the visible tokens come first, so an exchange is a number.
Source of `sparse`: spec/gtpt.md §9.1; the others are not of the paper.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Annotated, Literal

from pydantic import Field

from gtpt_bench.frozen import BY_NAME, Frozen
from gtpt_bench.models.gtpt.tokens import GroupTokens


class BaseExchange(Frozen, ABC):
    """How much of another group can be seen."""

    @abstractmethod
    def seen(self, other: GroupTokens) -> int:
        """Leading tokens of another group that serve as keys."""

    def keys(self, groups: Sequence[GroupTokens]) -> tuple[int, ...]:
        """Keys of each group: all of its own tokens and those it sees of the others."""
        seen = [self.seen(group) for group in groups]
        return tuple(group.queries + sum(seen) - own for group, own in zip(groups, seen, strict=True))


class Isolated(BaseExchange):
    """Groups do not see each other."""

    kind: Literal["isolated"] = "isolated"

    def seen(self, other: GroupTokens) -> int:
        return 0


class SparseExchange(BaseExchange):
    """The paper's: groups see each other's sparse tokens."""

    kind: Literal["sparse"] = "sparse"

    def seen(self, other: GroupTokens) -> int:
        return other.keypoints


class FullExchange(BaseExchange):
    """Groups see everything of each other, dense and image tokens too."""

    kind: Literal["full"] = "full"

    def seen(self, other: GroupTokens) -> int:
        return other.queries


Exchange = Annotated[SparseExchange | Isolated | FullExchange, Field(discriminator="kind"), BY_NAME]
