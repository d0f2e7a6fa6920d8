"""A study's records gathered by variant, with the file each came from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from gtpt_bench.evaluation.matches_json import joint_errors_from_json
from gtpt_bench.evaluation.mpii import JointErrors
from gtpt_bench.report.kept import Kept, KeptFiles, content_of
from gtpt_bench.study.plan import Plan, PlannedCost, PlannedRun
from gtpt_bench.study.state import State, pending_state, run_status
from gtpt_bench.study.store import Names, Record, StudyFolder, read_record


@dataclass(frozen=True, eq=False)
class Found:
    """A record and its file, relative to the study's folder; read once, so that it is equal to itself alone."""

    record: Record
    file: str


@dataclass(frozen=True)
class Evaluated:
    """One evaluated run.

    Attributes:
        kept: matches and errors beside its record.
    """

    seed: int
    found: Found
    kept: Kept


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
        counted_as: of the networks that published figures count where these are not the model itself, by the change
            that makes them of it, likewise.
        cost_state, timing_state: of what was planned for the measured model; None if nothing was.
        unmeasured: planned cost and timing without result, in words.
        unfinished: state of each planned run that has no result, in words.
        unfinished_in_short: the same with the kind of a failure in place of its message.
    """

    measured_cost: Found | None = None
    dense_cost: Found | None = None
    counted_as: Mapping[str, Found] = field(default_factory=dict)
    trained_cost: Found | None = None
    timing: Found | None = None
    cost_state: State | None = None
    timing_state: State | None = None
    evaluations: list[Evaluated] = field(default_factory=list)
    joints: list[EvaluatedJoints] = field(default_factory=list)
    unmeasured: list[str] = field(default_factory=list)
    unfinished: list[str] = field(default_factory=list)
    unfinished_in_short: list[str] = field(default_factory=list)


def gather(plan: Plan, folder: StudyFolder) -> dict[str, VariantRecords]:
    """Records of each variant of a plan, in the plan's order; each file is read once."""
    there = folder.names()
    costs = _Costs(plan, folder, there)
    timing, timing_state, timing_words = _timing(plan, folder, there)
    timed = frozenset(plan.timing.variants if plan.timing else ())
    records = {}
    for variant in plan.variants:
        measured, dense, others = plan.measured.get(variant), _dense(plan, variant), _counted_as(plan, variant)
        beside = {name: costs.words(cost) for name, cost in {"all tokens": dense, **others}.items()}
        records[variant] = VariantRecords(
            measured_cost=costs.found(measured),
            dense_cost=costs.found(dense),
            counted_as={name: found for name, cost in others.items() if (found := costs.found(cost))},
            trained_cost=costs.found(plan.trained.get(variant)),
            timing=timing,
            cost_state=costs.state(measured),
            timing_state=timing_state,
            unmeasured=[
                words
                for words in (
                    costs.words(measured),
                    *(f"{name}: {missing}" for name, missing in beside.items() if missing),
                    timing_words if variant in timed else "",
                )
                if words
            ],
        )
    for run in plan.runs:
        _add_run(records[run.variant], folder, run, there)
    return records


def _dense(plan: Plan, variant: str) -> PlannedCost | None:
    return plan.audit.dense.get(variant) if plan.audit else None


def _counted_as(plan: Plan, variant: str) -> dict[str, PlannedCost]:
    """Costs that published figures of a variant are about, where that is another network, by the change."""
    if plan.audit is None:
        return {}
    rows = [row for row in plan.audit.published if row.variant == variant and row.counts]
    return {row.counts: plan.audit.counted_as[row.counted_as] for row in rows}


def _add_run(own: VariantRecords, folder: StudyFolder, run: PlannedRun, there: Names) -> None:
    evaluated = _evaluated(folder, run) if run.folder in there.folders else None
    if evaluated is None:
        status = run_status(run, folder.run(run), there)
        own.unfinished.append(f"seed {run.seed} {status.state} {status.words}".strip())
        own.unfinished_in_short.append(f"seed {run.seed} {status.in_short}")
    elif isinstance(evaluated, Evaluated):
        own.evaluations.append(evaluated)
    else:
        own.joints.append(evaluated)


class _Costs:
    """Records of costs, which variants may share."""

    def __init__(self, plan: Plan, folder: StudyFolder, there: Names) -> None:
        self.by_signature = {
            cost.signature: _found(folder, folder.cost(cost), cost.signature) if cost.file in there.files else None
            for cost in plan.costs
        }
        self.pending, self.pending_words, _ = pending_state(folder.measuring("cost", plan.label), there)

    def found(self, cost: PlannedCost | None) -> Found | None:
        return self.by_signature[cost.signature] if cost else None

    def state(self, cost: PlannedCost | None) -> State | None:
        """None if no cost was planned."""
        if cost is None:
            return None
        return "done" if self.found(cost) else self.pending

    def words(self, cost: PlannedCost | None) -> str:
        """Of a planned cost without a record."""
        if cost is None or self.found(cost):
            return ""
        return f"cost {self.pending} {self.pending_words}".strip()


def _timing(plan: Plan, folder: StudyFolder, there: Names) -> tuple[Found | None, State | None, str]:
    """The session's record, the state of what was planned, and words if there is no record."""
    if plan.timing is None:
        return None, None, ""
    found = _found(folder, folder.timing(plan.timing), plan.timing.signature)
    if found is not None:
        return found, "done", ""
    state, words, _ = pending_state(folder.measuring("timing", plan.label), there)
    return None, state, f"timing {state} {words}".strip()


def _found(folder: StudyFolder, path: Path, signature: str) -> Found | None:
    record = read_record(path, signature)
    return Found(record, str(path.relative_to(folder.path))) if record else None


def _evaluated(folder: StudyFolder, run: PlannedRun) -> Evaluated | EvaluatedJoints | None:
    job, signature = folder.run(run), run.evaluate_signature
    found = _found(folder, job.evaluation(signature), signature)
    if found is None:
        return None
    if "AP" not in found.record["metrics"]:
        return EvaluatedJoints(run.seed, found, joint_errors_from_json(content_of(job.matches(signature))))
    return Evaluated(run.seed, found, KeptFiles(job, signature))
