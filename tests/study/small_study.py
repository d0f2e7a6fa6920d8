"""A miniature study: six drawn pictures, one epoch, a model of a few thousand weights; and ways to run it."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from gtpt_bench.files import write_json
from gtpt_bench.study.execute_local import Outcome
from gtpt_bench.study.job import RunJob
from gtpt_bench.study.plan import PlannedRun
from gtpt_bench.study.session import Session, open_session
from gtpt_bench.study.store import JobFolder
from tests.training.small import SMALL_CHANGES

SMALL_MODEL = {key: value for key, value in SMALL_CHANGES.items() if not key.startswith("pruning")}

STUDY: dict[str, Any] = {
    "study": "mini",
    "title": "A miniature",
    "model": "gtpt_tiny_coco",
    "accuracy": {
        "model": "gtpt_tiny_coco",
        "data": {
            "kind": "drawn",
            "drawing": {"num_train_images": 4, "num_val_images": 2, "width": 128, "height": 96},
        },
        "training": {"preset": "quick", "epochs": 2, "batch_size": 4},
        "evaluation": {"boxes": "ground_truth"},
    },
    "vary": {
        "variants": {
            "dense": {**SMALL_MODEL, "pruning.keep_rates": [1, 1, 1, 1]},
            "pruned": {**SMALL_MODEL, "pruning.keep_rates": [1, 0.7, 0.3, 0.1]},
        }
    },
    "seeds": [0],
    "report": {"baseline": "dense", "plots": []},
}


class EndedWorker:
    """A worker that is over, without having left a word."""

    def __init__(self, code: int) -> None:
        self.code = code

    def poll(self) -> int:
        return self.code

    def ask_to_stop(self) -> None: ...

    def wait_until_stopped(self) -> None: ...


@dataclass
class Ends:
    """A display that only remembers how each piece of work ended."""

    lines: list[str] = field(default_factory=list)

    def line(self, title: str, verb: str = "started") -> EndOfLine:
        return EndOfLine(title, self.lines)

    def say(self, words: str) -> None:
        self.lines.append(words)


@dataclass(frozen=True)
class EndOfLine:
    title: str
    lines: list[str]

    def update(self, done: int, total: int, words: str) -> None:
        """Nothing to remember."""

    def finish(self, outcome: str) -> None:
        self.lines.append(f"{self.title}: {outcome}")


@dataclass(frozen=True)
class Workplace:
    """A study file and the results folder beside it."""

    path: Path

    @property
    def study_file(self) -> Path:
        return self.path / "mini.yaml"

    @property
    def results(self) -> Path:
        return self.path / "results"

    def write(self, content: dict[str, Any] | str = STUDY) -> Path:
        text = content if isinstance(content, str) else yaml.safe_dump(content, sort_keys=False)
        self.study_file.write_text(text, encoding="utf-8")
        return self.study_file

    def open(self, *changes: str, **options: Any) -> Session:
        options = {"profile": "quick", "data_root": None, **options}
        return open_session(self.study_file, results=self.results, changes=changes, **options)

    def run(self, *changes: str, display: Ends | None = None, **options: Any) -> Outcome:
        return self.open(*changes, **options).run("inline", display or Ends())


def without(content: dict[str, Any], *path: str) -> dict[str, Any]:
    """A copy without the key at a path."""
    first, *rest = path
    inner = {first: without(content[first], *rest)} if rest else {}
    return {key: value for key, value in content.items() if key != first} | inner


def prepared(session: Session, run: PlannedRun) -> JobFolder:
    """The folder of a run with its job in it, as a worker finds it; the data are drawn."""
    root = session.data.draw_if_missing(run.config, on_image=lambda done, total: None)
    folder = session.folder.run(run)
    write_json(folder.job, RunJob(study="mini", run=run, data_root=root).model_dump(mode="json"))
    return folder
