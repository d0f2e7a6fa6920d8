"""What a study has come to, in a form that two studies can be compared by; and what its files hold."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import torch

from gtpt_bench.files import read_text
from gtpt_bench.study.session import Session
from gtpt_bench.study.state import Status
from gtpt_bench.study.store import read_record
from gtpt_bench.training.checkpoint import load_checkpoint

CLOCK = ("images_per_s", "waiting_share", "training_s")


def numbers(session: Session, variant: str) -> dict[str, Any]:
    """Everything a run gives that is no time of a clock: history, metrics, predictions, and its weights as a hash."""
    run = next(run for run in session.chosen.runs if run.variant == variant)
    folder, signature = session.folder.run(run), run.evaluate_signature
    train, evaluation = read_record(folder.train_record), read_record(folder.evaluation(signature))
    assert train
    assert evaluation
    checkpoint = load_checkpoint(folder.checkpoint)
    return {
        "history": [_timeless(json.loads(line)) for line in folder.history.read_text().splitlines()],
        "train": _timeless(train["metrics"]),
        "evaluation": evaluation["metrics"],
        "predictions": read_text(folder.predictions(signature)),
        "weights": [_digest(checkpoint[part]) for part in ("model", "ema")],
    }


def _timeless(values: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in values.items() if key not in CLOCK}


def _digest(state: dict[str, torch.Tensor]) -> str:
    digest = hashlib.sha256()
    for name in sorted(state):
        digest.update(name.encode() + state[name].numpy().tobytes())
    return digest.hexdigest()


def contents(folder: Path) -> dict[str, bytes]:
    """Every file below a folder, apart from the plan, which is written at each start."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not path.name.startswith("plan-") and "report-" not in str(path)
    }


def states(session: Session) -> dict[str, str]:
    return {status.part: status.state for status in session.status()}


def status_of(session: Session, part: str, state: str) -> Status:
    """The one status of a part in a state."""
    (found,) = [status for status in session.status() if (status.part, status.state) == (part, state)]
    return found
