"""Parameters and MACs of two models in every convention: as they were recorded, or counted now.

Two records may be of two versions of the code that counts; one record beside a count of now would be, too, so that
either both are recorded or both are counted.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from gtpt_bench.compare.entry import Counts, Entry
from gtpt_bench.config import cost_signature
from gtpt_bench.efficiency.counting.countable import countable_model
from gtpt_bench.efficiency.measure.cost import cost_figures
from gtpt_bench.models.catalogue import ModelConfig

CostVerdict = Literal["same", "other"]


@dataclass(frozen=True)
class CostCompared:
    first: Counts
    second: Counts

    @property
    def rows(self) -> dict[str, tuple[int, int]]:
        """Both figures of parameters and of each convention that both know."""
        common = {
            name: (count, self.second.macs[name]) for name, count in self.first.macs.items() if name in self.second.macs
        }
        macs = {f"MACs {name}": counts for name, counts in common.items()}
        return {"params": (self.first.params, self.second.params), **macs}

    @property
    def verdict(self) -> CostVerdict:
        """Counts are exact: whatever differs is real."""
        return "same" if all(a == b for a, b in self.rows.values()) else "other"


class Counter:
    """Counts each config once.

    Args:
        anew: count what is recorded too.

    Raises:
        CountingBroken: this installation counts known layers wrong.
    """

    def __init__(self, *, anew: bool = False) -> None:
        self._anew = anew
        self._counted: dict[str, Counts] = {}

    def compared(self, first: Entry, second: Entry) -> CostCompared:
        if first.cost and second.cost and not self._anew:
            return CostCompared(first.cost, second.cost)
        return CostCompared(self._counts(first.config), self._counts(second.config))

    def _counts(self, config: ModelConfig) -> Counts:
        signature = cost_signature(config)
        if signature not in self._counted:
            found = cost_figures(countable_model(config, checked=False), checked=False)
            self._counted[signature] = Counts(found.params.deployed, found.macs)
        return self._counted[signature]
