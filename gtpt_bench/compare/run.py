"""Two sides compared in what was asked for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from gtpt_bench.compare.accuracy import AccuracyCompared, compared_accuracy, corrected
from gtpt_bench.compare.cost import CostCompared, Counter
from gtpt_bench.compare.entry import Entry, differences
from gtpt_bench.compare.origins import changed_origins
from gtpt_bench.compare.sides import Side
from gtpt_bench.compare.time import TimeCompared, check_options, measured_times, recorded_times, why_not_recorded
from gtpt_bench.efficiency.measure.running import Steps, in_silence
from gtpt_bench.efficiency.timing.settings import ComparisonSettings
from gtpt_bench.errors import InputError

Part = Literal["cost", "time", "accuracy"]
PARTS: tuple[Part, ...] = ("cost", "time", "accuracy")


@dataclass(frozen=True)
class How:
    """What is compared, and how time is measured.

    Attributes:
        measures: whether times are measured where they are only recorded, or not at all; models always are.
        batch: images a call when throughput is measured.
    """

    parts: tuple[Part, ...] = PARTS
    measures: bool = False
    settings: ComparisonSettings = field(default_factory=ComparisonSettings)
    batch: int = 8


@dataclass(frozen=True)
class PairCompared:
    """Two models, runs, or variants of the same name.

    Attributes:
        differing: values of both by dotted key.
        time: latency and throughput; empty if they cannot be compared, for the reason in `no_time`.
        accuracy: None if it cannot be compared, for the reason in `no_accuracy`.
    """

    first: Entry
    second: Entry
    differing: Mapping[str, tuple[Any, Any]]
    cost: CostCompared | None = None
    time: tuple[TimeCompared, ...] = ()
    no_time: str = ""
    accuracy: AccuracyCompared | None = None
    no_accuracy: str = ""

    @property
    def models(self) -> str:
        """Names of the models whose cost and time are compared; one if they are the same."""
        return " and ".join(dict.fromkeys((self.first.model, self.second.model)))


@dataclass(frozen=True)
class Compared:
    """Everything.

    Attributes:
        pairs: by variant for studies; a single one, called "", otherwise.
        alone: variants of each side that the other one lacks.
    """

    first: Side
    second: Side
    how: How
    pairs: Mapping[str, PairCompared]
    alone: tuple[tuple[str, ...], tuple[str, ...]]

    @property
    def origins(self) -> dict[str, tuple[str, str]]:
        """What made the records of both, where it differs: code, packages, machine."""
        pairs = self.pairs.values()
        return changed_origins([pair.first.origins for pair in pairs], [pair.second.origins for pair in pairs])


def compare(first: Side, second: Side, how: How, steps: Steps = in_silence) -> Compared:
    """Compare two sides of the same kind.

    Raises:
        InputError: they are of different kinds, have no variant in common, were evaluated on different data, or a
            model cannot be run as asked.
    """
    if first.kind != second.kind:
        raise InputError(
            f"{first.name} is a {first.kind} and {second.name} is a {second.kind}; name two models, two runs or two "
            "studies"
        )
    if how.parts == ("accuracy",) and first.kind == "model":
        raise InputError("models by name are not trained, so there is no accuracy to compare; name two runs or studies")
    common = [name for name in first.entries if name in second.entries]
    if not common:
        raise InputError(
            f"{first.name} and {second.name} have no variant in common ({', '.join(first.entries)}; "
            f"{', '.join(second.entries)}); name two runs instead"
        )
    chosen = {name: (first.entries[name], second.entries[name]) for name in common}
    return Compared(
        first,
        second,
        how,
        _pairs(chosen, how, steps, measures=how.measures or first.kind == "model"),
        (
            tuple(name for name in first.entries if name not in common),
            tuple(name for name in second.entries if name not in common),
        ),
    )


def _pairs(
    chosen: Mapping[str, tuple[Entry, Entry]], how: How, steps: Steps, *, measures: bool
) -> dict[str, PairCompared]:
    """Accuracy first, which may be refused; time before counting."""
    found: dict[str, dict[str, Any]] = {name: {"differing": differences(*pair)} for name, pair in chosen.items()}
    if "accuracy" in how.parts:
        for name, pair in chosen.items():
            reasons = "; ".join(dict.fromkeys(entry.unevaluated for entry in pair if entry.unevaluated))
            found[name] |= {"accuracy": compared_accuracy(*pair), "no_accuracy": reasons}
        together = {name: own["accuracy"] for name, own in found.items() if own["accuracy"]}
        for name, own in corrected(together).items():
            found[name]["accuracy"] = own
    if "time" in how.parts and measures:
        check_options([entry for pair in chosen.values() for entry in pair])
        for name, pair in chosen.items():
            found[name]["time"] = measured_times(*pair, how.settings, how.batch, steps)
    elif "time" in how.parts:
        for name, pair in chosen.items():
            found[name] |= {"time": recorded_times(*pair), "no_time": why_not_recorded(*pair)}
    if "cost" in how.parts:
        counter = Counter(anew=how.measures)
        for name, pair in chosen.items():
            found[name]["cost"] = counter.compared(*pair)
    return {name: PairCompared(*chosen[name], **values) for name, values in found.items()}
