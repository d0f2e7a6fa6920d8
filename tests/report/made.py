"""A finished study without a training in it: its plan is real, its records are written by hand, figures known."""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from gtpt_bench.evaluation.coco import NUM_THRESHOLDS, Matches
from gtpt_bench.evaluation.intervals import average_precision
from gtpt_bench.evaluation.matches_json import matches_to_json
from gtpt_bench.evaluation.resampled import ResampledAp, resampled_ap
from gtpt_bench.files import write_json
from gtpt_bench.report.accuracy import StudyAccuracy, study_accuracy
from gtpt_bench.report.cells import StudyTable
from gtpt_bench.report.records import VariantRecords, gather
from gtpt_bench.report.table import study_table
from gtpt_bench.study.plan import Plan, PlannedRun
from gtpt_bench.study.session import open_session
from gtpt_bench.study.store import SCHEMA, StudyFolder

COMMIT = "0123456789abcdef0123456789abcdef01234567"
NUM_IMAGES = 100
DENSE, PRUNED = {"pruning.keep_rates": [1, 1, 1, 1]}, {"pruning.keep_rates": [1, 0.7, 0.3, 0.1]}


def found(images: Sequence[int], num_images: int = NUM_IMAGES) -> Matches:
    """One person an image; those of `images` are found at every OKS threshold, the others are missed entirely.

    Precision is then 1 up to a recall of `len(images) / num_images`, so AP is that share, to a 101st.
    """
    hits = np.ones((NUM_THRESHOLDS, len(images)), dtype=bool)
    return Matches(
        image=np.asarray(images, np.intp),
        score=np.ones(len(images)),
        matched=hits,
        ignored=~hits,
        num_truths=np.ones(num_images, np.intp),
    )


@dataclass(frozen=True)
class InMemory:
    """What an evaluation has kept, without files."""

    found: Matches

    def matches(self) -> Matches:
        return self.found

    def resampled(self) -> ResampledAp:
        return resampled_ap(self.found)

    def errors(self) -> None:
        """Nobody looked for them."""


@dataclass(frozen=True)
class Made:
    """A study's plan and its folder."""

    plan: Plan
    folder: StudyFolder

    @property
    def records(self) -> dict[str, VariantRecords]:
        return gather(self.plan, self.folder)

    @property
    def accuracy(self) -> StudyAccuracy | None:
        return study_accuracy({name: r.evaluations for name, r in self.records.items()}, self.plan.reference)

    @property
    def table(self) -> StudyTable:
        return study_table(self.plan, self.records, self.accuracy)

    def report(self, name: str) -> Path:
        return self.folder.report(self.plan.label) / name

    def run(self, variant: str, seed: int = 0) -> PlannedRun:
        return next(run for run in self.plan.runs if (run.variant, run.seed) == (variant, seed))


def make_study(
    root: Path,
    matches: Mapping[str, Sequence[Matches]],
    *,
    measured: bool = True,
    host: str = "a host",
    reported: Sequence[Mapping[str, Any]] = (),
    **keys: Any,
) -> Made:
    """A study under `root` with records of everything.

    Args:
        matches: by variant, an evaluation a seed. The first variant keeps all tokens, the others are pruned.
        measured: whether there are records of cost and timing.
        reported: rows of a reference file, which the study shows.
        keys: of the study file, in place of the usual ones.
    """
    made = plan_study(root, {name: len(runs) for name, runs in matches.items()}, reported, **keys)
    if measured:
        write_measurements(made, host)
    for variant, runs in matches.items():
        for seed, run in enumerate(runs):
            write_evaluation(made, made.run(variant, seed), run, host)
    return made


def plan_study(
    root: Path,
    seeds: Mapping[str, int],
    reported: Sequence[Mapping[str, Any]] = (),
    report: Mapping[str, Any] | None = None,
    **keys: Any,
) -> Made:
    """A study under `root` that has not run yet; `seeds` are numbers by variant. No plots unless `report` has."""
    if reported:
        write_reference(root / "results" / "reference" / "paper.csv", reported)
    content = {
        "study": "made",
        "title": "A made study",
        "question": "What is shown?",
        "model": "gtpt_t_coco",
        "accuracy": {"model": "gtpt_tiny_coco", "data": "drawn", "training": "quick"},
        "timing": {},
        "seeds": list(range(max(seeds.values()))),
        "vary": {"variants": {name: PRUNED if place else DENSE for place, name in enumerate(seeds)}},
        "report": {
            "plots": [],
            "reported": [{"file": "paper.csv", "method": r["method"], "variant": next(iter(seeds))} for r in reported],
            **(report or {}),
        },
    } | keys
    file = root / "studies" / "made.yaml"
    file.parent.mkdir(parents=True)
    file.write_text(yaml.safe_dump(content, allow_unicode=True, sort_keys=False), encoding="utf-8")
    session = open_session(file, "quick", None, root / "results")
    return Made(session.plan, session.folder)


def write_reference(path: Path, rows: Sequence[Mapping[str, Any]]) -> None:
    path.parent.mkdir(parents=True)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(
            file, ["method", "gflops", "macs_convention", "params_m", "AP", "AR", "source"], restval="thop"
        )
        writer.writeheader()
        writer.writerows(rows)


def provenance(host: str = "a host") -> dict[str, Any]:
    return {
        "code": {"version": "0.1.0", "commit": COMMIT, "dirty": False},
        "packages": {"torch": "9.9"},
        "host": host,
        "device": "a device",
    }


def record(step: str, signature: str, host: str, **content: Any) -> dict[str, Any]:
    known = {"schema": SCHEMA, "step": step, "signature": signature, "status": "done"}
    return {**known, "provenance": provenance(host), **content}


def write_measurements(made: Made, host: str = "a host") -> None:
    """Costs of (1 + place) million, and times of 10 ms and 200 images/s for every variant."""
    for place, cost in enumerate(made.plan.costs):
        unit = (1 + place) * 10**6
        metrics = {"params": unit, "macs": {"full": 3000 * unit, "attention": 500 * unit, "thop": 2000 * unit}}
        write_json(made.folder.cost(cost), record("cost", cost.signature, host, metrics=metrics))
    timing = made.plan.timing
    if timing is not None:
        samples = {
            "latency_ns": [[9_000_000, 10_000_000], [10_000_000, 12_000_000]],
            "throughput_images_per_s": [199.0, 200.0, 201.0],
        }
        content = {
            "settings": timing.settings.model_dump(mode="json"),
            "threads": 1,
            "samples": dict.fromkeys(timing.variants, samples),
        }
        write_json(made.folder.timing(timing), record("timing", timing.signature, host, **content))


def write_evaluation(made: Made, run: PlannedRun, matches: Matches, host: str = "a host") -> None:
    job, signature = made.folder.run(run), run.evaluate_signature
    metrics = {"AP": average_precision(matches), "AR": len(matches.image) / len(matches.num_truths)}
    write_json(job.matches(signature), matches_to_json(matches))
    write_json(job.evaluation(signature), record("evaluate", signature, host, metrics=metrics))


def write_failure(made: Made, run: PlannedRun, reason: str) -> None:
    write_json(made.folder.run(run).error, {"reason": reason})


def csv_rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def read(path: Path) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return content
