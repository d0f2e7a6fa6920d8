"""From a study to its plan. Pure; nothing is built or run.

Everything that can be refused is refused here, before an hour on a GPU is spent.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from gtpt_bench.config import DataIdentity, RunConfig, SeedSignatures, timing_signature
from gtpt_bench.efficiency.options import DeviceKind
from gtpt_bench.errors import InputError, StudyError
from gtpt_bench.study.audit_plan import audited_models, planned_audit
from gtpt_bench.study.changed_configs import ChangedConfigs
from gtpt_bench.study.compatible import first_conflict
from gtpt_bench.study.plan import Plan, PlannedCost, PlannedRun, PlannedTiming
from gtpt_bench.study.planned_models import measured_models, trained_models
from gtpt_bench.study.recipes import Recipes
from gtpt_bench.study.reported import look_up
from gtpt_bench.study.spec import Audit, Study
from gtpt_bench.study.variants import MODEL, OTHER_PARTS, Variant, variants_of
from gtpt_bench.study.yaml_source import KeyPath, YamlSource


def build_plan(
    study: Study,
    source: YamlSource,
    *,
    profile: str,
    identify: Callable[[RunConfig], DataIdentity],
    device: str,
    device_kind: DeviceKind = "cpu",
    changes: Sequence[str] = (),
) -> Plan:
    """The plan of a study.

    Args:
        identify: tells the content of a run's data apart.
        device: name of the machine that timing is planned for.
        device_kind: what it can do.
        changes: what `--set` changed in the study.

    Raises:
        StudyError: a variant's change or a way of running is impossible; names file, line and key.
    """
    if study.audit:
        return _audit_plan(study, study.audit, source, profile=profile, device=device, changes=changes)
    variants = variants_of(study, source)
    _check_timing(study, source, device_kind)
    _check_names(study, [variant.name for variant in variants], source)
    measured = measured_models(study.model, variants, source)
    _check_forms(study, measured, source)
    only = set(study.accuracy.only) if study.accuracy else set()
    trained_variants = [v for v in variants if not only or v.name in only]
    trained, runs = _accuracy(study, trained_variants, source, identify)
    return Plan(
        study=study,
        profile=profile,
        changes=tuple(changes),
        variants=tuple(variant.name for variant in variants),
        measured=measured,
        trained=trained,
        runs=runs,
        timing=_timing(study, measured, device) if measured and study.timing else None,
        reported=tuple(look_up(row, Path(source.name)) for row in study.report.reported),
    )


def _audit_plan(
    study: Study, audit: Audit, source: YamlSource, *, profile: str, device: str, changes: Sequence[str]
) -> Plan:
    costs = audited_models(study, audit, source)
    timed = {name: cost for name, cost in costs.items() if not cost.empty}
    return Plan(
        study=study,
        profile=profile,
        changes=tuple(changes),
        variants=tuple(costs),
        measured=costs,
        trained={},
        runs=(),
        timing=_timing(study, timed, device) if timed and study.timing else None,
        audit=planned_audit(study, audit, costs, source),
    )


def _check_timing(study: Study, source: YamlSource, device_kind: DeviceKind) -> None:
    """Refuse ways of running that this machine does not have, and what a study of time alone cannot hold."""
    grid = study.timing.grid if study.timing else None
    if grid is None:
        return
    for key, is_there in (("accuracy", study.accuracy is not None), ("report.reported", study.report.reported != ())):
        if is_there:
            raise StudyError(
                f"{source.place(tuple(key.split('.')))}: {key}: timing.batches and timing.ways make a study of time "
                f"alone; leave {key} out, or ask for it in a study of its own"
            )
    if not study.model and not any(MODEL in variant.changes for variant in variants_of(study, source)):
        raise StudyError(f"{source.place(('timing',))}: timing: a model to time is missing; name it with the key model")
    for name, way in grid.ways.items():
        try:
            way.check(device_kind)
        except InputError as error:
            raise StudyError(f"{source.place(('timing', 'ways', name))}: timing.ways: {name!r} is {error}") from error


def _check_forms(study: Study, measured: Mapping[str, PlannedCost], source: YamlSource) -> None:
    """Refuse ways of running in a form that a measured model does not have."""
    ways = study.timing.grid.ways if study.timing and study.timing.grid else {}
    asking = next((name for name, way in ways.items() if way.form == "deployed"), None)
    lacking = next((cost.model for cost in measured.values() if not cost.config.has_deployed_form), None)
    if asking is not None and lacking is not None:
        raise StudyError(
            f"{source.place(('timing', 'ways', asking))}: timing.ways: {asking!r}: {lacking} has no deployed form; use "
            "form: trained"
        )


def _check_names(study: Study, names: Sequence[str], source: YamlSource) -> None:
    """Refuse a report or an accuracy part that speaks of variants which do not exist."""
    known = set(names)
    spoken: list[tuple[KeyPath, str]] = [(("report", "baseline"), study.report.baseline)]
    spoken += [(("report", "reported", index), row.variant) for index, row in enumerate(study.report.reported)]
    for variant, reference in study.report.against.items():
        spoken += [(("report", "against", variant), name) for name in (variant, reference)]
    spoken += [(("accuracy", "only"), name) for name in (study.accuracy.only if study.accuracy else ())]
    for key, name in spoken:
        if name and name not in known:
            raise StudyError(
                f"{source.place(key)}: {'.'.join(map(str, key))}: no variant is called {name!r}; "
                f"known: {', '.join(names)}"
            )


def _accuracy(
    study: Study,
    variants: Sequence[Variant],
    source: YamlSource,
    identify: Callable[[RunConfig], DataIdentity],
) -> tuple[dict[str, PlannedCost], tuple[PlannedRun, ...]]:
    """Costs of the trained models and their runs, variant by variant, seed by seed."""
    accuracy = study.accuracy
    if accuracy is None:
        return {}, ()
    costs = trained_models(accuracy, study.model, variants, source)
    changed = {part: ChangedConfigs(getattr(accuracy, part), source, prefix=f"{part}.") for part in OTHER_PARTS}
    recipes = Recipes(accuracy, source)
    runs: list[PlannedRun] = []
    homes: dict[str, str] = {}
    for variant in variants:
        parts = {part: configs.of(variant, variant.accuracy_changes(part)) for part, configs in changed.items()}
        training, cost = recipes.of(variant, costs[variant.name].model), costs[variant.name]
        config = RunConfig(model=cost.config, seed=study.seeds[0], training=training, **parts)
        _check_compatible(config, variant, source)
        runs += _of_all_seeds(config, variant.name, study.seeds, identify(config), homes)
    _check_same_images(runs[:: len(study.seeds)], source)
    return costs, tuple(runs)


def _of_all_seeds(
    config: RunConfig, variant: str, seeds: Sequence[int], data: DataIdentity, homes: dict[str, str]
) -> Iterator[PlannedRun]:
    """The runs of a variant, whose config is validated already.

    Args:
        homes: by signature the variant that has such a run first; is filled.
    """
    signed = SeedSignatures(config, data)
    for seed in seeds:
        trained, evaluated = signed.of(seed)
        yield PlannedRun(
            variant=variant,
            home=homes.setdefault(evaluated, variant),
            config=config.model_copy(update={"seed": seed}),
            train_signature=trained,
            evaluate_signature=evaluated,
        )


def _check_compatible(config: RunConfig, variant: Variant, source: YamlSource) -> None:
    """Refuse a run whose parts do not go together, at the variant's change that asked for it if there is one."""
    conflict = first_conflict(config)
    if conflict is None:
        return
    keys = [key.removeprefix("accuracy.") for key in conflict.keys]
    asked = [path for name, path in variant.places.items() if any(f"{name}.".startswith(f"{key}.") for key in keys)]
    place = source.place(asked[0] if asked else tuple(conflict.keys[-1].split(".")))
    raise StudyError(f"{place}: variant {variant.name!r}: {conflict}")


def _check_same_images(runs: Sequence[PlannedRun], source: YamlSource) -> None:
    """Differences of AP are taken image by image, so all variants must be evaluated on the same ones.

    Args:
        runs: one of each variant.
    """

    def images(run: PlannedRun) -> tuple[object, ...]:
        data, keypoints = run.config.data, run.config.model.keypoint_set
        return data.kind, getattr(data, "drawing", None), data.evaluation, run.config.evaluation.images, keypoints.name

    for run in runs:
        if images(run) != images(runs[0]):
            raise StudyError(
                f"{source.place(('vary',))}: variants {runs[0].variant!r} and {run.variant!r} would be evaluated on "
                "different images (data.evaluation, data.drawing or evaluation.images) or keypoints; make two studies "
                "of it"
            )


def _timing(study: Study, measured: Mapping[str, PlannedCost], device: str) -> PlannedTiming:
    assert study.timing is not None
    configs = tuple(cost.config for cost in measured.values())
    models = {cost.model for cost in measured.values()}
    settings, grid, explained = study.timing.settings, study.timing.grid, study.timing.explained_batch
    return PlannedTiming(
        model=models.pop() if len(models) == 1 else "",
        variants=tuple(measured),
        configs=configs,
        settings=settings,
        grid=grid,
        explained_batch=explained,
        signature=timing_signature(configs, settings, device, grid, explained_batch=explained),
    )
