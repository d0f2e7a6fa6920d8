"""A study's records gathered by variant, with the file each came from."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from gtpt_bench.data.people import read_json
from gtpt_bench.evaluation.analysis.as_json import errors_from_json
from gtpt_bench.evaluation.analysis.errors import Errors
from gtpt_bench.evaluation.coco import Matches
from gtpt_bench.evaluation.matches_json import joint_errors_from_json, matches_from_json
from gtpt_bench.evaluation.mpii import JointErrors
from gtpt_bench.study.plan import Plan, PlannedCost, PlannedRun
from gtpt_bench.study.state import State, measured_state, run_status
from gtpt_bench.study.store import Record, StudyFolder, read_record


@dataclass(frozen=True)
class Found:
    """A record and its file, relative to the study's folder."""

    record: Record
    file: str


@dataclass(frozen=True)
class Evaluated:
    """One evaluated run.

    Attributes:
        errors: None where the evaluation did not look for them.
    """

    seed: int
    found: Found
    matches: Matches
    errors: Errors | None = None


@dataclass(frozen=True)
class EvaluatedJoints:
    """One run evaluated by PCKh, which has distances in place of matches."""

    seed: int
    found: Found
    errors: JointErrors


@dataclass(frozen=True)
class VariantRecords:
    """Everything known of one variant; what is None or absent has not been measured.

    Attributes:
        dense_cost: of the measured model keeping all its tokens, for an audit.
        cost_state, timing_state: of what was planned for the measured model; None if nothing was.
        unmeasured: planned cost and timing without result, in words.
        unfinished: state of each planned run that has no result, in words.
    """

    measured_cost: Found | None = None
    dense_cost: Found | None = None
    trained_cost: Found | None = None
    timing: Found | None = None
    cost_state: State | None = None
    timing_state: State | None = None
    evaluations: list[Evaluated] = field(default_factory=list)
    joints: list[EvaluatedJoints] = field(default_factory=list)
    unmeasured: list[str] = field(default_factory=list)
    unfinished: list[str] = field(default_factory=list)


def gather(plan: Plan, folder: StudyFolder) -> dict[str, VariantRecords]:
    """Records of each variant of a plan, in the plan's order."""
    timing = _found(folder, folder.timing(plan.timing), plan.timing.signature) if plan.timing else None
    records, every_dense = {}, plan.audit.dense if plan.audit else {}
    for variant in plan.variants:
        cost_state, cost_words = _cost_state(plan, folder, plan.measured.get(variant))
        _, dense_words = _cost_state(plan, folder, every_dense.get(variant))
        timing_state, timing_words = _timing_state(plan, folder)
        records[variant] = VariantRecords(
            measured_cost=_cost(folder, plan.measured.get(variant)),
            dense_cost=_cost(folder, every_dense.get(variant)),
            trained_cost=_cost(folder, plan.trained.get(variant)),
            timing=timing,
            cost_state=cost_state,
            timing_state=timing_state,
            unmeasured=[
                words for words in (cost_words, dense_words and f"all tokens: {dense_words}", timing_words) if words
            ],
        )
    for run in plan.runs:
        _add_run(records[run.variant], folder, run)
    return records


def _add_run(own: VariantRecords, folder: StudyFolder, run: PlannedRun) -> None:
    evaluated = _evaluated(folder, run)
    if evaluated is None:
        status = run_status(run, folder.run(run))
        own.unfinished.append(f"seed {run.seed} {status.state} {status.words}".strip())
    elif isinstance(evaluated, Evaluated):
        own.evaluations.append(evaluated)
    else:
        own.joints.append(evaluated)


def _cost_state(plan: Plan, folder: StudyFolder, cost: PlannedCost | None) -> tuple[State | None, str]:
    if cost is None:
        return None, ""
    state, words, _ = measured_state(folder.cost(cost), cost.signature, folder.measuring("cost", plan.label))
    return state, "" if state == "done" else f"cost {state} {words}".strip()


def _timing_state(plan: Plan, folder: StudyFolder) -> tuple[State | None, str]:
    if plan.timing is None:
        return None, ""
    job = folder.measuring("timing", plan.label)
    state, words, _ = measured_state(folder.timing(plan.timing), plan.timing.signature, job)
    return state, "" if state == "done" else f"timing {state} {words}".strip()


def _cost(folder: StudyFolder, cost: PlannedCost | None) -> Found | None:
    return _found(folder, folder.cost(cost), cost.signature) if cost else None


def _found(folder: StudyFolder, path: Path, signature: str) -> Found | None:
    record = read_record(path, signature)
    return Found(record, str(path.relative_to(folder.path))) if record else None


def _evaluated(folder: StudyFolder, run: PlannedRun) -> Evaluated | EvaluatedJoints | None:
    job, signature = folder.run(run), run.evaluate_signature
    found = _found(folder, job.evaluation(signature), signature)
    if found is None:
        return None
    kept = read_json(job.matches(signature))
    if "AP" not in found.record["metrics"]:
        return EvaluatedJoints(run.seed, found, joint_errors_from_json(kept))
    errors = job.errors(signature)
    known = errors_from_json(read_json(errors)) if errors.exists() else None
    return Evaluated(run.seed, found, matches_from_json(kept), known)
