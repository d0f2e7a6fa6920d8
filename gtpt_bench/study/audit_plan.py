"""The plan of an audit: models of the catalogue, what was published of them, what is counted besides. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from gtpt_bench.config import cost_signature
from gtpt_bench.errors import InputError, StudyError
from gtpt_bench.frozen import signature
from gtpt_bench.models.catalogue import ModelConfig, list_models, model_config
from gtpt_bench.models.gtpt.config import GTPTConfig
from gtpt_bench.models.peers.token_config import TokenConfig
from gtpt_bench.study.changed_configs import ChangedConfigs
from gtpt_bench.study.changes import changes_of, with_changes
from gtpt_bench.study.claims import claims_of
from gtpt_bench.study.plan import PlannedAudit, PlannedCost
from gtpt_bench.study.printed import Printed, printed_rows
from gtpt_bench.study.spec import Audit, AuditedModel, Study
from gtpt_bench.study.variants import Variant
from gtpt_bench.study.yaml_source import KeyPath, YamlSource

ELSEWHERE = ("model", "accuracy", "vary", "seeds", "report")
"""Keys of a study that an audit has no use for."""


def audited_models(study: Study, audit: Audit, source: YamlSource) -> dict[str, PlannedCost]:
    """Cost of each row, which is a variant of its name.

    Raises:
        StudyError: an unknown model, an impossible change, or keys of another kind of study.
    """
    _check_keys(study, source)
    rows = audit.models or tuple(AuditedModel(name=name, model=name) for name in list_models())
    names = [row.name for row in rows]
    for place, name in enumerate(names):
        if name in names[:place]:
            raise StudyError(
                f"{source.place(('audit', 'models', place))}: audit.models.{place}: two rows are called {name!r}; give "
                f"one a name of its own: {{a name: {{model: {rows[place].model}, changes: …}}}}"
            )
    for place, name in enumerate(audit.counted_only):
        if name not in names:
            raise StudyError(
                f"{source.place(('audit', 'counted_only', place))}: audit.counted_only.{place}: no row is called "
                f"{name!r}; known: {', '.join(names)}"
            )
    configs = [_config(row, source, place) for place, row in enumerate(rows)]
    return {
        row.name: _cost(row.model, config, empty=config.counted_only or row.name in audit.counted_only)
        for row, config in zip(rows, configs, strict=True)
    }


def planned_audit(study: Study, audit: Audit, costs: Mapping[str, PlannedCost], source: YamlSource) -> PlannedAudit:
    """What belongs beside these costs. Only an audit without times asks what pruning saves.

    Raises:
        StudyError: a reference file is missing or wrong.
    """
    file = Path(source.name)
    rows = printed_rows(audit.published, list_models(), file)
    published = tuple(_of_rows(rows, costs))
    dense = {} if study.timing else {name: keeping_all_tokens(cost.config) for name, cost in costs.items()}
    return PlannedAudit(
        dense={name: _cost(costs[name].model, config) for name, config in dense.items() if config is not None},
        counted_as={row.counted_as: _counted_as(row, costs[row.variant]) for row in published if row.counts},
        published=published,
        not_hosted=tuple(row for row in rows if not row.model),
        claims=claims_of(audit.claims, list_models(), file),
    )


def keeping_all_tokens(config: ModelConfig) -> ModelConfig | None:
    """The same model without pruning; None for one that keeps all tokens anyway."""
    if all(left == config.num_image_tokens for left in config.tokens_a_layer):
        return None
    if isinstance(config, GTPTConfig):
        return config.changed({"pruning.keep_rates": [1.0] * len(config.pruning.keep_rates)})
    assert isinstance(config, TokenConfig), f"{type(config).__name__} prunes in a way that nobody can undo"
    return config.changed({"pruning.schedule": {"kind": "at_layers", "shares": []}})


def _check_keys(study: Study, source: YamlSource) -> None:
    needless = [key for key in ELSEWHERE if getattr(study, key) != Study.model_fields[key].default]
    if needless:
        raise StudyError(
            f"{source.place((needless[0],))}: {needless[0]}: an audit counts models of the catalogue, which its key "
            f"models may change; leave {' and '.join(needless)} out"
        )
    if study.timing and study.timing.grid:
        raise StudyError(
            f"{source.place(('timing',))}: timing: an audit times one image and one batch; leave batches and ways out, "
            "or ask for them in a study of one model"
        )


def _config(row: AuditedModel, source: YamlSource, place: int) -> ModelConfig:
    where: KeyPath = ("audit", "models", place)
    try:
        config = model_config(row.model)
    except InputError as error:
        raise StudyError(f"{source.place(where)}: {'.'.join(map(str, where))}: {error}") from error
    own = Variant(row.name, row.changes, {key: (*where, row.name, "changes", key) for key in row.changes})
    return ChangedConfigs(config, source, of=row.model).of(own, own.changes)


def _of_rows(rows: Sequence[Printed], costs: Mapping[str, PlannedCost]) -> Iterator[Printed]:
    """What is published of each model; a changed one is another network, of which nothing is."""
    for row in rows:
        for name, cost in costs.items():
            if cost.model == row.model and cost.config == model_config(row.model):
                yield row.model_copy(update={"variant": name})


def _counted_as(row: Printed, cost: PlannedCost) -> PlannedCost:
    option = f"{row.file}: method {row.method!r}: counts"
    changes = changes_of([text.strip() for text in row.counts.split(";")], option)
    return _cost(row.model, with_changes(cost.config, changes, option), empty=cost.empty)


def _cost(model: str, config: ModelConfig, *, empty: bool = False) -> PlannedCost:
    """Counted by everyone: what its record holds, no record of other studies does."""
    signed = signature(cost_signature(config), "cross-checked", *(["empty"] if empty else []))
    return PlannedCost(model=model, config=config, signature=signed, cross_checked=True, empty=empty)
