"""What a plot of the page can show: numeric columns, which end of each is better, and how far each may be off."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Literal

from gtpt_bench.report.cells import Column, StudyTable
from gtpt_bench.report.page.headings import UNCERTAINTY, axis_label, headings

MORE_IS_BETTER = ("macs_fewer", "speed_up", "images_per_s", "throughput", "ap", "ar", "whole", "pckh", "body")
LESS_IS_BETTER = ("params", "macs", "gflops", "in_convention", "latency", "call_ms", "trained_macs", "tokens_kept")
"""Beginnings of keys."""

ACROSS = ("trained_macs_full_m", "macs_full_g", "gflops_reported", "params_m", "tokens_kept", "latency_ms")
UP = ("ap", "pckh", "whole_ap_reported", "ap_reported", "throughput")
"""What a plot shows at first, the first that the table has; AP belongs to the trained model's MACs."""


def numeric(table: StudyTable) -> list[Column]:
    """Columns in which at least two rows have a number; how far another may be off is drawn as its bars."""
    filled = dict.fromkeys((column.key for column in table.columns), 0)
    for row in table.rows:
        for key, cell in row.cells.items():
            if cell.value is not None and key in filled:
                filled[key] += 1
    return [column for column in table.columns if filled[column.key] > 1 and not UNCERTAINTY.search(column.key)]


def axes_as_json(table: StudyTable) -> dict[str, Any] | None:
    """Columns to choose from, and the first choice; None where there are not two."""
    columns, named = numeric(table), headings(table)
    keys = [column.key for column in columns]
    if len(keys) < 2:
        return None
    up = _first(keys, UP) or _first(keys, [key for key in keys if better(key) == "more"]) or keys[-1]
    rest = [key for key in keys if key != up]
    return {
        "x": _first(rest, ACROSS) or rest[0],
        "y": up,
        "columns": [
            {
                "key": key,
                "label": axis_label(named[key]),
                "better": better(key),
                "bars": list(bars(key, {c.key for c in table.columns})),
            }
            for key in keys
        ],
    }


def better(key: str) -> Literal["more", "less", ""]:
    """Which end of a column is the good one; empty where that is not known, as of intervals and p-values."""
    if key.endswith(("_low", "_high", "_sd", "_p", "_p_holm", "_half_width", "_error", "_percent")):
        return ""
    if key.startswith(MORE_IS_BETTER):
        return "more"
    return "less" if key.startswith(LESS_IS_BETTER) else ""


def bars(key: str, keys: set[str]) -> Iterator[dict[str, str]]:
    """Error bars that columns beside it give: from one to another, or as far either way as one says."""
    name, _, batch = key.rpartition("_")
    in_batches = (f"{name}_low_{batch}", f"{name}_high_{batch}")
    for low, high in ((f"{key}_low", f"{key}_high"), in_batches):
        if low in keys and high in keys:
            yield {"label": "95 % interval", "low": low, "high": high}
    for around, label in (
        ("half_width", "95 % interval"),
        ("seed_sd", "standard deviation over seeds"),
        ("error", "standard error over rounds"),
    ):
        if f"{key}_{around}" in keys:
            yield {"label": label, "around": f"{key}_{around}"}


def _first(keys: Sequence[str], wanted: Sequence[str]) -> str | None:
    return next((key for key in wanted if key in keys), None)
