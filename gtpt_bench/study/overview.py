"""A plan for people and programs: each variant's closed-form cost and tokens, what is done and what is not."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import groupby
from typing import Any

from gtpt_bench.models.catalogue import ModelConfig
from gtpt_bench.models.gtpt.closed_form import gtpt_cost
from gtpt_bench.models.gtpt.tokens import GroupTokens
from gtpt_bench.study.forecast import Forecast
from gtpt_bench.study.plan import Plan, PlannedTiming
from gtpt_bench.study.sensitivity import sensitivity_sentences
from gtpt_bench.study.state import Status


def overview_columns() -> tuple[str, ...]:
    return (
        "variant",
        "model",
        "params",
        "MACs full",
        "MACs attention",
        "MACs thop",
        "image tokens a layer",
        "trained",
        "its MACs full",
        "its tokens a layer",
    )


def overview_rows(plan: Plan) -> list[tuple[str, ...]]:
    """A row a variant, cells as text; the measured model, or the trained one where none is measured."""
    return [
        (
            variant,
            model,
            f"{cost.params:,}",
            *(f"{macs:,}" for macs in (cost.full, cost.attention, cost.thop)),
            layers_in_words(config),
            trained_as(plan, variant),
            *trained_cost(plan, variant),
        )
        for variant in plan.variants
        for model, config in [model_of(plan, variant)]
        for cost in [gtpt_cost(config)]
    ]


def model_of(plan: Plan, variant: str) -> tuple[str, ModelConfig]:
    cost = plan.measured.get(variant) or plan.trained[variant]
    return cost.model, cost.config


def trained_as(plan: Plan, variant: str) -> str:
    """How often and as which model a variant is trained."""
    runs = [run for run in plan.runs if run.variant == variant]
    return f"{plan.trained[variant].model}, {len(runs)} seed(s)" if runs else "no"


def stage_tokens(config: ModelConfig) -> tuple[int, ...]:
    """Image-token slots at the end of each of the four stages."""
    ends, last = [], 0
    for depth in config.stage_depths:
        last += depth
        ends.append(config.schedule.image_slots[last - 1])
    return tuple(ends)


def trained_cost(plan: Plan, variant: str) -> tuple[str, str]:
    """MACs and tokens of the model that is trained, where it is another one than the measured."""
    trained, measured = plan.trained.get(variant), plan.measured.get(variant)
    if trained is None or measured is None or trained.config == measured.config:
        return "", ""
    return f"{gtpt_cost(trained.config).full:,}", layers_in_words(trained.config)


def layers_in_words(config: ModelConfig) -> str:
    """Image-token slots at the end of each layer, equal neighbours together: `256x3 179x3 76x3 25x3`."""
    runs = [(slots, len(list(same))) for slots, same in groupby(config.schedule.image_slots)]
    return " ".join(f"{slots}x{length}" for slots, length in runs)


def layers_as_json(config: ModelConfig) -> list[dict[str, Any]]:
    """Of each layer, the tokens that attend and those left for its feed-forward net, a group each."""

    def tokens(groups: Sequence[GroupTokens]) -> list[dict[str, int]]:
        return [{"keypoints": g.keypoints, "dense": g.dense, "image": g.image} for g in groups]

    return [
        {"attention": tokens(layer.attention), "keys": list(layer.keys), "feed_forward": tokens(layer.feed_forward)}
        for layer in config.schedule.layers
    ]


def plan_summary(plan: Plan, status: Sequence[Status], expected: Forecast) -> list[str]:
    """A few lines under the table: the state of the parts and how long training will take."""
    counts = Counter(s.state for s in status)
    parts = ", ".join(f"{count} {state}" for state, count in counts.items())
    timing = f"; time of {plan.timing.words}, interleaved{_session(plan.timing)}" if plan.timing else ""
    return [
        f"{len(plan.distinct_runs)} training run(s), cost of {len(plan.costs)} model(s){timing}: {parts}",
        *([_in_words(expected)] if plan.runs else []),
        *sensitivity_sentences(plan),
        *(
            f"{run.variant} is the same run as {run.home}, which is trained once for both"
            for run in plan.runs
            if run.variant != run.home and run.seed == plan.study.seeds[0]
        ),
    ]


def _session(timing: PlannedTiming) -> str:
    """How long a session may take, where the study says."""
    limit = timing.grid.session_s if timing.grid else None
    return f", {duration(limit)} at most" if limit else ""


def _in_words(expected: Forecast) -> str:
    if expected.seconds is None:
        return "training time: unknown until a first run has counted the people of this data set"
    if expected.seconds == 0:
        return "training time: nothing left to train"
    basis = "rate of the finished runs here" if expected.measured else "a guess, no run has finished here yet"
    return f"training time: about {duration(expected.seconds)} ({basis})"


def duration(seconds: float) -> str:
    """`40 s`, `12 min`, `5 h`, `3 days`."""
    for unit, length in (("days", 86400), ("h", 3600), ("min", 60)):
        if seconds >= 2 * length:
            return f"{seconds / length:.0f} {unit}"
    return f"{seconds:.0f} s"


def plan_as_json(plan: Plan, status: Sequence[Status]) -> dict[str, Any]:
    variants = {}
    for variant in plan.variants:
        model, config = model_of(plan, variant)
        cost = gtpt_cost(config)
        variants[variant] = {
            "model": model,
            "params": cost.params,
            "macs": cost.macs(),
            "image_slots": list(config.schedule.image_slots),
            "layers": layers_as_json(config),
        }
        if variant in plan.trained:
            trained = plan.trained[variant]
            variants[variant]["trained"] = {
                "model": trained.model,
                "params": gtpt_cost(trained.config).params,
                "macs": gtpt_cost(trained.config).macs(),
                "image_slots": list(trained.config.schedule.image_slots),
            }
    runs = [{"variant": r.variant, "seed": r.seed, "folder": r.folder, "train": r.train_signature} for r in plan.runs]
    return {
        "study": plan.study.study,
        "profile": plan.profile,
        "variants": variants,
        "runs": runs,
        "status": [{"part": s.part, "state": s.state, "words": s.words} for s in status],
    }
