"""For people: every convention, where the cost lies, and what other counters say."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from gtpt_bench.efficiency.counting.breakdown import Part
from gtpt_bench.efficiency.counting.cross_check import TOLERANCE, CrossCheck, Opinion
from gtpt_bench.efficiency.counting.tokens import TokensThrough
from gtpt_bench.efficiency.measure.definitions import printed
from gtpt_bench.efficiency.measure.figures import CostFigures, Measured
from gtpt_bench.shown import NONE, Section, percent, whole


def counting(measured: Measured) -> Iterator[Section]:
    """Beyond params and MACs, as far as it was asked for."""
    parts = measured.request.parts
    costs = {model.name: model.cost for model in measured.models if model.cost is not None}
    if costs and "conventions" in parts:
        yield conventions_table(costs)
    for name, cost in costs.items():
        if "stages" in parts:
            yield stages_table(name, cost.breakdown.stages)
        if "modules" in parts:
            yield modules_table(name, cost.breakdown.modules)
        if cost.check is not None:
            yield check_table(name, cost.check)


def conventions_table(costs: Mapping[str, CostFigures]) -> Section:
    """Each model's MACs as each convention has them, and as its users would print them."""
    rows = tuple(
        (name, *(f"{whole(cost.macs[name])} ({printed(name, cost.macs[name])})" for cost in costs.values()))
        for name in next(iter(costs.values())).macs
    )
    notes = (
        "in brackets: as its users print it (Gi: 2^30, which they label G too)",
        "attention: the part of full that is attention products",
    )
    return Section("MACs by convention", ("convention", *costs), rows, notes)


def stages_table(model: str, parts: tuple[Part, ...]) -> Section:
    rows = tuple((part.name, *_cells(part)) for part in parts)
    return Section(f"Stages of {model}", ("stage", *COLUMNS), (*rows, ("all", NONE, *_sums(parts))))


def modules_table(model: str, parts: tuple[Part, ...]) -> Section:
    """Modules that neither compute nor hold parameters are left out."""
    telling = tuple(part for part in parts if part.full_macs or part.params or part.activations)
    rows = tuple((part.name or "(the model)", part.stage, *_cells(part)) for part in telling)
    note = "each module without those inside it"
    return Section(
        f"Modules of {model}", ("module", "stage", *COLUMNS), (*rows, ("all", "", NONE, *_sums(parts))), (note,)
    )


COLUMNS = ("tokens", "MACs full", "of it attention", "params", "activations")


def _cells(part: Part) -> tuple[str, ...]:
    counts = part.full_macs, part.attention_macs, part.params, part.activations
    return _tokens(part.tokens), *map(whole, counts)


def _tokens(tokens: TokensThrough | None) -> str:
    if tokens is None:
        return NONE
    return f"{whole(tokens.before)} → {whole(tokens.after)}"


def _sums(parts: tuple[Part, ...]) -> tuple[str, ...]:
    columns = zip(*((p.full_macs, p.attention_macs, p.params, p.activations) for p in parts), strict=True)
    return tuple(whole(sum(column)) for column in columns)


def check_table(model: str, check: CrossCheck) -> Section:
    """Rows that disagree by more than a hundredth are flagged."""
    rows = tuple(_opinion(opinion) for opinion in check.opinions)
    columns = ("counter", "MACs", "held against", "of the trace", "deviation", "")
    return Section(f"Counters of {model}", columns, rows, tuple(_check_notes(check)))


def _opinion(opinion: Opinion) -> tuple[str, ...]:
    deviation = NONE if opinion.deviation is None else f"{100 * opinion.deviation:+.3f} %"
    flag = f"DISAGREES by more than {percent(TOLERANCE)}" if opinion.agrees is False else ""
    remark = "; ".join(words for words in (flag, opinion.note) if words)
    return opinion.name, whole(opinion.macs), opinion.against, whole(opinion.expected), deviation, remark


def _check_notes(check: CrossCheck) -> Iterator[str]:
    yield "counters agree" if check.agrees else "warning: counters do not agree; no figure above is to be trusted"
    if check.uncounted:
        yield f"operators in no MACs, with their calls: {calls_in_words(check.uncounted)}"
    if check.unknown:
        yield f"warning: operators that no rule knows, which may hide MACs: {calls_in_words(check.unknown)}"
    for opinion in check.opinions:
        if opinion.uncounted:
            yield f"not counted by {opinion.name}: {calls_in_words(opinion.uncounted)}"


def calls_in_words(calls: Mapping[str, int]) -> str:
    return ", ".join(f"{name} {number}" for name, number in calls.items())
