"""An audit without a trace or a clock in it: its plan is real, its records are written by hand, figures known."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from gtpt_bench.efficiency.counting.conventions import CONVENTIONS
from gtpt_bench.efficiency.counting.cross_check import CrossCheck, Opinion
from gtpt_bench.efficiency.counting.cross_check_json import check_as_json
from gtpt_bench.files import write_json
from gtpt_bench.models.cost import Cost
from gtpt_bench.models.gtpt.closed_form import gtpt_cost
from gtpt_bench.models.gtpt.config import GTPTConfig
from gtpt_bench.report.cells import Cell, StudyTable
from gtpt_bench.report.contents import contents
from gtpt_bench.study.plan import Plan, PlannedCost
from gtpt_bench.study.session import open_session
from gtpt_bench.study.store import StudyFolder
from tests.report.made import record

ROOT = Path(__file__).resolve().parents[2]
REFERENCE = ROOT / "results" / "reference"


@dataclass(frozen=True)
class Made:
    plan: Plan
    folder: StudyFolder

    @property
    def table(self) -> StudyTable:
        return contents(self.plan, self.folder).table

    @property
    def caption(self) -> str:
        return " ".join(contents(self.plan, self.folder).caption)

    def row(self, name: str) -> dict[str, Cell]:
        return dict(next(row.cells for row in self.table.rows if row.name == name))


def planned(
    root: Path, published: list[str], rows: list[dict[str, str]] | None = None, timing: Any = None, **audit: Any
) -> Made:
    """An audit under `root` that has not run: of reference files of the repository, or of `rows` in paper.csv."""
    reference = root / "results" / "reference"
    reference.mkdir(parents=True)
    for file in REFERENCE.glob("*.csv"):
        (reference / file.name).write_bytes(file.read_bytes())
    if rows is not None:
        columns = dict.fromkeys(["method", "model", "source", *(key for row in rows for key in row)])
        with (reference / "paper.csv").open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, list(columns), restval="")
            writer.writeheader()
            writer.writerows({"source": "a paper", **row} for row in rows)
    study = root / "studies" / "audit.yaml"
    study.parent.mkdir()
    content = {"study": "audit", "audit": {"published": published if rows is None else ["paper.csv"], **audit}}
    keys = {} if timing is None else {"timing": timing}
    study.write_text(yaml.safe_dump(content | keys, sort_keys=False), encoding="utf-8")
    session = open_session(study, "quick", None, root / "results")
    return Made(session.plan, session.folder)


def opinion(name: str, macs: int | None, full: int, note: str = "") -> Opinion:
    return Opinion(name, macs, "full", full, note, 0.1, {})


def write_cost(
    made: Made,
    cost: PlannedCost,
    *others: Opinion,
    unknown: dict[str, int] | None = None,
    params: int | None = None,
    macs: Mapping[str, float] | None = None,
) -> None:
    """Two counters agree; what others say, and operators that no rule knows, are added.

    Args:
        params, macs: what is counted; by default what is known of the model. Conventions left out count as `full` does.
    """
    known = gtpt_cost(cost.config) if isinstance(cost.config, GTPTConfig) else Cost()
    counted = {name: round(value) for name, value in (macs or {**known.by_convention(), "D": 2 * known.full}).items()}
    full, params = counted["full"], known.params if params is None else params
    agree = [opinion(name, full, full) for name in ("closed form", "torch", "fvcore")]
    check = CrossCheck(full, (*agree, *others), {"gelu": 8}, unknown or {})
    metrics = {
        "params": params,
        "params_trainable": params - 10_000,
        "params_thop": params - 50_000,
        "macs": {**dict.fromkeys(CONVENTIONS, full), "attention": 0, **counted},
    }
    content = {"metrics": metrics, "check": check_as_json(check)}
    write_json(made.folder.cost(cost), record("cost", cost.signature, "a host", **content))


def write_times(made: Made, latency_ms: Mapping[str, float]) -> None:
    """A session in which every call takes as long, and batches of eight eight times that."""
    timing = made.plan.timing
    assert timing
    samples = {
        name: {
            "latency_ns": [[round(1e6 * latency_ms[name])] * 2] * 2,
            "throughput_images_per_s": [1000 / latency_ms[name]] * 2,
        }
        for name in timing.variants
    }
    content = {"settings": timing.settings.model_dump(mode="json"), "threads": 1, "samples": samples}
    write_json(made.folder.timing(timing), record("timing", timing.signature, "a host", **content))
