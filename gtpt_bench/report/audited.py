"""Published figures held against counted ones: of each row of an audit what was printed, and which count gives that."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

from gtpt_bench.efficiency.counting.conventions import CONVENTIONS
from gtpt_bench.report.records import Found, VariantRecords
from gtpt_bench.report.reproduced import Reproduction, reproduced
from gtpt_bench.study.plan import Plan
from gtpt_bench.study.printed import Printed

PARAMS: Mapping[str, str] = {"one copy": "params", "thop": "params_thop", "trainable": "params_trainable"}
"""Ways to count parameters, by name, and where a cost record has them; in the order of MACs' conventions."""


@dataclass(frozen=True)
class Audited:
    """One published row about a model, or the model alone where nothing is published.

    Attributes:
        variant: of the plan.
        macs, params: how the published figures come about; None where there is no figure or no cost yet.
        counted: cost of the network that the published figures count: of the model itself, or of another one that the
            row names (`Printed.counts`). A fit of the model's own cost would be chance then.
    """

    name: str
    variant: str
    records: VariantRecords
    printed: Printed | None
    macs: Reproduction | None
    params: Reproduction | None
    counted: Found | None


def audited(plan: Plan, records: Mapping[str, VariantRecords]) -> list[Audited]:
    """Every model with what was published of it, in the plan's order; figures of a family are judged together."""
    assert plan.audit is not None
    counted = {row: found for row in plan.audit.published if (found := _counted(row, records[row.variant]))}
    macs = _reproductions(plan, "gflops", {row: macs_printed(cost) for row, cost in counted.items()})
    params = _reproductions(plan, "params_m", {row: params_printed(cost) for row, cost in counted.items()})
    rows = []
    for name in plan.variants:
        published: list[Printed | None] = [row for row in plan.audit.published if row.variant == name]
        for printed in published or [None]:
            title = f"{name} ({printed.method})" if printed and len(published) > 1 else name
            found = counted.get(printed) if printed else records[name].measured_cost
            rows.append(Audited(title, name, records[name], printed, macs.get(printed), params.get(printed), found))
    return rows


def macs_printed(cost: Found) -> dict[str, float]:
    """MACs of a record in every convention, in the unit that its users print."""
    macs = cost.record["metrics"]["macs"]
    return {name: convention.printed(macs[name]) for name, convention in CONVENTIONS.items()}


def params_printed(cost: Found) -> dict[str, float]:
    """Parameters of a record in every way of counting, in millions."""
    return {name: cost.record["metrics"][key] / 1e6 for name, key in PARAMS.items()}


def in_words(found: Reproduction, counts: str = "") -> str:
    """`thop`, `thop (or N)`, `H, truncated`, `N with routing=hard`, `none; nearest E`.

    Args:
        counts: changes of the model that make it the network which is counted.
    """
    of = f" with {counts}" if counts else ""
    if found.rounding is None:
        return f"none; nearest {found.name}{of}"
    others = f" (or {', '.join(found.equally_good)})" if found.equally_good else ""
    return f"{found.name}{of}{', truncated' if found.rounding == 'truncated' else ''}{others}"


def _counted(row: Printed, records: VariantRecords) -> Found | None:
    return records.counted_as.get(row.counts) if row.counts else records.measured_cost


def _reproductions(
    plan: Plan, figure: str, counts: Mapping[Printed, Mapping[str, float]]
) -> dict[Printed | None, Reproduction]:
    """How each published figure comes about; models whose configs are of one class are a family."""
    families: dict[type, list[Printed]] = defaultdict(list)
    for row in counts:
        if getattr(row, figure):
            families[type(plan.measured[row.variant].config)].append(row)
    found: dict[Printed | None, Reproduction] = {}
    for rows in families.values():
        found.update(zip(rows, reproduced([(getattr(row, figure), counts[row]) for row in rows]), strict=True))
    return found
