"""The steps of a run: train, evaluate. Each ends in a record, written when it is done."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import asdict

from gtpt_bench.config import stated_protocol
from gtpt_bench.data.layout import DataRoot
from gtpt_bench.data.samples import training_crops
from gtpt_bench.efficiency.torch_device import torch_device
from gtpt_bench.errors import RunInterrupted, WeightsError
from gtpt_bench.evaluation.analysis.analyse import errors_of
from gtpt_bench.evaluation.analysis.as_json import errors_to_json
from gtpt_bench.evaluation.kept_tokens.record import survival_to_json
from gtpt_bench.evaluation.on_data import evaluated_model
from gtpt_bench.evaluation.resampled import resampled_ap, resampled_to_json
from gtpt_bench.evaluation.score import Scored
from gtpt_bench.files import write_json, write_text
from gtpt_bench.models import build_model
from gtpt_bench.models.weights import fill_strictly
from gtpt_bench.study.job import RunJob
from gtpt_bench.study.step_record import OnProgress, record
from gtpt_bench.study.store import JobFolder, Record, read_record
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
        epoch = -(-trainer.step // trainer.steps_per_epoch)
        words = f"epoch {epoch}/{config.training.epochs}, loss {step.loss:.4g}"
        progress("train", trainer.step, trainer.num_steps, words)
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
    """Predict, score, and keep predictions, matches, errors and tokens beside the record. A team shares the predicting.

    Raises:
        RunInterrupted: `stop` answered True; evaluation starts again next time.
    """

    def on_batch(done: int, total: int) -> None:
        progress("evaluate", done, total, "persons")
        if team.any(stop()) and done < total:
            raise RunInterrupted(f"stopped after {done} of {total} persons; run again to evaluate")

    started, config, signature = time.time(), job.run.config, job.run.evaluate_signature
    model = build_model(config.model)
    fill_strictly(model, load_checkpoint(folder.checkpoint)["ema"], source=str(folder.checkpoint))
    found = evaluated_model(model, config, DataRoot(job.data_root), on_batch=on_batch, team=team)
    if found is None:
        return
    scored = found.poses.scored
    write_json(folder.predictions(signature), found.poses.results)
    write_json(folder.matches(signature), scored.kept())
    if isinstance(scored, Scored):
        write_json(folder.resampled(signature), resampled_to_json(resampled_ap(scored.matches)))
    errors = errors_of(
        found.truth, found.poses, config.model.keypoint_set, max_detections=config.evaluation.max_detections
    )
    if errors is not None:
        write_json(folder.errors(signature), errors_to_json(errors))
    if found.survival is not None:
        write_json(folder.tokens(signature), survival_to_json(found.survival))
    result = record(
        "evaluate",
        signature,
        started,
        metrics=scored.metrics | {"num_people": found.num_people, "num_images": scored.num_images},
        protocol=stated_protocol(config),
        train_signature=job.run.train_signature,
        **_run_of(job),
    )
    write_json(folder.evaluation(signature), result)
