"""A plan for people and programs: each variant's closed-form cost and tokens, what is done and what is not."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import groupby
from typing import Any

from gtpt_bench.models.catalogue import ModelConfig
from gtpt_bench.models.gtpt.config import GTPTConfig
from gtpt_bench.models.gtpt.tokens import GroupTokens
from gtpt_bench.shown import NONE
from gtpt_bench.study.forecast import Forecast, measuring_s
from gtpt_bench.study.plan import Plan, PlannedCost, PlannedTiming
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
            planned.model,
            f"{cost.params:,}",
            *(f"{macs[name]:,}" if name in macs else NONE for name in ("full", "attention", "thop")),
            layers_in_words(planned.config),
            trained_as(plan, variant),
            *trained_cost(plan, variant),
        )
        for variant in plan.variants
        for planned in [plan.shown(variant)]
        for cost, macs in [(planned.config.cost, planned.config.planned_macs)]
    ]


def trained_as(plan: Plan, variant: str) -> str:
    """How often and as which model a variant is trained."""
    runs = plan.runs_by_variant.get(variant)
    return f"{plan.trained[variant].model}, {counted(len(runs), 'seed')}" if runs else "no"


def trained_cost(plan: Plan, variant: str) -> tuple[str, str]:
    """MACs and tokens of the model that is trained, where it is another one than the measured."""
    trained, measured = plan.trained.get(variant), plan.measured.get(variant)
    if trained is None or measured is None or trained.config == measured.config:
        return "", ""
    return f"{trained.config.cost.full:,}", layers_in_words(trained.config)


def layers_in_words(config: ModelConfig) -> str:
    """Image-token slots at the end of each layer, equal neighbours together: `256x3 179x3 76x3 25x3`."""
    runs = [(slots, len(list(same))) for slots, same in groupby(config.tokens_a_layer)]
    return " ".join(f"{slots}x{length}" for slots, length in runs)


def layers_as_json(config: ModelConfig) -> list[dict[str, Any]]:
    """Of each layer of a GTPT, the tokens that attend and those left for its feed-forward net, a group each."""
    if not isinstance(config, GTPTConfig):
        return []

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
    runs = f"{counted(len(plan.distinct_runs), 'training run')}, " if plan.runs else ""
    return [
        f"{runs}cost of {counted(len(plan.costs), 'model')}{timing}: {parts}",
        *_measuring(plan, status),
        *([_in_words(expected)] if plan.runs else []),
        *_not_known_yet(plan),
        *sensitivity_sentences(plan),
        *(
            f"{run.variant} is the same run as {run.home}, which is trained once for both"
            for run in plan.runs
            if run.variant != run.home and run.seed == plan.study.seeds[0]
        ),
    ]


def counted(number: int, noun: str) -> str:
    """`1 model`, `2 models`."""
    return f"{number} {noun}{'' if number == 1 else 's'}"


def _measuring(plan: Plan, status: Sequence[Status]) -> list[str]:
    """How long cost and time take; nothing where both are there."""
    left = [one.part for one in status if one.state != "done" and not one.is_of_run]
    num_costs = sum(part.startswith("cost of ") for part in left)
    seconds = measuring_s(plan, num_costs=num_costs, is_timed=num_costs == len(left))
    what = " and ".join(word for word, is_left in (("cost", num_costs), ("time", num_costs < len(left))) if is_left)
    return [f"{what}: about {duration(seconds)} to measure (a guess from a CPU of 2 cores)"] if left else []


def _not_known_yet(plan: Plan) -> list[str]:
    lacking = any("thop" not in plan.shown(variant).config.planned_macs for variant in plan.variants)
    return [f"MACs thop {NONE}: known once the model is counted, since it needs the whole trace"] if lacking else []


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
        shown = plan.shown(variant)
        variants[variant] = {**_cost_as_json(shown), "layers": layers_as_json(shown.config)}
        if variant in plan.trained:
            variants[variant]["trained"] = _cost_as_json(plan.trained[variant])
    runs = [{"variant": r.variant, "seed": r.seed, "folder": r.folder, "train": r.train_signature} for r in plan.runs]
    return {
        "study": plan.study.study,
        "profile": plan.profile,
        "variants": variants,
        "runs": runs,
        "status": [{"part": s.part, "state": s.state, "words": s.words} for s in status],
    }


def _cost_as_json(planned: PlannedCost) -> dict[str, Any]:
    return {
        "model": planned.model,
        "params": planned.config.cost.params,
        "macs": planned.config.planned_macs,
        "image_slots": list(planned.config.tokens_a_layer),
    }
