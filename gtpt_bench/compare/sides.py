"""What A and B are: a model by name, the folder of a run, or the folder of a study. Torch-free."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from gtpt_bench.compare.entry import Entry, dotted
from gtpt_bench.compare.recorded import is_run, is_study, run_entry, study_entries
from gtpt_bench.efficiency.options import PLAIN, InferenceOptions
from gtpt_bench.errors import InputError
from gtpt_bench.models.catalogue import list_models, model_config
from gtpt_bench.study.changes import with_changes

Kind = Literal["model", "run", "study"]
RUNNING = "run."
"""What keys begin with that say how a model is run: `run.form`, `run.dtype`, …"""


@dataclass(frozen=True)
class Side:
    """A or B.

    Attributes:
        entries: by variant for a study; a single one, called "", for a model or a run.
    """

    kind: Kind
    name: str
    entries: Mapping[str, Entry]


@dataclass(frozen=True)
class Asked:
    """What the command line says of one side.

    Attributes:
        option: by which its changes were given, for errors.
    """

    text: str
    changes: Mapping[str, Any] = field(default_factory=dict)
    option: str = "--set"


def side(asked: Asked, results: Path) -> Side:
    """The side that a text names.

    Args:
        results: folder in which studies are looked for by name.

    Raises:
        InputError: there is no such thing, or it cannot be changed so.
    """
    folder = _folder(asked.text, results)
    if folder is None:
        return Side("model", *_model(asked))
    if not is_run(folder) and not is_study(folder):
        raise InputError(
            f"{folder} is neither a run (train.json, evaluate-….json) nor a study's results (plan-….json); name the "
            "folder of one, or a model"
        )
    kind: Kind = "run" if is_run(folder) else "study"
    _only_running(asked, kind)
    options = _options(asked)
    entries = {"": run_entry(folder, options)} if kind == "run" else study_entries(folder, options)
    return Side(kind, str(folder), entries)


def _folder(text: str, results: Path) -> Path | None:
    """None for the name of a model."""
    if text in list_models():
        return None
    for folder in (Path(text), results / text):
        if folder.is_dir():
            return folder
    if "/" in text or Path(text).exists():
        raise InputError(f"{text} is no folder of results")
    return None


def _model(asked: Asked) -> tuple[str, dict[str, Entry]]:
    changes = {key: value for key, value in asked.changes.items() if not key.startswith(RUNNING)}
    config = with_changes(model_config(asked.text), changes, f"{asked.option} for {asked.text}")
    options = _options(asked)
    settings = dotted(config) | dotted(options, RUNNING[:-1])
    words = [f"{key}={value}" for key, value in asked.changes.items()]
    name = f"{asked.text} with {', '.join(words)}" if words else asked.text
    return name, {"": Entry(name, asked.text, config, options, settings, unevaluated="a model by name is not trained")}


def _options(asked: Asked) -> InferenceOptions:
    running = {key.removeprefix(RUNNING): value for key, value in asked.changes.items() if key.startswith(RUNNING)}
    return with_changes(PLAIN, running, asked.option, prefix=RUNNING)


def _only_running(asked: Asked, kind: Kind) -> None:
    fixed = next((key for key in asked.changes if not key.startswith(RUNNING)), None)
    if fixed is not None:
        raise InputError(
            f"{asked.option} {fixed}: {asked.text} is a {kind}, whose config is fixed; only {RUNNING}… keys, which say "
            "how its model is run, can be set"
        )
