"""From a study file to a `Study`: profile merged in, presets resolved, `--set` applied, data root considered."""

from __future__ import annotations

import contextlib
import copy
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from gtpt_bench.data.config import CocoData, DrawnData, MpiiData
from gtpt_bench.errors import StudyError
from gtpt_bench.frozen import merge_at
from gtpt_bench.study.recipes import OWN, recipes_for
from gtpt_bench.study.spec import Study
from gtpt_bench.study.yaml_source import KeyPath, YamlSource, parse_value, read_yaml, validated

PROFILES = ("quick", "paper")
DATA = {"coco": CocoData(), "mpii": MpiiData(), "drawn": DrawnData()}


def load_study(
    path: Path, *, profile: str = "quick", real_data: bool = False, changes: Sequence[str] = ()
) -> tuple[Study, YamlSource]:
    """A study in one profile, and its source for later error messages.

    Args:
        real_data: a data root was given, so drawn data give way to it.
        changes: `key=value` texts that replace values of the study.

    Raises:
        StudyError: names the file, the line and the key.
    """
    source = read_yaml(path)
    if "run" in source.content and "study" not in source.content:
        raise StudyError(f"{path} is a training config, not a study; use gtpt-study train {path}")
    return _resolved(in_profile(source, profile), real_data=real_data, changes=changes)


def _resolved(source: YamlSource, *, real_data: bool, changes: Sequence[str]) -> tuple[Study, YamlSource]:
    content, keys = copy.deepcopy(source.content), []
    for text in changes:
        key, separator, value = text.partition("=")
        if not separator:
            raise StudyError(f"--set {text!r}: write key=value, for instance --set seeds=[0,1]")
        unfold_presets(content)
        keys.append(tuple(key.strip().split(".")))
        merge_at(content, list(keys[-1]), parse_value(value))
    source = replace(source, set_keys=tuple(keys))
    resolve_accuracy(content, source, real_data=real_data)
    return validated(Study, content, source), source


def in_profile(source: YamlSource, profile: str) -> YamlSource:
    """The source with one profile's values in place of the common ones, and the lines they stand in."""
    if profile not in PROFILES:
        raise StudyError(f"profile {profile!r} does not exist; known: {', '.join(PROFILES)}")
    content = copy.deepcopy(source.content)
    profiles = content.pop("profiles", None) or {}
    if not isinstance(profiles, Mapping) or any(name not in PROFILES for name in profiles):
        raise StudyError(
            f"{source.place(('profiles',))}: profiles: a mapping with the keys {' and '.join(PROFILES)} is expected"
        )
    if profile != "quick" and not profiles:
        raise StudyError(f"{source.name} has no profiles: it is the same in each, so leave --profile {profile} out")
    chosen = profiles.get(profile) or {}
    if not isinstance(chosen, Mapping):
        raise StudyError(f"{source.place(('profiles', profile))}: profiles.{profile}: a mapping is expected")
    for key, value in chosen.items():
        merge_at(content, [key], value)
    prefix: KeyPath = ("profiles", profile)
    lines = dict(source.lines) | {
        path[2:]: line for path, line in source.lines.items() if path[:2] == prefix and len(path) > 2
    }
    return YamlSource(source.name, content, lines)


def unfold_presets(content: dict[str, Any]) -> None:
    """`training: quick` as `training: {preset: quick}`, in place, so that single values can be changed."""
    accuracy = content.get("accuracy")
    if not isinstance(accuracy, dict):
        return
    for name in ("training", "data"):
        if isinstance(accuracy.get(name), str):
            accuracy[name] = {"preset": accuracy[name]}


def resolve_accuracy(content: dict[str, Any], source: YamlSource, *, real_data: bool) -> None:
    """Presets replaced by what they stand for, in place."""
    unfold_presets(content)
    accuracy = content.get("accuracy")
    if not isinstance(accuracy, dict):
        return
    training, data = accuracy.get("training"), accuracy.get("data")
    if isinstance(training, dict):
        accuracy["training"] = _with_preset(
            training, recipes_for(str(accuracy.get("model") or content.get("model"))), source, "training"
        )
        if training.get("preset") == OWN:
            accuracy["own_training"] = {key: value for key, value in training.items() if key != "preset"}
    if isinstance(data, dict):
        accuracy["data"] = _with_preset(data, DATA, source, "data") if "preset" in data else data
        if real_data and accuracy["data"].get("kind") == "drawn":
            splits = {key: accuracy["data"][key] for key in ("train", "evaluation") if key in accuracy["data"]}
            accuracy["data"] = {"kind": CocoData().kind, **splits}


def _with_preset(content: dict[str, Any], presets: Mapping[str, Any], source: YamlSource, name: str) -> dict[str, Any]:
    """The values of the named preset with the other keys on top."""
    changes = dict(content)
    preset = changes.pop("preset", None)
    if preset is None:
        return changes
    if not isinstance(preset, str) or preset not in presets:
        raise StudyError(
            f"{source.place(('accuracy', name))}: accuracy.{name}: unknown preset {preset!r}; "
            f"known: {', '.join(presets)}"
        )
    values: dict[str, Any] = presets[preset].model_dump(mode="json")
    for key, value in changes.items():
        merge_at(values, [key], value)
    return values


NAMES_A_STUDY = re.compile(r"^study\s*:", re.MULTILINE)


def is_training_config(path: Path) -> bool:
    """Whether a file is one, and no study; a file that is neither is a study with mistakes.

    Raises:
        StudyError: it cannot be read.
    """
    with contextlib.suppress(OSError, UnicodeDecodeError):
        if NAMES_A_STUDY.search(path.read_text(encoding="utf-8")):  # studies of thousands of variants are read once
            return False
    content = read_yaml(path).content
    return bool(content) and all(key in TRAINING_KEYS for key in content)


def load_training(path: Path, *, real_data: bool = False, changes: Sequence[str] = ()) -> tuple[Study, YamlSource]:
    """A training config as a study of one variant and one seed.

    The config has the keys `run` (a name), `model`, `data`, `training`, `evaluation`, `seed` and `changes` of the
    model by dotted key.

    Raises:
        StudyError: as in `load_study`.
    """
    source = read_yaml(path)
    if "study" in source.content:
        raise StudyError(f"{path} is a study, not a training config; use gtpt-study run {path}")
    unknown = [key for key in source.content if key not in TRAINING_KEYS]
    if unknown:
        raise StudyError(
            f"{source.place((unknown[0],))}: {unknown[0]}: unknown key; allowed: {', '.join(TRAINING_KEYS)}"
        )
    values = source.content
    accuracy = {key: values[key] for key in ("model", "data", "training", "evaluation") if key in values}
    content = {
        "study": values.get("run", path.stem),
        "title": f"training run {values.get('run', path.stem)}",
        "accuracy": accuracy,
        "seeds": [values.get("seed", 0)],
        "vary": {"variants": {"default": values.get("changes", {})}},
    }
    moved = {"seed": ("seeds", 0), "run": ("study",), "changes": ("vary", "variants", "default")}
    lines = {(*moved.get(str(key[0]), ("accuracy", key[0])), *key[1:]): line for key, line in source.lines.items()}
    rewritten = YamlSource(source.name, content, lines)
    return _resolved(rewritten, real_data=real_data, changes=[_of_study(text) for text in changes])


def _of_study(change: str) -> str:
    """A `--set` of a training config as one of the study that it becomes.

    Raises:
        StudyError: the config has no such key.
    """
    key, separator, value = change.partition("=")
    first, dot, rest = key.strip().partition(".")
    if first not in TRAINING_KEYS:
        raise StudyError(f"--set {first}: unknown key; allowed: {', '.join(TRAINING_KEYS)}")
    if first == "seed":
        return f"seeds{separator}[{value}]"
    where = {"run": "study", "changes": "vary.variants.default"}.get(first, f"accuracy.{first}")
    return f"{where}{dot}{rest}{separator}{value}"


TRAINING_KEYS = ("run", "model", "data", "training", "evaluation", "seed", "changes")
