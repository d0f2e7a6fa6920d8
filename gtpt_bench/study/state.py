"""What has become of each part of a plan, from the files alone."""

from __future__ import annotations

from collections.abc import Container
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

from gtpt_bench.files import read_json_file
from gtpt_bench.frozen import canonical_json
from gtpt_bench.study.failure import failure_from
from gtpt_bench.study.lock import owner_of
from gtpt_bench.study.plan import Plan, PlannedCost, PlannedRun
from gtpt_bench.study.store import JobFolder, Names, StudyFolder, names_in, read_record

State = Literal["missing", "queued", "running", "done", "failed", "stale"]


@dataclass(frozen=True)
class Status:
    """State of one part of a study.

    Attributes:
        part: variant and seed of a run, or what is measured.
        words: progress, the reason of a failure, or what made a result stale.
        folder: where its log lies; None if it never started.
        kind: of a run's failure (failure.py).
    """

    part: str
    state: State
    words: str = ""
    folder: Path | None = None
    kind: str = ""

    @property
    def is_of_run(self) -> bool:
        """Whether it is a training run; costs and times are measured."""
        return not self.part.startswith(("cost of ", "timing of "))

    @property
    def in_short(self) -> str:
        """`failed: diverged`, `running train 3/10`: what fits into a cell."""
        if self.state == "failed" and self.kind:
            return f"failed: {self.kind.replace('_', ' ')}"
        return f"{self.state} {self.words}".strip()


def study_status(plan: Plan, folder: StudyFolder) -> list[Status]:
    """State of every cost, run and timing of the plan, then of results that no longer belong to it.

    One look at the study's folder, then one file of each part that is done, and one look at each run's folder that is
    not: what else there is to read is read there alone (tests/study/test_ten_thousand_runs.py counts).
    """
    there = folder.names()
    counting = _Pending(folder.measuring("cost", plan.label), there)
    costs = [
        Status(f"cost of {name}", *_measured(cost.file, cost.signature, folder, there, counting))
        for name, cost in _named_costs(plan)
    ]
    timings = []
    if plan.timing:
        clocking = _Pending(folder.measuring("timing", plan.label), there)
        state = _measured(plan.timing.file, plan.timing.signature, folder, there, clocking)
        timings = [Status(f"timing of {plan.timing.model or plan.timing.words}", *state)]
    runs = [run_status(run, folder.run(run), there) for run in plan.runs]
    return [*costs, *timings, *runs, *_stale(plan, folder, there)]


def run_status(run: PlannedRun, folder: JobFolder, there: Names) -> Status:
    """State of one run: done only when it is both trained and evaluated.

    Args:
        there: what lies in the study's folder.
    """
    part = f"{run.variant} seed {run.seed}"
    if run.folder not in there.folders:
        return Status(part, "missing")
    evaluation = read_record(folder.evaluation(run.evaluate_signature), run.evaluate_signature)
    if evaluation is not None:
        return Status(part, "done", _figure(evaluation["metrics"]), folder.path)
    begun = names_in(folder.path).files
    state, words, kind = _unfinished(folder, begun)
    if state == "missing":
        words = _so_far(run, folder, begun)
    return Status(part, state, words, folder.path, kind)


def _figure(metrics: dict[str, Any]) -> str:
    return f"AP {100 * metrics['AP']:.1f}" if "AP" in metrics else f"PCKh {metrics['Mean']:.1f}"


def _so_far(run: PlannedRun, folder: JobFolder, begun: Container[str]) -> str:
    """How far a run has come that nobody works on."""
    trained = folder.train_record
    if trained.name in begun and read_record(trained, run.train_signature) is not None:
        return "trained, not evaluated by this protocol"
    return "stopped; run again to continue" if folder.checkpoint.name in begun else ""


def _named_costs(plan: Plan) -> list[tuple[str, PlannedCost]]:
    beside = plan.audit.beside if plan.audit else {}
    named = {
        cost.signature: (variant if plan.audit else f"{cost.model}, {variant}", cost)
        for costs in (plan.trained, beside, plan.measured)
        for variant, cost in costs.items()
    }
    return [named[cost.signature] for cost in plan.costs]


class _Pending:
    """State of costs or times without a record, which one worker sees to: the same for all, and looked up once."""

    def __init__(self, job: JobFolder, there: Names) -> None:
        self.job, self.there = job, there

    @cached_property
    def state(self) -> tuple[State, str, Path | None]:
        return pending_state(self.job, self.there)


def pending_state(job: JobFolder, there: Names) -> tuple[State, str, Path | None]:
    """State of what a worker measures and has no record yet, in words, and the folder of its log.

    Args:
        there: what lies in the study's folder.
    """
    if job.path.name not in there.folders:
        return "missing", "", None
    state, words, _ = _unfinished(job, names_in(job.path).files)
    return state, words, job.path


def _measured(
    file: str, signature: str, folder: StudyFolder, there: Names, pending: _Pending
) -> tuple[State, str, Path | None]:
    if file in there.files and read_record(folder.path / file, signature) is not None:
        return "done", "", None
    return pending.state


def _unfinished(folder: JobFolder, begun: Container[str]) -> tuple[State, str, str]:
    """State of a job without a result, in words, and the kind of a failure.

    Args:
        begun: names of the files in its folder.
    """
    if folder.lock.name in begun and owner_of(folder.lock) is not None:
        progress = read_json_file(folder.progress) or {}
        done, total = progress.get("done", 0), progress.get("total", 0)
        return "running", f"{progress.get('step', 'starting')} {done}/{total} {progress.get('words', '')}".strip(), ""
    error = read_json_file(folder.error) if folder.error.name in begun else None
    if error is not None:
        words = str(error.get("reason", "")).splitlines()[0] if error.get("reason") else ""
        return "failed", words, failure_from(error).kind
    return "missing", "", ""


def _stale(plan: Plan, folder: StudyFolder, there: Names) -> list[Status]:
    """Finished runs whose config is planned, but whose step or data have moved on since."""
    others = sorted(there.folders - {run.folder for run in plan.runs})
    records = {name: read_record(JobFolder(folder.path / name).train_record) for name in others}
    known = {name: record for name, record in records.items() if record is not None}
    if not known:
        return []
    configs = {canonical_json(run.config): run for run in plan.runs}
    found = []
    for name, record in known.items():
        run = configs.get(canonical_json(record["config"]))
        if run is not None:
            words = f"older result in {name}: the step or the data changed since"
            found.append(Status(f"{run.variant} seed {run.seed}", "stale", words, folder.path / name))
    return found
