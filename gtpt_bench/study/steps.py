"""The four steps of a study's work: train, evaluate, cost, timing. Each ends in one record, written when it is done."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

import torch

from gtpt_bench.config import Step, stated_protocol
from gtpt_bench.data.layout import DataRoot
from gtpt_bench.data.samples import evaluation_crops, evaluation_truth, training_crops
from gtpt_bench.efficiency.counting.conventions import macs_by_convention
from gtpt_bench.efficiency.counting.cross_check import cross_check
from gtpt_bench.efficiency.counting.cross_check_json import check_as_json
from gtpt_bench.efficiency.counting.macs import counted
from gtpt_bench.efficiency.counting.params import count_params
from gtpt_bench.efficiency.timing.session import OnRound, time_models
from gtpt_bench.efficiency.torch_device import torch_device, torch_device_name
from gtpt_bench.errors import RunInterrupted, WeightsError
from gtpt_bench.evaluation.analysis.analyse import errors_of
from gtpt_bench.evaluation.analysis.as_json import errors_to_json
from gtpt_bench.evaluation.predict import predict_poses
from gtpt_bench.evaluation.score import score_poses
from gtpt_bench.files import write_json, write_text
from gtpt_bench.models import build_model
from gtpt_bench.models.weights import fill_strictly
from gtpt_bench.study.job import CostJob, RunJob, TimingJob
from gtpt_bench.study.plan import PlannedTiming
from gtpt_bench.study.provenance import provenance
from gtpt_bench.study.store import SCHEMA, JobFolder, Record, read_record
from gtpt_bench.study.timing_cells import measure_grid
from gtpt_bench.study.timing_spec import TimingGrid
from gtpt_bench.training.checkpoint import (
    clear_unfinished,
    forget_earlier,
    last_good_checkpoint,
    load_checkpoint,
    save_checkpoint,
)
from gtpt_bench.training.team import ALONE, Team
from gtpt_bench.training.trainer import Trainer

SECONDS_BETWEEN_CHECKPOINTS = 30.0
EVALUATION_BATCH = 64

OnProgress = Callable[[str, int, int, str], None]
"""Told the step, what is done of it, the total, and a few words."""


def record(step: Step, signature: str, started: float, **content: Any) -> Record:
    """A finished step's record with what every record has."""
    return {
        "schema": SCHEMA,
        "step": step,
        "signature": signature,
        "status": "done",
        "started_at": datetime.fromtimestamp(started, UTC).isoformat(timespec="seconds"),
        "seconds": round(time.time() - started, 3),
        "provenance": provenance() | {"device": torch_device_name(), "threads": torch.get_num_threads()},
        **content,
    }


def do_run(
    job: RunJob,
    folder: JobFolder,
    *,
    stop: Callable[[], bool],
    progress: OnProgress,
    team: Team = ALONE,
) -> None:
    """Train unless that is done, evaluate unless that is done.

    Args:
        team: the processes that do it, each of which calls this; what is done is for the first one to say.
    """
    if team.from_first(read_record(folder.train_record, job.run.train_signature) is None):
        train(job, folder, stop=stop, progress=progress, team=team)
    evaluation = folder.evaluation(job.run.evaluate_signature)
    if team.from_first(read_record(evaluation, job.run.evaluate_signature) is None):
        evaluate(job, folder, stop=stop, progress=progress, team=team)


def train(
    job: RunJob,
    folder: JobFolder,
    *,
    stop: Callable[[], bool],
    progress: OnProgress,
    team: Team = ALONE,
) -> None:
    """Train to the end, from the last checkpoint if there is one. Only the first process of a team writes.

    Raises:
        RunInterrupted: `stop` answered True; the state is saved.
        RunFailed: the loss is no longer a number.
    """
    started, config = time.time(), job.run.config
    crops = training_crops(config, DataRoot(job.data_root))
    trainer = Trainer(config.model, config.training, crops, seed=config.seed, device=torch_device(), team=team)
    spent_before = _resume(trainer, job, folder)
    if team.is_first:
        clear_unfinished(folder.checkpoint)
    saved_at = time.monotonic()

    def save() -> None:
        if not team.is_first:
            return
        seconds = spent_before + time.time() - started
        about = {"signature": job.run.train_signature, "seconds": seconds, "pixel_grid": config.training.pixel_grid}
        save_checkpoint(folder.checkpoint, {**about, **trainer.state()})
        write_text(folder.history, "".join(json.dumps(asdict(s)) + "\n" for s in trainer.history))

    for step in trainer.steps():
        progress("train", trainer.step, trainer.num_steps, f"loss {step.loss:.4g}")
        if team.any(stop()):
            break
        if time.monotonic() - saved_at > SECONDS_BETWEEN_CHECKPOINTS:
            save()
            saved_at = time.monotonic()
    save()
    if not trainer.finished:
        raise RunInterrupted(f"stopped after step {trainer.step} of {trainer.num_steps}; run again to continue")
    broken = {path.name for found in team.gathered(crops.broken_images) for path in found}
    if not team.is_first:
        return
    metrics = {
        "loss": trainer.history[-1].loss,
        "num_people": len(crops),
        "num_skipped": sum(person.image.name in broken for person in crops.people),
        "num_steps": trainer.num_steps,
        "training_s": round(spent_before + time.time() - started, 3),
    }
    content = {"metrics": metrics, "broken_images": sorted(broken), "processes": team.size, **_run_of(job)}
    write_json(folder.train_record, record("train", job.run.train_signature, started, **content))
    forget_earlier(folder.checkpoint)


def _run_of(job: RunJob) -> Record:
    """What every record says of the run it belongs to."""
    return {
        "study": job.study,
        "variant": job.run.variant,
        "seed": job.run.config.seed,
        "config": job.run.config.model_dump(mode="json"),
    }


def _resume(trainer: Trainer, job: RunJob, folder: JobFolder) -> float:
    """Restore the last good checkpoint of this very run, if there is one; the seconds of training already spent.

    Raises:
        WeightsError: none can be read, or of another run.
    """
    state = last_good_checkpoint(folder.checkpoint)
    if state is None:
        return 0.0
    if state.get("signature") != job.run.train_signature:
        raise WeightsError(f"{folder.checkpoint} belongs to another run; remove it to train this one from the start")
    trainer.restore(state)
    return float(state["seconds"])


def evaluate(
    job: RunJob,
    folder: JobFolder,
    *,
    stop: Callable[[], bool],
    progress: OnProgress,
    team: Team = ALONE,
) -> None:
    """Predict, score, and keep predictions, matches and errors beside the record. A team shares the predicting.

    Raises:
        RunInterrupted: `stop` answered True; evaluation starts again next time.
    """

    def on_batch(done: int, total: int) -> None:
        progress("evaluate", done, total, "persons")
        if team.any(stop()) and done < total:
            raise RunInterrupted(f"stopped after {done} of {total} persons; run again to evaluate")

    started, config, signature = time.time(), job.run.config, job.run.evaluate_signature
    root, protocol = DataRoot(job.data_root), job.run.config.evaluation
    crops = evaluation_crops(config, root)
    model = build_model(config.model)
    fill_strictly(model, load_checkpoint(folder.checkpoint)["ema"], source=str(folder.checkpoint))
    poses = predict_poses(
        model.to(torch_device()).eval(),
        crops,
        protocol,
        split_ratio=config.model.split_ratio,
        batch_size=EVALUATION_BATCH,
        device=torch_device(),
        on_batch=on_batch,
        team=team,
    )
    if not team.is_first:
        return
    truth = evaluation_truth(config, root)
    final = score_poses(truth, poses, crops.keypoints, protocol)
    write_json(folder.predictions(signature), final.results)
    write_json(folder.matches(signature), final.scored.kept())
    errors = errors_of(truth, final, crops.keypoints, max_detections=protocol.max_detections)
    if errors is not None:
        write_json(folder.errors(signature), errors_to_json(errors))
    metrics = final.scored.metrics | {"num_people": len(crops), "num_images": final.scored.num_images}
    result = record(
        "evaluate",
        signature,
        started,
        metrics=metrics,
        protocol=stated_protocol(config),
        train_signature=job.run.train_signature,
        **_run_of(job),
    )
    write_json(folder.evaluation(signature), result)


def count_costs(job: CostJob, *, stop: Callable[[], bool], progress: OnProgress) -> None:
    """Parameters and MACs of each model from its operator trace, in every convention, a record each; where the plan
    says so, what other counters find is in it too.

    Raises:
        CountingBroken: this installation counts known layers wrong.
        RunInterrupted: `stop` answered True; records of the models counted so far are kept.
    """
    for place, cost in enumerate(job.costs):
        started = time.time()
        model = build_model(cost.config)
        trace = counted(model).trace
        params = count_params(model, trace)
        metrics = {
            "params": params.deployed,
            "params_trainable": params.trainable,
            "params_thop": params.thop,
            "macs": macs_by_convention(trace),
        }
        content = {
            "study": job.study,
            "model": cost.model,
            "config": cost.config.model_dump(mode="json"),
            "metrics": metrics,
            "uncounted": trace.uncounted,
        }
        if cost.cross_checked:
            content["check"] = check_as_json(cross_check(model))
        write_json(job.folder / cost.file, record("cost", cost.signature, started, **content))
        progress("cost", place + 1, len(job.costs), cost.model)
        if stop() and place + 1 < len(job.costs):
            raise RunInterrupted(f"stopped after {place + 1} of {len(job.costs)} models; run again to continue")


def measure_time(job: TimingJob, *, stop: Callable[[], bool], progress: OnProgress) -> None:
    """Time of all variants in one interleaved session; raw samples are kept.

    Raises:
        RunInterrupted: `stop` answered True; a session is whole or not at all, so it starts again next time.
    """

    def on_progress(done: int, total: int, words: str) -> None:
        progress("timing", done, total, words)
        if stop() and done < total:
            raise RunInterrupted("stopped while time was measured; run again to measure")

    started, timing = time.time(), job.timing
    content = {
        "study": job.study,
        "model": timing.model,
        "variants": list(timing.variants),
        "settings": timing.settings.model_dump(mode="json"),
        "threads": torch.get_num_threads(),
        **(_time_of_cells(timing, timing.grid, on_progress) if timing.grid else _time_of_variants(timing, on_progress)),
    }
    write_json(job.folder / timing.file, record("timing", timing.signature, started, **content))


def _time_of_variants(timing: PlannedTiming, on_round: OnRound) -> Record:
    """Latency of one image and throughput at one batch size."""
    models = [build_model(config) for config in timing.configs]
    samples = time_models(models, timing.settings, device=torch_device(), on_round=on_round)
    return {"samples": {name: asdict(s) for name, s in zip(timing.variants, samples, strict=True)}}


def _time_of_cells(timing: PlannedTiming, grid: TimingGrid, on_slice: OnRound) -> Record:
    """Each variant at each batch size in each way of running."""
    models = {name: build_model(config) for name, config in zip(timing.variants, timing.configs, strict=True)}
    return asdict(measure_grid(models, grid, timing.settings, device=torch_device(), on_slice=on_slice))
