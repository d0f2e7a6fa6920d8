"""How many image tokens are left after each layer of a network with one sequence of tokens. Torch-free.

Two ways to say it, because published networks count differently. Source: spec/baselines.md §3.4, spec/gtpt.md §1.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from itertools import pairwise
from math import ceil
from typing import Annotated, Any, Literal, Self

from pydantic import Field, field_validator, model_validator

from gtpt_bench.frozen import BY_NAME, Frozen

KeepRate = Annotated[float, Field(gt=0, le=1)]
LayerShare = tuple[Annotated[int, Field(ge=0)], KeepRate]

NUM_STAGES = 4


class BaseSchedule(Frozen, ABC):
    """A number of image tokens for each layer; they are dropped between its attention and its feed-forward net."""

    @abstractmethod
    def check(self, depth: int) -> None:
        """Refuse layers that a network of this depth does not have.

        Raises:
            ValueError: in one line, with values that would do.
        """

    @property
    @abstractmethod
    def words(self) -> str:
        """The schedule as a table shows it; empty if nothing is dropped."""

    @abstractmethod
    def left(self, num_tokens: int, depth: int) -> tuple[int, ...]:
        """Image tokens after each of `depth` layers, of `num_tokens` at the start."""


class AtLayers(BaseSchedule):
    """PPT's way: some layers keep a share of the image tokens that are there, rounded up."""

    kind: Literal["at_layers"] = "at_layers"
    shares: tuple[LayerShare, ...] = ()
    """Layer, counted from 0, and the share that it keeps; `{3: 0.7, 6: 0.7}` in short."""

    @field_validator("shares", mode="before")
    @classmethod
    def _by_layer(cls, value: Any) -> Any:
        return sorted(value.items()) if isinstance(value, Mapping) else value

    @model_validator(mode="after")
    def _each_layer_once(self) -> Self:
        layers = [layer for layer, _ in self.shares]
        if any(later <= earlier for earlier, later in pairwise(layers)):
            raise ValueError(f"shares names layers {layers}; give each once, in ascending order")
        return self

    @property
    def words(self) -> str:
        return " ".join(f"{share:g} at {layer}" for layer, share in self.shares)

    def check(self, depth: int) -> None:
        beyond = [layer for layer, _ in self.shares if layer >= depth]
        if beyond:
            raise ValueError(f"pruning.schedule.shares names layer {beyond[0]}, but layers run from 0 to {depth - 1}")

    def left(self, num_tokens: int, depth: int) -> tuple[int, ...]:
        shares, counts = dict(self.shares), []
        for layer in range(depth):
            num_tokens = ceil(shares.get(layer, 1.0) * num_tokens)
            counts.append(num_tokens)
        return tuple(counts)


class OfOriginal(BaseSchedule):
    """GTPT's way: shares of the original image tokens, truncated."""

    kind: Literal["of_original"] = "of_original"
    keep_rates: Annotated[tuple[KeepRate, ...], Field(min_length=1)] = (1.0, 0.7, 0.3, 0.1)
    """One rate for each quarter of the layers, or one for each layer; GTPT's for COCO at first."""

    @model_validator(mode="after")
    def _never_grow(self) -> Self:
        if any(later > earlier for earlier, later in pairwise(self.keep_rates)):
            raise ValueError(
                f"keep_rates {list(self.keep_rates)} grow; a pruned token cannot come back, so each rate must be at "
                "most the one before"
            )
        return self

    @property
    def words(self) -> str:
        return " ".join(f"{rate:g}" for rate in self.keep_rates)

    def check(self, depth: int) -> None:
        num_rates = len(self.keep_rates)
        if num_rates == depth or (num_rates == NUM_STAGES and depth % NUM_STAGES == 0):
            return
        stages = f"{NUM_STAGES} (one a quarter of them) or " if depth % NUM_STAGES == 0 else ""
        raise ValueError(f"pruning.schedule.keep_rates has {num_rates} rates; {depth} layers take {stages}{depth}")

    def left(self, num_tokens: int, depth: int) -> tuple[int, ...]:
        repeated = depth // len(self.keep_rates)
        return tuple(int(num_tokens * rate) for rate in self.keep_rates for _ in range(repeated))


Schedule = Annotated[AtLayers | OfOriginal, Field(discriminator="kind"), BY_NAME]
