"""What has become of each part of a plan, from the files alone."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from gtpt_bench.frozen import canonical_json
from gtpt_bench.study.lock import owner_of
from gtpt_bench.study.plan import Plan, PlannedRun
from gtpt_bench.study.store import JobFolder, StudyFolder, read_record

State = Literal["missing", "running", "done", "failed", "stale"]


@dataclass(frozen=True)
class Status:
    """State of one part of a study.

    Attributes:
        part: variant and seed of a run, or what is measured.
        words: progress, the reason of a failure, or what made a result stale.
        folder: where its log lies; None if it never started.
    """

    part: str
    state: State
    words: str = ""
    folder: Path | None = None


def study_status(plan: Plan, folder: StudyFolder) -> list[Status]:
    """State of every cost, run and timing of the plan, then of results that no longer belong to it."""
    counting, clocking = folder.measuring("cost", plan.label), folder.measuring("timing", plan.label)
    costs = [
        Status(f"cost of {name}", *measured_state(folder.cost(cost), cost.signature, counting))
        for name, cost in _named_costs(plan)
    ]
    runs = [run_status(run, folder.run(run)) for run in plan.runs]
    timings = (
        [
            Status(
                f"timing of {plan.timing.model}",
                *measured_state(folder.timing(plan.timing), plan.timing.signature, clocking),
            )
        ]
        if plan.timing
        else []
    )
    return [*costs, *timings, *runs, *_stale(plan, folder)]


def run_status(run: PlannedRun, folder: JobFolder) -> Status:
    """State of one run: done only when it is both trained and evaluated."""
    part = f"{run.variant} seed {run.seed}"
    evaluation = read_record(folder.evaluation(run.evaluate_signature), run.evaluate_signature)
    if evaluation is not None:
        return Status(part, "done", _figure(evaluation["metrics"]), folder.path)
    state, words = _unfinished(folder)
    if state == "missing" and read_record(folder.train_record, run.train_signature) is not None:
        words = "trained, not evaluated by this protocol"
    elif state == "missing" and folder.checkpoint.exists():
        words = "stopped; run again to continue"
    return Status(part, state, words, folder.path if folder.path.exists() else None)


def _figure(metrics: dict[str, Any]) -> str:
    return f"AP {100 * metrics['AP']:.1f}" if "AP" in metrics else f"PCKh {metrics['Mean']:.1f}"


def _named_costs(plan: Plan) -> list[tuple[str, Any]]:
    dense = {f"{model}, all tokens": cost for model, cost in plan.audit.dense.items()} if plan.audit else {}
    named = {
        cost.signature: (variant if plan.audit else f"{cost.model}, {variant}", cost)
        for costs in (plan.trained, dense, plan.measured)
        for variant, cost in costs.items()
    }
    return [named[cost.signature] for cost in plan.costs]


def measured_state(record: Path, signature: str, job: JobFolder) -> tuple[State, str, Path | None]:
    """State of a cost or timing, in words, and the folder of its log."""
    if read_record(record, signature) is not None:
        return "done", "", None
    return (*_unfinished(job), job.path if job.path.exists() else None)


def _unfinished(folder: JobFolder) -> tuple[State, str]:
    if owner_of(folder.lock) is not None:
        progress = read_json_file(folder.progress) or {}
        done, total = progress.get("done", 0), progress.get("total", 0)
        return "running", f"{progress.get('step', 'starting')} {done}/{total} {progress.get('words', '')}".strip()
    error = read_json_file(folder.error)
    if error is not None:
        return "failed", str(error.get("reason", "")).splitlines()[0] if error.get("reason") else ""
    return "missing", ""


def _stale(plan: Plan, folder: StudyFolder) -> list[Status]:
    """Finished runs whose config is planned, but whose step or data have moved on since."""
    wanted = {run.folder for run in plan.runs}
    configs = {canonical_json(run.config): run for run in plan.runs}
    found = []
    for path in sorted(folder.path.glob("*/train.json")):
        record = read_record(path)
        if record is None or path.parent.name in wanted:
            continue
        run = configs.get(canonical_json(record["config"]))
        if run is not None:
            words = f"older result in {path.parent.name}: the step or the data changed since"
            found.append(Status(f"{run.variant} seed {run.seed}", "stale", words, path.parent))
    return found


def read_json_file(path: Path) -> dict[str, Any] | None:
    """A JSON object that may not be there, or not be readable just now."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return content if isinstance(content, dict) else None
