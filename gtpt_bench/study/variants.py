"""What varies, spelled out: the named variants of a study, each a set of changes."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import product
from typing import Any

from gtpt_bench.errors import StudyError
from gtpt_bench.names import NAME_PATTERN, NAMES_IN_WORDS
from gtpt_bench.study.spec import Changes, Study, Vary
from gtpt_bench.study.yaml_source import KeyPath, YamlSource

RECIPE = "training"
"""A variant's whole recipe in place of the study's, by name: `training: quick`; `training.…` changes one value."""
OTHER_PARTS = ("data", "evaluation")
ACCURACY_PARTS = (RECIPE, *OTHER_PARTS)
"""First words of keys that change the accuracy run and not the model."""
MODEL = "model"
"""A variant's own model of the catalogue, measured and trained in place of the study's."""
TRAINED_MODEL, TRAINED_CHANGES = "accuracy.model", "accuracy.changes"
"""Its own model for training alone, and what that one needs ahead of the variant's changes; in place of the study's."""
NAMING = (MODEL, TRAINED_MODEL, TRAINED_CHANGES)


@dataclass(frozen=True)
class Variant:
    """One variant.

    Attributes:
        places: where in the study file each change stands.
    """

    name: str
    changes: Changes
    places: dict[str, KeyPath]

    @property
    def model_changes(self) -> Changes:
        kept = {key: value for key, value in self.changes.items() if key not in NAMING}
        return {key: value for key, value in kept.items() if _first(key) not in ACCURACY_PARTS}

    def accuracy_changes(self, part: str) -> Changes:
        """Changes of `training`, `data` or `evaluation`, by the key within it."""
        changes = {key: value for key, value in self.changes.items() if _first(key) == part and key != RECIPE}
        return {key.partition(".")[2]: value for key, value in changes.items()}

    def named(self, key: str) -> str:
        """The model that a key of the variant names; empty without one."""
        return str(self.changes.get(key, ""))

    @property
    def trained_changes(self) -> Changes:
        return dict(self.changes.get(TRAINED_CHANGES, {}))


def variants_of(study: Study, source: YamlSource) -> tuple[Variant, ...]:
    """All variants: every combination of axes, zipped rows and named variants; a single `default` without any.

    Raises:
        StudyError: zipped lists differ in length, an axis has no values or a label that cannot name a folder, or two
            variants get the same name.
    """
    parts = [*_axes(study.vary, source), *_zipped(study.vary, source), *_named(study.vary)]
    combined = [_joined(choice, source) for choice in product(*parts)]
    names = [variant.name for variant in combined]
    wrong = next((name for name in names if not re.fullmatch(NAME_PATTERN, name)), None)
    if wrong is not None:
        raise StudyError(
            f"{source.place(('vary',))}: variant {wrong!r} has {len(wrong)} letters; it becomes the name of a folder "
            f"and has {NAMES_IN_WORDS}: label the values of its axes, as in "
            "axes: {groups: {halves: {…}, one: {…}}}"
        )
    double = next((name for name, count in Counter(names).items() if count > 1), None)
    if double is not None:
        raise StudyError(f"{source.place(('vary',))}: two variants are called {double!r}; label their values")
    return tuple(combined)


def _axes(vary: Vary, source: YamlSource) -> Iterator[list[Variant]]:
    for key, values in vary.axes.items():
        place: KeyPath = ("vary", "axes", key)
        if not values:
            raise StudyError(f"{source.place(place)}: vary.axes.{key}: at least one value is expected")
        if isinstance(values, dict):
            _check_labels(values, place, source)
            labelled: list[tuple[str, Any, str | int]] = [(label, v, label) for label, v in values.items()]
        else:
            labelled = [(label_of(key, v), v, index) for index, v in enumerate(values)]
        yield [Variant(label, {key: v}, {key: (*place, last)}) for label, v, last in labelled]


def _check_labels(labels: Iterable[str], place: KeyPath, source: YamlSource) -> None:
    wrong = next((label for label in labels if not re.fullmatch(NAME_PATTERN, label)), None)
    if wrong is not None:
        raise StudyError(
            f"{source.place((*place, wrong))}: {'.'.join(map(str, place))}: label {wrong!r} becomes the name "
            f"of a folder and has {NAMES_IN_WORDS}"
        )


def _zipped(vary: Vary, source: YamlSource) -> Iterator[list[Variant]]:
    if not vary.zip:
        return
    lengths = {key: len(values) for key, values in vary.zip.items()}
    if not all(lengths.values()):
        raise StudyError(f"{source.place(('vary', 'zip'))}: vary.zip: at least one value is expected in each list")
    if len(set(lengths.values())) > 1:
        raise StudyError(f"{source.place(('vary', 'zip'))}: vary.zip: lists differ in length: {lengths}")
    rows = zip(*vary.zip.values(), strict=True)
    yield [
        Variant(
            " ".join(label_of(key, value) for key, value in zip(vary.zip, row, strict=True)),
            dict(zip(vary.zip, row, strict=True)),
            {key: ("vary", "zip", key, index) for key in vary.zip},
        )
        for index, row in enumerate(rows)
    ]


def _named(vary: Vary) -> Iterator[list[Variant]]:
    if vary.variants:
        yield [
            Variant(name, changes, {key: ("vary", "variants", name, key) for key in changes})
            for name, changes in vary.variants.items()
        ]


def _joined(parts: tuple[Variant, ...], source: YamlSource) -> Variant:
    """One variant of several parts.

    Raises:
        StudyError: two of its changes set the same value.
    """
    changes: Changes = {}
    places: dict[str, KeyPath] = {}
    set_by: dict[str, str] = {}
    for part in parts:
        for key, value in part.changes.items():
            for leaf in _leaves(key, value):
                if leaf in set_by:
                    other = "another part of it" if set_by[leaf] == key else f"{set_by[leaf]} too"
                    raise StudyError(
                        f"{source.place(part.places[key])}: variant {' '.join(each.name for each in parts)!r}: {leaf} "
                        f"is set by {key} and by {other}; a key takes one value, so vary it in one place"
                    )
                set_by[leaf] = key
        changes |= part.changes
        places |= part.places
    return Variant(" ".join(part.name for part in parts) or "default", changes, places)


def _leaves(key: str, value: Any) -> list[str]:
    """Dotted keys of the single values that a change sets."""
    if not isinstance(value, dict) or not value:
        return [key]
    return [leaf for name, inner in value.items() for leaf in _leaves(f"{key}.{name}", inner)]


def label_of(key: str, value: Any) -> str:
    """A folder-safe name of a value: `width 64`, `keep_rates 1-0.7-0.3-0.1`."""
    shown = "-".join(map(str, value)) if isinstance(value, list) else str(value)
    return re.sub(r"[^\w .+-]+", "_", f"{key.rpartition('.')[2]} {shown}")[:64]


def _first(key: str) -> str:
    return key.partition(".")[0]
