"""Which networks a study's figures are of, in words: one model, or each variant's own, smaller to train or not."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gtpt_bench.models.gtpt.config import GTPTConfig
from gtpt_bench.models.sources import notes_on
from gtpt_bench.study.plan import EACH_ITS_OWN, Plan, PlannedCost
from gtpt_bench.training.peer_recipes import LEFT_OUT


def trained_column(plan: Plan) -> str:
    """Head of the column with the MACs of what is trained."""
    names = {cost.model for cost in plan.trained.values()}
    return f"{names.pop() if len(names) == 1 else 'trained network:'} MACs full (M)"


def other_network_sentences(plan: Plan) -> list[str]:
    """That what was trained is not what was measured, and what it is."""
    others = [name for name, cost in plan.trained.items() if _measured_config(plan, name) != cost.config]
    if not others:
        return []
    lines = []
    if plan.measured:
        lines.append(_not_measured(plan))
    if any(plan.trained[name].ahead for name in others):
        lines.append(f"Trained networks, smaller than published: {'; '.join(_networks(plan))}.")
    return lines


def remark_sentences(plan: Plan) -> list[str]:
    """What has to be said beside figures of these models, and of how the trained ones were trained."""
    costs = [*plan.measured.values(), *plan.trained.values()]
    peers = [cost.model for cost in costs if not isinstance(cost.config, GTPTConfig)]
    lines = [f"About {note}." for note in notes_on(peers)]
    families = dict.fromkeys(cost.config.family for cost in plan.trained.values())
    left_out = [f"{family} without {LEFT_OUT[family]}" for family in families if family in LEFT_OUT]
    return lines + ([f"Not trained in all as published: {'; '.join(left_out)}."] if left_out else [])


def _measured_config(plan: Plan, variant: str) -> Any:
    """The network that was measured; of a study that measures none, the catalogue's."""
    measured, trained = plan.measured.get(variant), plan.trained[variant]
    if measured:
        return measured.config
    return None if trained.ahead else trained.config


def _not_measured(plan: Plan) -> str:
    trained, measured = plan.trained_model, plan.measured_model
    if EACH_ITS_OWN in (trained, measured):
        return "AP is that of other networks than those whose cost stands beside it."
    if trained == measured:
        return f"AP is that of a smaller {trained} than the one whose cost stands beside it."
    return f"AP is that of {trained}, not of {measured} whose cost stands beside it."


def _networks(plan: Plan) -> list[str]:
    """Each network once, with its changes, and after several the variants that it is of."""
    variants: dict[str, list[str]] = {}
    for name, cost in plan.trained.items():
        variants.setdefault(_network(cost), []).append(name)
    if len(variants) == 1:
        return list(variants)
    return [f"{words} ({', '.join(names)})" for words, names in variants.items()]


def _network(cost: PlannedCost) -> str:
    changes = ", ".join(_settings(cost.ahead))
    return f"{cost.model} with {changes}" if changes else cost.model


def _settings(changes: Mapping[str, Any], prefix: str = "") -> list[str]:
    """`width 96`; of a mapping each value by its dotted key."""
    found = []
    for key, value in changes.items():
        name = f"{prefix}{key}"
        found += _settings(value, f"{name}.") if isinstance(value, Mapping) else [f"{name} {value}"]
    return found
