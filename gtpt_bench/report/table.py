"""A study's table: a row a variant, then a row for each reported method. Writing it out is formats.py."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping

import numpy as np

from gtpt_bench.report.accuracy import StudyAccuracy, VariantAccuracy
from gtpt_bench.report.cells import NOTHING, Cell, Column, Row, StudyTable, filled, measured_cell, reported_cell
from gtpt_bench.report.models_in_words import trained_column
from gtpt_bench.report.pckh import pckh_cells, pckh_columns
from gtpt_bench.report.records import Found, VariantRecords
from gtpt_bench.report.timed import timing_cells
from gtpt_bench.study.plan import Plan
from gtpt_bench.study.reported import Reported


def study_table(plan: Plan, records: Mapping[str, VariantRecords], accuracy: StudyAccuracy | None) -> StudyTable:
    """The table of a plan; columns that no row fills are left out, those of failed measurements are not."""
    named = _model_cells(plan)
    rows = [
        Row(name, {**named.get(name, {}), **dict(_variant_cells(plan, name, records, accuracy))})
        for name in plan.variants
    ]
    rows += [Row(f"{r.method} {r.variant}", dict(_reported_cells(plan, r)), reported=True) for r in plan.reported]
    return StudyTable(filled(columns(plan), tuple(rows)), tuple(rows))


def columns(plan: Plan) -> tuple[Column, ...]:
    """All columns that a table may have, with the models and data they speak of."""
    compared = "the variant compared with" if plan.study.report.against else plan.baseline
    return (
        Column("model", "model"),
        Column("keep_rates", "keep rates"),
        Column("tokens_kept", "tokens kept"),
        Column("params_m", "params (M)"),
        Column("compared_with", "compared with"),
        Column("macs_full_g", "MACs full (G)"),
        Column("macs_full_change_percent", f"MACs full against {compared} (%)"),
        Column("macs_thop_g", "MACs thop (G)"),
        Column("macs_thop_change_percent", f"MACs thop against {compared} (%)"),
        Column("latency_ms", "latency (ms)"),
        Column("throughput", "images/s"),
        Column("trained_macs_full_m", trained_column(plan)),
        Column("ap", "AP"),
        Column("ap_low", "", for_programs=True),
        Column("ap_high", "", for_programs=True),
        Column("ap_seed_sd", "", for_programs=True),
        Column("ap_difference", f"AP − AP of {compared}"),
        Column("ap_difference_half_width", "", for_programs=True),
        Column("ap_difference_p", "", for_programs=True),
        Column("ap_difference_p_holm", "", for_programs=True),
        Column("ar", "AR"),
        *pckh_columns(),
    )


def _model_cells(plan: Plan) -> dict[str, dict[str, Cell]]:
    """The model of each variant, where they are not all of one."""
    models = {name: plan.shown(name).model for name in plan.variants}
    if len(set(models.values())) < 2:
        return {}
    return {name: {"model": Cell(model, origin="configured")} for name, model in models.items()}


def _variant_cells(
    plan: Plan, variant: str, by_variant: Mapping[str, VariantRecords], accuracy: StudyAccuracy | None
) -> Iterator[tuple[str, Cell]]:
    records = by_variant[variant]
    config = plan.shown(variant).config
    if config.pruning_words:
        yield "keep_rates", Cell(config.pruning_words, origin="configured")
    if config.tokens_a_layer:
        share = 100 * float(np.mean(config.tokens_a_layer)) / config.num_image_tokens
        tokens = "/".join(map(str, config.tokens_shown))
        yield "tokens_kept", Cell(f"{tokens} ({share:.0f} %)", share, "configured")
    reference = plan.reference(variant)
    yield from _cost_cells(records)
    if plan.study.report.against and variant != reference:
        yield "compared_with", Cell(reference, origin="configured")
        yield from _macs_change(records.measured_cost, by_variant[reference].measured_cost)
    yield from timing_cells(variant, records)
    compared = [run.found for run in by_variant[reference].evaluations]
    yield from _accuracy_cells(records, compared, accuracy.variants.get(variant) if accuracy else None)
    yield from pckh_cells(records.joints, num_planned=len(records.joints) + len(records.unfinished))


def _cost_cells(records: VariantRecords) -> Iterator[tuple[str, Cell]]:
    if records.measured_cost:
        metrics = records.measured_cost.record["metrics"]
        yield "params_m", _measured(metrics["params"] / 1e6, 2, records.measured_cost)
        yield "macs_full_g", _measured(metrics["macs"]["full"] / 1e9, 3, records.measured_cost)
        yield "macs_thop_g", _measured(metrics["macs"]["thop"] / 1e9, 3, records.measured_cost)
    elif records.cost_state:
        yield from ((key, Cell(records.cost_state)) for key in ("params_m", "macs_full_g", "macs_thop_g"))
    if records.trained_cost and records.trained_cost != records.measured_cost:
        metrics = records.trained_cost.record["metrics"]
        yield "trained_macs_full_m", _measured(metrics["macs"]["full"] / 1e6, 1, records.trained_cost)


def _macs_change(own: Found | None, reference: Found | None) -> Iterator[tuple[str, Cell]]:
    if own is None or reference is None:
        return
    for convention in ("full", "thop"):
        macs, base = (found.record["metrics"]["macs"][convention] for found in (own, reference))
        change = 100 * (macs / base - 1)
        yield f"macs_{convention}_change_percent", _measured(change, 1, own, reference, text=f"{change:+.1f}")


def _accuracy_cells(
    records: VariantRecords, compared: list[Found], accuracy: VariantAccuracy | None
) -> Iterator[tuple[str, Cell]]:
    if accuracy is None:
        words = "" if records.joints else "; ".join(records.unfinished_in_short)
        yield "ap", Cell(words) if words else NOTHING
        return
    found = [run.found for run in records.evaluations]
    spread = f" ± {accuracy.seed_sd:.1f}" if accuracy.seed_sd is not None else ""
    num_planned = len(found) + len(records.unfinished)
    partly = f" ({len(found)} of {num_planned} seeds)" if records.unfinished else ""
    yield "ap", _measured(accuracy.ap, 1, *found, suffix=spread + partly)
    if math.isfinite(accuracy.over_images.standard_error):
        yield "ap_low", _measured(accuracy.over_images.low, 1, *found)
        yield "ap_high", _measured(accuracy.over_images.high, 1, *found)
    if accuracy.seed_sd is not None:
        yield "ap_seed_sd", _measured(accuracy.seed_sd, 1, *found)
    yield "ar", _measured(100 * float(np.mean([f.record["metrics"]["AR"] for f in found])), 1, *found)
    yield from _difference_cells(accuracy, [*found, *compared])


def _difference_cells(accuracy: VariantAccuracy, found: list[Found]) -> Iterator[tuple[str, Cell]]:
    if accuracy.compared is None or accuracy.p_corrected is None:
        return
    difference, half_width = accuracy.compared.value, accuracy.half_width
    error = "" if half_width is None else f" ± {half_width:.1f}"
    mark = "" if accuracy.is_distinguishable else " n.d."
    text = f"{round(difference, 1) + 0.0:+.1f}{error}{mark}"
    yield "ap_difference", _measured(difference, 1, *found, text=text)
    if half_width is not None:
        yield "ap_difference_half_width", _measured(half_width, 1, *found)
    yield "ap_difference_p", _measured(accuracy.compared.p_value, 4, *found)
    yield "ap_difference_p_holm", _measured(accuracy.p_corrected, 4, *found)


def _reported_cells(plan: Plan, reported: Reported) -> Iterator[tuple[str, Cell]]:
    """Figures of a paper; its MACs only if it counts them as the column does."""
    for key, column, digits in (
        ("params_m", "params_m", 1),
        ("macs_thop_g", "gflops", 1),
        ("ap", "AP", 1),
        ("ar", "AR", 1),
    ):
        value = reported.values.get(column)
        comparable = column != "gflops" or reported.macs_convention == "thop"
        if value is not None and comparable:
            yield key, reported_cell(value, f"{value:.{digits}f}", reported.file, reported.source)
    if reported.variant in plan.study.report.against:
        yield "compared_with", Cell(plan.reference(reported.variant), origin="configured")
    for key, column in (("macs_thop_change_percent", "macs_change_percent"), ("ap_difference", "ap_difference")):
        value = reported.values.get(column)
        if value is not None and (column != "macs_change_percent" or reported.macs_convention == "thop"):
            yield key, reported_cell(value, f"{value:+g}", reported.file, reported.source)


def _measured(value: float, digits: int, *found: Found, suffix: str = "", text: str = "") -> Cell:
    return measured_cell(value, text or f"{value:.{digits}f}{suffix}", *found)
