"""Do the parts of a GTPT fit each other? Each check names the keys that clash and values that would do.

Torch-free and called when a config is made, so that an impossible variant is refused when the plan is.
"""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING, Literal

from gtpt_bench.models.gtpt.fine_layers import FineLayers
from gtpt_bench.models.gtpt.grouping.gate import ChannelGate
from gtpt_bench.models.gtpt.pruning.config import NUM_STAGES, kept
from gtpt_bench.models.gtpt.schedule import phase_at

if TYPE_CHECKING:
    from gtpt_bench.models.gtpt.config import GTPTConfig


def check_parts(config: GTPTConfig) -> None:
    """Refuse an impossible combination.

    Raises:
        ValueError: in one line, with both keys and values that would do.
    """
    for check in (
        _check_depths,
        _check_heads,
        _check_input_size,
        _check_groups,
        _check_introduction,
        _check_ranking,
        _check_rates,
        _check_full_pass,
        _check_slots,
        _check_score,
        _check_initialisation,
    ):
        check(config)


def _check_depths(config: GTPTConfig) -> None:
    if min(config.stage_depths) < 1:
        raise ValueError(f"stage_depths: every stage needs at least one layer, got {list(config.stage_depths)}")


def _check_heads(config: GTPTConfig) -> None:
    if config.width % config.heads:
        fitting = [heads for heads in range(1, config.width + 1) if config.width % heads == 0]
        near = sorted(sorted(fitting, key=lambda heads: abs(heads - config.heads))[:4])
        raise ValueError(
            f"width {config.width} cannot be cut in {config.heads} heads: not divisible; heads that would do: "
            f"{', '.join(map(str, near))}"
        )
    gate = config.channel_gate
    if gate is not None and gate.reduction > config.width:
        raise ValueError(
            f"channel_gate.reduction {gate.reduction} leaves no hidden channel of width {config.width}; "
            f"use at most {config.width}"
        )


def _check_input_size(config: GTPTConfig) -> None:
    if min(config.input_size) < 1 or min(config.patch_size) < 1:
        raise ValueError("input_size and patch_size must be positive")
    stride, deepest = config.tokenizer.stride, config.tokenizer.deepest_stride
    for name in ("height", "width"):
        length, unit = getattr(config.input_size, name), stride * getattr(config.patch_size, name)
        if length % unit or length % deepest:
            fitting = [near for near in range(1, 2 * length + unit + deepest) if not (near % unit or near % deepest)]
            near = sorted(fitting, key=lambda found: abs(found - length))[:2]
            raise ValueError(
                f"input_size: {name} {length} must be a multiple of {unit} (stride {stride} x patch_size) "
                f"and of {deepest} (stride of tokenizer {config.tokenizer.kind}); "
                f"nearest: {', '.join(map(str, sorted(near)))}"
            )


def _check_groups(config: GTPTConfig) -> None:
    if config.groups:
        return
    if config.fine_layers != FineLayers():
        changed = [
            name for name in FineLayers.model_fields if getattr(config.fine_layers, name) != getattr(FineLayers(), name)
        ]
        raise ValueError(
            f"fine_layers.{changed[0]} changes the layers of groups, but with grouping off there are none; "
            "leave it out, or use grouping one to keep a single group"
        )
    if config.channel_gate not in (None, ChannelGate()):
        raise ValueError(
            "channel_gate gates the copies that groups get, but with grouping off there are none; leave it out, or use "
            "grouping one to keep a single group"
        )
    if config.split_point != "before_fine_layers":
        raise ValueError(
            f"split_point {config.split_point} moves the split, but with grouping off there is none; "
            "leave it out, or use grouping one to keep a single group"
        )


def _check_introduction(config: GTPTConfig) -> None:
    config.introduction.check(config.keypoint_set, config.layout)


def _check_ranking(config: GTPTConfig) -> None:
    """At the split each group needs a token that stands for one of its keypoints, to rank image tokens for it."""
    if not config.pruning.score.asks_keypoints:
        return
    scopes = phase_at(config.phases, config.num_mhsa_layers - 1, after_attention=False).scopes
    standing = {keypoint for scope in scopes for keypoint in scope}
    for group in config.groups:
        if standing.isdisjoint(group.keypoints):
            raise ValueError(
                f"grouping: group {group.name!r} has only dense keypoints, and with introduction.dense_tokens learned "
                "no token stands for them before the split, so nothing could rank its image tokens; put a sparse "
                "keypoint in it, or use dense_tokens part_add, part_scale or part_sigmoid_scale"
            )


def _check_rates(config: GTPTConfig) -> None:
    rates, depths, num_layers = config.pruning.keep_rates, list(config.stage_depths), config.num_layers
    if len(rates) not in (NUM_STAGES, num_layers):
        raise ValueError(
            f"pruning.keep_rates has {len(rates)} rates; stage_depths {depths} take {NUM_STAGES} (one a stage) "
            f"or {num_layers} (one a layer)"
        )
    if config.groups and config.split_point == "before_fine_layers":
        for key in ("keep_rates", "full_pass_keep_rates"):
            _check_last_coarse_layer(config, key)


def _check_last_coarse_layer(config: GTPTConfig, key: Literal["keep_rates", "full_pass_keep_rates"]) -> None:
    rates: tuple[float, ...] = getattr(config.pruning, key)
    by_layer, last = config.pruning.layer_rates(config.stage_depths, rates), config.num_coarse_layers - 1
    before = by_layer[last - 1]
    if by_layer[last] != before:  # even if truncation hides it: keep rates that warm up would show it
        hint = (
            "give the second stage at least two layers"
            if len(rates) == NUM_STAGES
            else f"change the rate in layer {last - 1} or before, or in layer {last + 1}, which is the split"
        )
        raise ValueError(
            f"pruning.{key} falls from {before:g} to {by_layer[last]:g} in layer {last}, the last coarse layer of "
            f"stage_depths {list(config.stage_depths)}, but the split ranks image tokens by the attention of that "
            f"layer; {hint}"
        )


def _check_full_pass(config: GTPTConfig) -> None:
    """The full pass must not know less than the pruned pass that learns from it."""
    pruning, depths = config.pruning, config.stage_depths
    pruned, full = (pruning.layer_rates(depths, rates) for rates in (pruning.keep_rates, pruning.full_pass_keep_rates))
    if min(pruned) == 1:  # there is no second pass
        return
    for layer, (fewer, more) in enumerate(zip(pruned, full, strict=True)):
        if kept(config.num_image_tokens, more) < kept(config.num_image_tokens, fewer):
            raise ValueError(
                f"pruning.full_pass_keep_rates keeps {more:g} in layer {layer}, less than the {fewer:g} of "
                f"pruning.keep_rates there, which learn from it; use at least {fewer:g}"
            )


def _check_slots(config: GTPTConfig) -> None:
    """Each layer needs an image token, and after the split a slot for each dense token of every group."""
    num_image, by_layer = config.num_image_tokens, config.pruning.layer_rates(config.stage_depths)
    full = config.pruning.layer_rates(config.stage_depths, config.pruning.full_pass_keep_rates)
    largest = max(config.groups, key=lambda group: len(group.dense), default=None)
    for key, rates in (("keep_rates", by_layer), ("full_pass_keep_rates", full)):
        for layer, keep_rate in enumerate(rates):
            if layer not in (0, config.num_coarse_layers) and keep_rate == rates[layer - 1]:
                continue  # as in the layer before
            slots = kept(num_image, keep_rate)
            dense = len(largest.dense) if largest and layer >= config.num_coarse_layers else 0
            fused = config.pruning.dropped.spare if keep_rate < 1 or dense else 0
            needed = max(1, dense + fused)
            if slots < needed:
                why = f"group {largest.name!r} needs {needed}" if largest and dense else f"a layer needs {needed}"
                of_what = f" for the dense tokens of keypoints {config.keypoint_set.name}" if dense else ""
                raise ValueError(
                    f"pruning.{key}: {keep_rate:g} of {num_image} image tokens leaves {slots} slots in layer {layer}, "
                    f"but {why}{of_what}; use {remedy(needed, num_image, keep_rate)}"
                )


def remedy(needed: int, num_image: int, keep_rate: float) -> str:
    """What would keep enough tokens: a higher rate, if any is high enough, or more image tokens."""
    rate = f"at least {sufficient_rate(needed, num_image):g} there, or " if needed <= num_image else ""
    return (
        f"{rate}input_size and patch_size that give at least {sufficient_tokens(needed, keep_rate)} image tokens "
        f"instead of {num_image}"
    )


def sufficient_rate(needed: int, num_image: int) -> float:
    """The least keep rate in thousandths that keeps `needed` of the image tokens, truncation considered."""
    return next(rate for rate in (t / 1000 for t in count(1)) if kept(num_image, rate) >= needed)


def sufficient_tokens(needed: int, keep_rate: float) -> int:
    """The least number of image tokens of which a keep rate keeps `needed`, truncation considered."""
    return next(tokens for tokens in count(needed) if kept(tokens, keep_rate) >= needed)


def _check_score(config: GTPTConfig) -> None:
    if config.pruning.selection.learns and not config.pruning.score.can_learn:
        raise ValueError(
            f"pruning.selection {config.pruning.selection.kind} learns through scores, but pruning.score "
            f"{config.pruning.score.kind} has none to learn; use another score, or selection topk"
        )
    if config.pruning.score.needs_human and not config.phases[0].human:
        of_body = "human_sparse, human_sparse_keep_human or human_parts_sparse"
        with_human = "human_sparse_dense" if config.keypoint_set.dense_parts else of_body
        raise ValueError(
            f"pruning.score {config.pruning.score.kind} asks the human token, but introduction "
            f"{config.introduction.kind} has none; use introduction {with_human}, or pruning.score softmax_pool"
        )


def _check_initialisation(config: GTPTConfig) -> None:
    start = config.initialisation
    dense = getattr(config.introduction, "dense_tokens", None)
    if start.part_tokens == "joints" and (dense is None or not dense.has_parts):
        raise ValueError(
            f"initialisation.part_tokens joints starts part tokens, but introduction {config.introduction.kind} has "
            "none here; use human_sparse_dense or sparse_dense with dense_tokens other than learned"
        )
