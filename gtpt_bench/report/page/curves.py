"""How trainings went, epoch by epoch, from the histories beside their records: a curve a seed of each variant."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

from gtpt_bench.study.plan import Plan, PlannedRun
from gtpt_bench.study.store import StudyFolder
from gtpt_bench.training.history import read_history

QUANTITIES = {
    "loss": "loss, mean over the epoch",
    "learning_rate": "learning rate",
    "images_per_s": "images/s in training",
    "waiting_share": "share of the time waited for crops",
}
MOST_FIGURES = 20_000
"""On one page, a third of a megabyte; variants that come after these in the plan have no curves."""


def curves(plan: Plan, folder: StudyFolder) -> dict[str, Any] | None:
    """By variant a list of seeds, each with its file and its figures; None where no training has a history."""
    shown, num_figures, left_out = [], 0, 0
    for variant, runs in plan.runs_by_variant.items():
        if num_figures >= MOST_FIGURES:
            left_out += 1
            continue
        seeds = list(_seeds(runs, folder))
        num_figures += sum(len(values) for seed in seeds for values in seed["figures"].values())
        if seeds:
            shown.append({"name": variant, "seeds": seeds})
    return {"quantities": QUANTITIES, "variants": shown, "left_out": left_out} if shown else None


def _seeds(runs: tuple[PlannedRun, ...], folder: StudyFolder) -> Iterator[dict[str, Any]]:
    for run in runs:
        path = folder.run(run).history
        epochs = read_history(path)
        figures = {key: [_finite(epoch.get(key)) for epoch in epochs] for key in QUANTITIES}
        try:
            numbers = [int(epoch["epoch"]) for epoch in epochs]
        except (ValueError, KeyError, TypeError):
            continue  # damaged
        if epochs:
            yield {
                "seed": run.seed,
                "file": str(path.relative_to(folder.path)),
                "epochs": numbers,
                "figures": {key: values for key, values in figures.items() if any(v is not None for v in values)},
            }


def _finite(value: Any) -> float | None:
    """JSON has no NaN, and a page cannot draw one."""
    return float(value) if isinstance(value, int | float) and math.isfinite(value) else None
