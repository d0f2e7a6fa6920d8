"""Parameters and MACs of two models in every convention, counted now."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from gtpt_bench.compare.entry import Entry
from gtpt_bench.config import cost_signature
from gtpt_bench.efficiency.counting.countable import countable_model
from gtpt_bench.efficiency.measure.cost import cost_figures
from gtpt_bench.models.catalogue import ModelConfig


@dataclass(frozen=True)
class Counts:
    """Of one network as it is trained; a deployed form computes the same."""

    params: int
    macs: Mapping[str, int]


@dataclass(frozen=True)
class CostCompared:
    first: Counts
    second: Counts

    @property
    def rows(self) -> dict[str, tuple[int, int]]:
        """Both figures of parameters and of each convention."""
        macs = {f"MACs {name}": (count, self.second.macs[name]) for name, count in self.first.macs.items()}
        return {"params": (self.first.params, self.second.params), **macs}


class Counter:
    """Counts each config once.

    Raises:
        CountingBroken: this installation counts known layers wrong.
    """

    def __init__(self) -> None:
        self._counted: dict[str, Counts] = {}

    def compared(self, first: Entry, second: Entry) -> CostCompared:
        return CostCompared(self._counts(first.config), self._counts(second.config))

    def _counts(self, config: ModelConfig) -> Counts:
        signature = cost_signature(config)
        if signature not in self._counted:
            found = cost_figures(countable_model(config, checked=False), checked=False)
            self._counted[signature] = Counts(found.params.deployed, found.macs)
        return self._counted[signature]
