"""The files of a study's results: where each lies and how it is read.

    results/<study>/<variant>-s<seed>-<train signature, 8>/
        config.json log.txt history.jsonl progress.json checkpoint.pt
        train.json evaluate-<8>.json error.json lock
        predictions-<8>.json.gz matches-<8>.json.gz resampled-<8>.json.gz errors-<8>.json.gz tokens-<8>.json.gz
    results/<study>/cost-<8>.json, timing-<8>.json, plan-<profile>-<data>.json
    results/<study>/report-<profile>-<data>/

State follows from these files alone. A record is a JSON object with `schema`, `step`, `signature`, `status`.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from pydantic_core import from_json

from gtpt_bench.study.plan import DIGITS, PlannedCost, PlannedRun, PlannedTiming

SCHEMA = 1

Record = dict[str, Any]


@dataclass(frozen=True)
class JobFolder:
    """Folder in which one worker works: that of a run, or a hidden one for a cost or timing session."""

    path: Path

    @property
    def job(self) -> Path:
        return self.path / "job.json"

    @property
    def log(self) -> Path:
        return self.path / "log.txt"

    @property
    def progress(self) -> Path:
        return self.path / "progress.json"

    @property
    def error(self) -> Path:
        return self.path / "error.json"

    @property
    def lock(self) -> Path:
        return self.path / "lock"

    @property
    def history(self) -> Path:
        return self.path / "history.jsonl"

    @property
    def checkpoint(self) -> Path:
        return self.path / "checkpoint.pt"

    @property
    def train_record(self) -> Path:
        return self.path / "train.json"

    def predictions(self, evaluate_signature: str) -> Path:
        return self.path / f"predictions-{evaluate_signature[:DIGITS]}.json.gz"

    def matches(self, evaluate_signature: str) -> Path:
        return self.path / f"matches-{evaluate_signature[:DIGITS]}.json.gz"

    def resampled(self, evaluate_signature: str) -> Path:
        return self.path / f"resampled-{evaluate_signature[:DIGITS]}.json.gz"

    def errors(self, evaluate_signature: str) -> Path:
        return self.path / f"errors-{evaluate_signature[:DIGITS]}.json.gz"

    def tokens(self, evaluate_signature: str) -> Path:
        return self.path / f"tokens-{evaluate_signature[:DIGITS]}.json.gz"

    def evaluation(self, evaluate_signature: str) -> Path:
        return self.path / f"evaluate-{evaluate_signature[:DIGITS]}.json"


@dataclass(frozen=True)
class Names:
    """What lies in a folder, from one look at it. Of 10,000 runs that have not begun, one look tells as much as asking
    for each, which on a network file system takes seconds."""

    files: frozenset[str]
    folders: frozenset[str]


def names_in(path: Path) -> Names:
    """What lies in a folder; nothing if it is not there."""
    try:
        with os.scandir(path) as entries:
            kinds = {entry.name: entry.is_dir() for entry in entries}
    except OSError:
        return Names(frozenset(), frozenset())
    folders = frozenset(name for name, is_folder in kinds.items() if is_folder)
    return Names(frozenset(kinds) - folders, folders)


@dataclass(frozen=True)
class StudyFolder:
    """Folder of all results of a study."""

    path: Path

    def names(self) -> Names:
        """What is there now: a folder a run that has begun, records of costs and timings."""
        return names_in(self.path)

    def run(self, run: PlannedRun) -> JobFolder:
        return JobFolder(self.path / run.folder)

    def cost(self, cost: PlannedCost) -> Path:
        return self.path / cost.file

    def timing(self, timing: PlannedTiming) -> Path:
        return self.path / timing.file

    def measuring(self, what: Literal["cost", "timing"], label: str) -> JobFolder:
        """Where cost or timing sessions of a plan keep their log and lock."""
        return JobFolder(self.path / f".{what}-{label}")

    def plan(self, label: str) -> Path:
        return self.path / f"plan-{label}.json"

    def report(self, label: str) -> Path:
        return self.path / f"report-{label}"


def read_record(path: Path, signature: str | None = None) -> Record | None:
    """A finished record; None if there is none, it is unreadable, or it belongs to another signature."""
    try:
        record = from_json(path.read_bytes())  # twice as fast as json
    except (OSError, ValueError):
        return None
    if not isinstance(record, dict) or record.get("schema") != SCHEMA:
        return None
    return record if signature is None or record.get("signature") == signature else None
