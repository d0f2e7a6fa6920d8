"""Runs and studies as they lie in their folders. Torch-free."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pydantic import ValidationError

from gtpt_bench.compare.entry import Counts, Entry, Evaluation, RecordedTime, dotted, evaluated_on
from gtpt_bench.compare.origins import origins_of
from gtpt_bench.config import RunConfig
from gtpt_bench.efficiency.options import InferenceOptions
from gtpt_bench.errors import InputError
from gtpt_bench.report.kept import KeptFiles
from gtpt_bench.report.records import VariantRecords, gather
from gtpt_bench.study.plan import Plan, PlannedCost, PlannedRun
from gtpt_bench.study.session import last_plan
from gtpt_bench.study.store import JobFolder, Record, StudyFolder, read_record


def is_run(folder: Path) -> bool:
    return (folder / "train.json").is_file() or any(folder.glob("evaluate-*.json"))


def is_study(folder: Path) -> bool:
    return any(folder.glob("plan-*.json"))


def run_entry(folder: Path, options: InferenceOptions) -> Entry:
    """A run; cost and time are those of the model that its study measures, if the study is around it.

    Raises:
        InputError: its records come from another version, or cannot be read.
    """
    record = _newest_evaluation(folder) or read_record(folder / "train.json")
    config = _config(record, folder)
    planned = _planned(folder, record or {})
    measured = planned[0].measured.get(planned[1].variant) if planned else None
    evaluated = bool(record and record["step"] == "evaluate")
    study = StudyFolder(folder.parent)
    timing = planned[0].timing if planned else None
    timed = read_record(study.timing(timing), timing.signature) if timing else None
    counted = read_record(study.cost(measured), measured.signature) if measured else None
    time = _time(planned[0], study, planned[1].variant, timed) if planned else None
    made_by = {
        "accuracy": [record] if record and evaluated else [],
        "cost": [counted] if counted else [],
        "time": [timed] if timed and time else [],
    }
    return Entry(
        name=str(folder),
        model=measured.model if measured else "its model",
        config=measured.config if measured else config.model,
        options=options,
        settings=dotted(config) | dotted(options, "run"),
        trained=_trained(planned[0], planned[1].variant) if planned else "",
        evaluations=[_evaluation(folder, record, config)] if record and evaluated else [],
        unevaluated="" if evaluated else f"{folder} is not evaluated",
        time=time,
        cost=_cost(study, measured, counted),
        origins=origins_of(made_by),
    )


def study_entries(folder: Path, options: InferenceOptions) -> dict[str, Entry]:
    """Each variant of the plan that ran last there.

    Raises:
        InputError: the plan comes from another version, or records cannot be read.
    """
    study = StudyFolder(folder)
    plan = last_plan(study)
    records = gather(plan, study)
    return {variant: _variant(plan, study, variant, records[variant], options) for variant in plan.variants}


def _variant(plan: Plan, study: StudyFolder, variant: str, records: VariantRecords, options: InferenceOptions) -> Entry:
    measured = plan.shown(variant)
    runs = plan.runs_by_variant.get(variant)
    config = runs[0].config if runs else None
    settings = dotted(measured.config if config is None else config.model_dump(mode="json", exclude={"seed"}))
    on = evaluated_on(config) if config else {}
    evaluations = [
        Evaluation(found.seed, study.path / found.found.file, found.kept, on) for found in records.evaluations
    ]
    counted, timed = (found.record if found else None for found in (records.measured_cost, records.timing))
    time = _time(plan, study, variant, timed)
    made_by = {
        "accuracy": [found.found.record for found in records.evaluations],
        "cost": [counted] if counted else [],
        "time": [timed] if timed and time else [],
    }
    return Entry(
        name=f"{study.path}: {variant}",
        model=measured.model,
        config=measured.config,
        options=options,
        settings=settings | dotted(options, "run"),
        trained=_trained(plan, variant),
        evaluations=evaluations,
        unevaluated="" if evaluations else _unevaluated(records),
        time=time,
        cost=_cost(study, plan.measured.get(variant), counted),
        origins=origins_of(made_by),
    )


def _unevaluated(records: VariantRecords) -> str:
    if records.joints:
        return "it was scored by PCKh, and compare knows AP only"
    return "; ".join(records.unfinished) or "it is not trained"


def _newest_evaluation(folder: Path) -> Record | None:
    """A run may have been evaluated by several protocols, one after the other."""
    records = [record for path in folder.glob("evaluate-*.json") if (record := read_record(path)) is not None]
    return max(records, key=lambda record: str(record.get("started_at", "")), default=None)


def _config(record: Record | None, folder: Path) -> RunConfig:
    try:
        return RunConfig.model_validate((record or {})["config"])
    except (KeyError, ValidationError) as error:
        raise InputError(
            f"the records in {folder} are broken or come from another version of gtpt_bench; run it again"
        ) from error


def _evaluation(folder: Path, record: Record, config: RunConfig) -> Evaluation:
    if "AP" not in record["metrics"]:
        raise InputError(
            f"{folder} was scored by PCKh, and compare knows AP only; read its figures in its evaluate-*.json"
        )
    job, signature = JobFolder(folder), str(record["signature"])
    return Evaluation(config.seed, job.evaluation(signature), KeptFiles(job, signature), evaluated_on(config))


def _planned(folder: Path, record: Record) -> tuple[Plan, PlannedRun] | None:
    """The run in a plan of the study around it; None if there is none of this version."""
    signature = record.get("train_signature") or record.get("signature")
    paths = sorted(folder.parent.glob("plan-*.json"), key=lambda path: path.stat().st_mtime, reverse=True)
    for path in paths:
        try:
            plan = Plan.model_validate_json(path.read_text(encoding="utf-8"))
        except (ValidationError, OSError, UnicodeDecodeError):
            continue
        for run in plan.runs:
            if run.train_signature == signature:
                return plan, run
    return None


def _trained(plan: Plan, variant: str) -> str:
    trained, measured = plan.trained.get(variant), plan.measured.get(variant)
    if trained is None or measured is None or trained.config == measured.config:
        return ""
    return f"a smaller {trained.model}" if trained.model == measured.model else trained.model


def _time(plan: Plan, study: StudyFolder, variant: str, record: Record | None) -> RecordedTime | None:
    """Of the variant in the record of the study's own session; None if it has none, or one over batches and ways of
    running."""
    timing = plan.timing
    if timing is None or record is None:
        return None
    samples: dict[str, Any] = record.get("samples", {}).get(variant, {})
    if not {"latency_ns", "throughput_images_per_s"} <= samples.keys():
        return None
    device = str(record.get("provenance", {}).get("device", ""))
    file, began = study.timing(timing).resolve(), record.get("started_at")
    session = f"{timing.signature} of {began}" if began else str(file)
    return RecordedTime(file, session, samples, timing.settings.throughput_batch, device)


def _cost(study: StudyFolder, planned: PlannedCost | None, record: Record | None) -> Counts | None:
    """As it was counted by the code of then."""
    if planned is None or record is None:
        return None
    metrics = record["metrics"]
    return Counts(int(metrics["params"]), metrics["macs"], str(study.cost(planned)))
