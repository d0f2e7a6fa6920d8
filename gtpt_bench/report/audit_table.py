"""The table of an audit: of each model what was published, which count gives that, and what it really costs."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from gtpt_bench.efficiency.counting.conventions import CONVENTIONS
from gtpt_bench.report.audit_counters import counters_cell
from gtpt_bench.report.cells import (
    NOTHING,
    Cell,
    Column,
    Row,
    StudyTable,
    filled,
    measured_cell,
    reference_file,
    reported_cell,
)
from gtpt_bench.report.records import Found, VariantRecords
from gtpt_bench.report.reproduced import Reproduction, reproduced
from gtpt_bench.study.plan import Plan
from gtpt_bench.study.reported import Printed

PARAMS: Mapping[str, str] = {"one copy": "params", "thop": "params_thop", "trainable": "params_trainable"}
"""Ways to count parameters, by name, and where a cost record has them; in the order of MACs' conventions."""

COLUMNS = (
    Column("method", "published as"),
    Column("params_reported_m", "params, reported (M)"),
    Column("params_m", "params (M)"),
    Column("params_counted", "reported params are"),
    Column("gflops_reported", "GFLOPs, reported"),
    Column("convention", "convention that gives them"),
    Column("in_convention_g", "MACs in it (G)"),
    Column("deviation", "rounded, off by"),
    Column("macs_full_g", "MACs full (G)"),
    Column("attention_percent", "of it attention (%)"),
    Column("counters", "counters that agree"),
    Column("full_to_published", "full / published"),
    Column("saving_published_percent", "saved by pruning as published (%)"),
    Column("saving_full_percent", "saved in full (%)"),
)


@dataclass(frozen=True)
class Audited:
    """One published row about a model, or the model alone where nothing is published.

    Attributes:
        macs, params: how the published figures come about; None where there is no figure or no cost yet.
    """

    name: str
    records: VariantRecords
    printed: Printed | None
    macs: Reproduction | None
    params: Reproduction | None


def audited(plan: Plan, records: Mapping[str, VariantRecords]) -> list[Audited]:
    """Every model with what was published of it, in the catalogue's order; figures of a family are judged together."""
    assert plan.audit is not None
    costs = {name: found.measured_cost for name, found in records.items() if found.measured_cost}
    macs = _reproductions(plan, "gflops", {name: macs_printed(cost) for name, cost in costs.items()})
    params = _reproductions(plan, "params_m", {name: params_printed(cost) for name, cost in costs.items()})
    rows = []
    for name in plan.variants:
        published: list[Printed | None] = [row for row in plan.audit.published if row.model == name]
        for printed in published or [None]:
            title = f"{name} ({printed.method})" if printed and len(published) > 1 else name
            rows.append(Audited(title, records[name], printed, macs.get(printed), params.get(printed)))
    return rows


def macs_printed(cost: Found) -> dict[str, float]:
    """MACs of a record in every convention, in the unit that its users print."""
    macs = cost.record["metrics"]["macs"]
    return {name: convention.printed(macs[name]) for name, convention in CONVENTIONS.items()}


def params_printed(cost: Found) -> dict[str, float]:
    """Parameters of a record in every way of counting, in millions."""
    return {name: cost.record["metrics"][key] / 1e6 for name, key in PARAMS.items()}


def _reproductions(
    plan: Plan, figure: str, counts: Mapping[str, Mapping[str, float]]
) -> dict[Printed | None, Reproduction]:
    """How each published figure comes about; models whose configs are of one class are a family."""
    assert plan.audit is not None
    families: dict[type, list[Printed]] = defaultdict(list)
    for row in plan.audit.published:
        if getattr(row, figure) and row.model in counts:
            families[type(plan.measured[row.model].config)].append(row)
    return {
        row: reproduction
        for rows in families.values()
        for row, reproduction in zip(
            rows, reproduced([(getattr(row, figure), counts[row.model]) for row in rows]), strict=True
        )
    }


def audit_table(rows: list[Audited]) -> StudyTable:
    table = tuple(Row(row.name, dict(_cells(row))) for row in rows)
    return StudyTable(filled(COLUMNS, table), table, subject="model")


def _cells(row: Audited) -> Iterator[tuple[str, Cell]]:
    yield from _reported(row)
    cost = row.records.measured_cost
    if cost is None:
        yield from ((key, Cell(str(row.records.cost_state))) for key in ("params_m", "macs_full_g"))
        return
    metrics = cost.record["metrics"]
    full, attention = metrics["macs"]["full"], metrics["macs"]["attention"]
    yield "params_m", _measured(metrics["params"] / 1e6, 3, cost)
    yield "macs_full_g", _measured(full / 1e9, 3, cost)
    yield "attention_percent", _measured(100 * attention / full, 1, cost)
    yield "counters", counters_cell(cost, row.records.dense_cost)
    if row.params and row.printed:
        yield "params_counted", _from_both(measured_cell(None, in_words(row.params), cost), row.printed)
    if row.macs and row.printed:
        yield from _explained(row.macs, row.printed, full / 1e9, cost)
    if row.records.dense_cost:
        yield from _savings(row.macs, cost, row.records.dense_cost)


def _reported(row: Audited) -> Iterator[tuple[str, Cell]]:
    if row.printed is None:
        yield "method", Cell("not published")
        return
    where = row.printed.file, row.printed.source
    yield "method", reported_cell(None, row.printed.method, *where)
    for key, figure in (("params_reported_m", row.printed.params_m), ("gflops_reported", row.printed.gflops)):
        yield key, reported_cell(float(figure), figure, *where) if figure else NOTHING


def _explained(macs: Reproduction, printed: Printed, full_g: float, cost: Found) -> Iterator[tuple[str, Cell]]:
    published_g = macs.value if macs.rounding else float(printed.gflops)
    deviation = f"{macs.deviation:+}" if macs.deviation else "0"
    yield "convention", _from_both(measured_cell(None, in_words(macs), cost), printed)
    yield "in_convention_g", _measured(macs.value, 3, cost)
    yield "deviation", _from_both(measured_cell(float(macs.deviation), deviation, cost), printed)
    yield "full_to_published", _from_both(_measured(full_g / published_g, 2, cost), printed)


def _from_both(cell: Cell, printed: Printed) -> Cell:
    """A measured cell that a published figure went into."""
    return replace(cell, files=(*cell.files, reference_file(printed.file)))


def _savings(macs: Reproduction | None, cost: Found, dense: Found) -> Iterator[tuple[str, Cell]]:
    """MACs that pruning saves, in full and as the published figure counts them."""
    conventions = {"saving_full_percent": "full"}
    if macs and macs.rounding:
        conventions["saving_published_percent"] = macs.name
    for key, convention in conventions.items():
        pruned, whole = (found.record["metrics"]["macs"][convention] for found in (cost, dense))
        yield key, _measured(100 * (1 - pruned / whole), 1, cost, dense)


def in_words(found: Reproduction) -> str:
    """`thop`, `thop (or N)`, `H, truncated`, `none; nearest E`."""
    if found.rounding is None:
        return f"none; nearest {found.name}"
    others = f" (or {', '.join(found.equally_good)})" if found.equally_good else ""
    return f"{found.name}{', truncated' if found.rounding == 'truncated' else ''}{others}"


def _measured(value: float, digits: int, *found: Found) -> Cell:
    return measured_cell(value, f"{value:.{digits}f}", *found)
