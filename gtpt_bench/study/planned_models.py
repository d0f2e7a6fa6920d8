"""Which model each variant is: the study's or one of its own, as it is measured and as it is trained. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from gtpt_bench.config import cost_signature
from gtpt_bench.errors import InputError, StudyError
from gtpt_bench.models.catalogue import ModelConfig, model_config
from gtpt_bench.study.changed_configs import ChangedConfigs
from gtpt_bench.study.plan import PlannedCost
from gtpt_bench.study.spec import Accuracy, Changes
from gtpt_bench.study.variants import MODEL, TRAINED_CHANGES, TRAINED_MODEL, Variant
from gtpt_bench.study.yaml_source import KeyPath, YamlSource


class Start(NamedTuple):
    """What a variant's changes are made to.

    Attributes:
        model: of the catalogue.
        place: where its name stands in the study file.
        ahead: changes that come before the variant's own.
        ahead_place: where they stand.
    """

    model: str
    place: KeyPath
    ahead: Changes
    ahead_place: KeyPath


def measured_models(model: str, variants: Sequence[Variant], source: YamlSource) -> dict[str, PlannedCost]:
    """The measured model of each variant; none at all where nobody names any.

    Raises:
        StudyError: an unknown model, an impossible change, or some variants have a model and others none.
    """
    starts = {variant.name: _measured_from(model, variant) for variant in variants}
    if not any(start.model for start in starts.values()):
        return {}
    lacking = next((name for name, start in starts.items() if not start.model), None)
    if lacking is not None:
        raise StudyError(
            f"{source.place(('vary', 'variants', lacking))}: variant {lacking!r} names no model to measure, and others "
            "do; name one with the key model, there or for the whole study"
        )
    return _costs(starts, variants, source)


def trained_models(
    accuracy: Accuracy, measured: str, variants: Sequence[Variant], source: YamlSource
) -> dict[str, PlannedCost]:
    """The trained model of each variant.

    Args:
        measured: the study's measured model, which is trained where no other one is named.

    Raises:
        StudyError: an unknown model, an impossible change, or a variant without a model.
    """
    starts = {variant.name: _trained_from(accuracy, measured, variant) for variant in variants}
    lacking = next((name for name, start in starts.items() if not start.model), None)
    if lacking is not None:
        raise StudyError(
            f"{source.place(('accuracy',))}: accuracy.model: a model to train is missing for variant {lacking!r}; name "
            "it there, or in the variant with the key model"
        )
    return _costs(starts, variants, source)


def _measured_from(model: str, variant: Variant) -> Start:
    own = variant.named(MODEL)
    return Start(own or model, variant.places[MODEL] if own else (MODEL,), {}, ())


def _trained_from(accuracy: Accuracy, measured: str, variant: Variant) -> Start:
    key = next((key for key in (TRAINED_MODEL, MODEL) if key in variant.changes), None)
    model = variant.named(key) if key else accuracy.model or measured
    place = variant.places[key] if key else ("accuracy", "model") if accuracy.model else (MODEL,)
    if TRAINED_CHANGES in variant.changes:
        return Start(model, place, variant.trained_changes, variant.places[TRAINED_CHANGES])
    return Start(model, place, accuracy.changes, ("accuracy", "changes"))


def _costs(starts: Mapping[str, Start], variants: Sequence[Variant], source: YamlSource) -> dict[str, PlannedCost]:
    """Variants that are the same network share one object."""
    bases: dict[str, ChangedConfigs[ModelConfig]] = {}
    costs: dict[int, PlannedCost] = {}
    by_variant = {}
    for variant in variants:
        start = starts[variant.name]
        if repr(start) not in bases:
            bases[repr(start)] = _started(start, source)
        config = bases[repr(start)].of(variant, variant.model_changes)
        if config.counted_only:
            raise StudyError(
                f"{source.place(start.place)}: {_key(start.place)}: {start.model} has gigabytes of weights and is only "
                "counted, in an audit"
            )
        if id(config) not in costs:
            costs[id(config)] = PlannedCost(
                model=start.model, config=config, signature=cost_signature(config), ahead=start.ahead
            )
        by_variant[variant.name] = costs[id(config)]
    return by_variant


def _key(place: KeyPath) -> str:
    """Of a variant the key alone: its name may have dots."""
    return str(place[-1]) if place[0] == "vary" else ".".join(map(str, place))


def _started(start: Start, source: YamlSource) -> ChangedConfigs[ModelConfig]:
    """What variants of one model are made from."""
    try:
        named = model_config(start.model)
    except InputError as error:
        raise StudyError(f"{source.place(start.place)}: {_key(start.place)}: {error}") from error
    ahead = Variant(start.model, dict(start.ahead), {key: (*start.ahead_place, key) for key in start.ahead})
    changed = ChangedConfigs(named, source, of=start.model).of(ahead, ahead.changes)
    return ChangedConfigs(changed, source, of=start.model)
