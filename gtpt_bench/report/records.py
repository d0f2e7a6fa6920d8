"""A study's records gathered by variant, with the file each came from."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path

from gtpt_bench.evaluation.coco import Matches
from gtpt_bench.evaluation.matches_json import matches_from_json
from gtpt_bench.files import read_text
from gtpt_bench.study.plan import Plan, PlannedCost, PlannedRun
from gtpt_bench.study.state import run_status
from gtpt_bench.study.store import Record, StudyFolder, read_record


@dataclass(frozen=True)
class Found:
    """A record and its file, relative to the study's folder."""

    record: Record
    file: str


@dataclass(frozen=True)
class Evaluated:
    """One evaluated run."""

    seed: int
    found: Found
    matches: Matches


@dataclass(frozen=True)
class VariantRecords:
    """Everything known of one variant; what is None or absent has not been measured.

    Attributes:
        unfinished: state of each planned run that has no result, in words.
    """

    measured_cost: Found | None = None
    trained_cost: Found | None = None
    timing: Found | None = None
    evaluations: list[Evaluated] = field(default_factory=list)
    unfinished: list[str] = field(default_factory=list)


def gather(plan: Plan, folder: StudyFolder) -> dict[str, VariantRecords]:
    """Records of each variant of a plan, in the plan's order."""
    timing = _found(folder, folder.timing(plan.timing), plan.timing.signature) if plan.timing else None
    records = {
        variant: VariantRecords(
            measured_cost=_cost(folder, plan.measured.get(variant)),
            trained_cost=_cost(folder, plan.trained.get(variant)),
            timing=timing,
        )
        for variant in plan.variants
    }
    for run in plan.runs:
        evaluated = _evaluated(folder, run)
        if evaluated is not None:
            records[run.variant].evaluations.append(evaluated)
        else:
            status = run_status(run, folder.run(run))
            records[run.variant].unfinished.append(f"seed {run.seed} {status.state} {status.words}".strip())
    return records


def _cost(folder: StudyFolder, cost: PlannedCost | None) -> Found | None:
    return _found(folder, folder.cost(cost), cost.signature) if cost else None


def _found(folder: StudyFolder, path: Path, signature: str) -> Found | None:
    record = read_record(path, signature)
    return Found(record, str(path.relative_to(folder.path))) if record else None


def _evaluated(folder: StudyFolder, run: PlannedRun) -> Evaluated | None:
    job, signature = folder.run(run), run.evaluate_signature
    found = _found(folder, job.evaluation(signature), signature)
    if found is None:
        return None
    matches = matches_from_json(json.loads(read_text(job.matches(signature))))
    return Evaluated(run.seed, found, matches)
