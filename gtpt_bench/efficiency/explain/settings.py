"""How the time of a model is explained: rounds and their length. Torch-free."""

from __future__ import annotations

from pydantic import Field

from gtpt_bench.frozen import Frozen


class ExplainSettings(Frozen):
    """The machine's rates and the model are measured in turn, so that a drift of the machine meets all alike."""

    rounds: int = Field(7, ge=2)
    round_s: float = Field(0.2, gt=0)
    """Seconds of each part of a round: both matrix products, memory, cache, the model plain and marked."""
    warmup_s: float = Field(1.0, ge=0)
    """Seconds the model runs before anything counts."""
    profiled_calls: int = Field(3, ge=1)
    """Calls of the model under the profiler a round, and as many without."""
