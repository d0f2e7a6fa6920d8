"""The plan of an audit: models of the catalogue as they are, and each again keeping all its tokens. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from gtpt_bench.config import cost_signature
from gtpt_bench.errors import InputError, StudyError
from gtpt_bench.frozen import signature
from gtpt_bench.models.catalogue import ModelConfig, list_models, model_config
from gtpt_bench.study.plan import PlannedAudit, PlannedCost
from gtpt_bench.study.reported import printed_costs
from gtpt_bench.study.spec import Audit, Study
from gtpt_bench.study.yaml_source import YamlSource

ELSEWHERE = ("model", "accuracy", "vary", "seeds", "timing", "report")
"""Keys of a study that an audit has no use for."""


def audited_models(study: Study, audit: Audit, source: YamlSource) -> dict[str, PlannedCost]:
    """Cost of each model, which is a variant of its own name.

    Raises:
        StudyError: an unknown model, or keys of another kind of study.
    """
    needless = [key for key in ELSEWHERE if getattr(study, key) != Study.model_fields[key].default]
    if needless:
        raise StudyError(
            f"{source.place((needless[0],))}: {needless[0]}: an audit counts models of the catalogue as they are; "
            f"leave {' and '.join(needless)} out"
        )
    return {name: _cost(name, _named(name, source, place)) for place, name in enumerate(audit.models or list_models())}


def planned_audit(audit: Audit, costs: dict[str, PlannedCost], source: YamlSource) -> PlannedAudit:
    """What belongs beside these costs.

    Raises:
        StudyError: a reference file is missing or wrong.
    """
    dense = {name: keeping_all_tokens(cost.config) for name, cost in costs.items()}
    rows = printed_costs(audit.published, list_models(), Path(source.name))
    return PlannedAudit(
        dense={name: _cost(name, config) for name, config in dense.items() if config is not None},
        published=tuple(row for row in rows if row.model in costs),
    )


def keeping_all_tokens(config: ModelConfig) -> ModelConfig | None:
    """The same model without pruning; None for one that keeps all tokens anyway."""
    rates: Sequence[float] = getattr(getattr(config, "pruning", None), "keep_rates", ())
    if all(rate == 1 for rate in rates):
        return None
    return config.changed({"pruning.keep_rates": [1.0] * len(rates)})


def _named(name: str, source: YamlSource, place: int) -> ModelConfig:
    try:
        return model_config(name)
    except InputError as error:
        raise StudyError(f"{source.place(('audit', 'models', place))}: audit.models.{place}: {error}") from error


def _cost(model: str, config: ModelConfig) -> PlannedCost:
    """Counted by everyone: what its record holds, no record of other studies does."""
    signed = signature(cost_signature(config), "cross-checked")
    return PlannedCost(model=model, config=config, signature=signed, cross_checked=True)
