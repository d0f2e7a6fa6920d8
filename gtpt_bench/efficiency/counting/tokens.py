"""How many tokens enter and leave each stage and layer of a GTPT, all groups together, by its schedule. Torch-free."""

from __future__ import annotations

from typing import NamedTuple

from gtpt_bench.models.gtpt.closed_form import num_tokens
from gtpt_bench.models.gtpt.config import GTPTConfig
from gtpt_bench.models.gtpt.stages import stage_of_layer


class TokensThrough(NamedTuple):
    """Tokens of all groups; `before` is None for what is given pixels."""

    before: int | None
    after: int


def tokens_of_stages(config: GTPTConfig) -> dict[str, TokensThrough]:
    """By stage: a stage of layers starts with what its first attention works on and ends with what its last
    feed-forward net gives; keypoint tokens that enter in between count.
    """
    schedule, keypoints = config.schedule, len(config.keypoint_set)
    through = {"tokenizer": TokensThrough(None, config.num_image_tokens), "head": TokensThrough(keypoints, keypoints)}
    for place, layer in enumerate(schedule.layers):
        stage, entering, leaving = (
            stage_of_layer(config, place),
            num_tokens(layer.attention),
            num_tokens(layer.feed_forward),
        )
        through[stage] = TokensThrough(through[stage].before if stage in through else entering, leaving)
    if schedule.split:
        last = schedule.coarse[-1]
        entering = num_tokens(last.attention if last.splits else last.feed_forward)
        through["split"] = TokensThrough(entering, num_tokens(schedule.split))
    return through


def tokens_of_module(config: GTPTConfig, path: str) -> TokensThrough | None:
    """Of an encoder layer or a part of one; None for any other module.

    Args:
        path: such as `coarse.layers.3.attention.qkv`.
    """
    encoder, kind, place, half = (*path.split("."), "", "", "", "")[:4]
    if encoder not in ("coarse", "fine") or kind != "layers" or not place:
        return None
    layers = config.schedule.coarse if encoder == "coarse" else config.schedule.fine
    entering, leaving = num_tokens(layers[int(place)].attention), num_tokens(layers[int(place)].feed_forward)
    if not half:
        return TokensThrough(entering, leaving)
    tokens = entering if half.startswith("attention") else leaving
    return TokensThrough(tokens, tokens)
