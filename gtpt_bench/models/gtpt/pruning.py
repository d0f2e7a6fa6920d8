"""How many image tokens each layer keeps. Torch-free; which ones they are is decided in pruning_net.py.

Source: spec/gtpt.md §1: counts truncate and refer to the original number of tokens, never to the current one.
"""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import Field, model_validator

from gtpt_bench.frozen import Frozen

KeepRate = Annotated[float, Field(gt=0, le=1)]


class Pruning(Frozen):
    """Share of the original image tokens kept in each of the four stages."""

    keep_rates: tuple[KeepRate, KeepRate, KeepRate, KeepRate] = (1.0, 0.7, 0.3, 0.1)

    @model_validator(mode="after")
    def _never_grow(self) -> Self:
        if any(later > earlier for earlier, later in zip(self.keep_rates, self.keep_rates[1:], strict=False)):
            raise ValueError(
                f"keep rates {list(self.keep_rates)} grow from one stage to the next; "
                "a pruned token cannot come back, so each rate must be at most the one before"
            )
        return self


def kept(num_tokens: int, keep_rate: float) -> int:
    """Image tokens (dense tokens count as such) left of `num_tokens` original ones."""
    return int(num_tokens * keep_rate)
