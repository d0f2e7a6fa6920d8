"""Key names of the released weight files, translated to ours. Source: spec/gtpt.md §13.

A file holds two copies of everything: the online weights and, with `ema_` before the first component, their
moving average, which the authors evaluate.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Literal

from torch import Tensor

from gtpt_bench.errors import WeightsError

_RENAMED = tuple(
    (re.compile(pattern), ours)
    for pattern, ours in (
        (r"features\.human_token", "tokens.human_token"),
        (r"features\.keypoint_token", "tokens.body_tokens"),
        (r"features\.extra_token", "tokens.part_tokens"),
        (r"features\.fine_keypoint_token", "tokens.dense_tokens.embedding"),
        (r"features\.pos_embedding", "position"),
        (r"features\.stem\.conv1\.(.+)", r"tokenizer.features.first.\1"),
        (r"features\.stem\.layer\.(\d+)\.branch1\.(.+)", r"tokenizer.features.stage.\1.shortcut.\2"),
        (r"features\.stem\.layer\.(\d+)\.branch2\.(.+)", r"tokenizer.features.stage.\1.main.\2"),
        (r"features\.stem\.down_layer1\.(\d+)\.branch1\.(.+)", r"tokenizer.features.down4.\1.shortcut.\2"),
        (r"features\.stem\.down_layer1\.(\d+)\.branch2\.(.+)", r"tokenizer.features.down4.\1.main.\2"),
        (r"features\.stem\.down_layer2\.(\d+)\.branch1\.(.+)", r"tokenizer.features.down8.\1.shortcut.\2"),
        (r"features\.stem\.down_layer2\.(\d+)\.branch2\.(.+)", r"tokenizer.features.down8.\1.main.\2"),
        (r"features\.stem\.down_layer3\.(\d+)\.branch1\.(.+)", r"tokenizer.features.down16.\1.shortcut.\2"),
        (r"features\.stem\.down_layer3\.(\d+)\.branch2\.(.+)", r"tokenizer.features.down16.\1.main.\2"),
        (r"features\.stem\.upsample1\.(.+)", r"tokenizer.features.up8.up.\1"),
        (r"features\.stem\.upsample2\.(.+)", r"tokenizer.features.up4.up.\1"),
        (r"features\.stem\.up_layer1\.0\.(.+)", r"tokenizer.features.up8.join.\1"),
        (r"features\.stem\.up_layer2\.0\.(.+)", r"tokenizer.features.up4.join.\1"),
        (r"features\.stem\.up_layer1\.1\.branch2\.(.+)", r"tokenizer.features.up8.units.0.main.\1"),
        (r"features\.stem\.up_layer1\.2\.branch2\.(.+)", r"tokenizer.features.up8.units.1.main.\1"),
        (r"features\.stem\.up_layer2\.1\.branch2\.(.+)", r"tokenizer.features.up4.units.0.main.\1"),
        (r"features\.stem\.up_layer2\.2\.branch2\.(.+)", r"tokenizer.features.up4.units.1.main.\1"),
        (r"features\.patch2emb_norm\.(.+)", r"tokenizer.patches.norm.\1"),
        (r"features\.patch2emb_mlp\.(.+)", r"tokenizer.patches.projection.\1"),
        (r"features\.transformer\.group_mask\.0\.(.+)", r"fine.split.gate.reduce.\1"),
        (r"features\.transformer\.group_mask\.2\.(.+)", r"fine.split.gate.expand.\1"),
        (r"features\.transformer\.layers\.(\d+)\.(.+)", r"coarse.layers.\1.\2"),
        (r"features\.transformer\.group_layers\.(\d+)\.(.+)", r"fine.layers.\1.\2"),
        (r"mlp_head_([xy])\.(.+)", r"head.\1.\2"),
    )
)

_RENAMED_IN_LAYER = (
    (".0.fn.norm.", ".attention_norm."),
    (".0.fn.fn.to_qkv.", ".attention.qkv."),
    (".0.fn.fn.to_out.0.", ".attention.out."),
    (".1.fn.norm.", ".feed_forward_norm."),
    (".1.fn.fn.net.0.", ".feed_forward.0."),
    (".1.fn.fn.net.3.", ".feed_forward.2."),
)

_MASK = re.compile(r"features\.transformer\.group_layers\.\d+\.0\.fn\.fn\.mask")
"""Hides the dummy token, which does not exist here (spec/gtpt.md §9.2, §9.4)."""


def our_key(official: str) -> str | None:
    """Our name of an online key; None where we have no such tensor. Raises KeyError for a name never released."""
    if _MASK.fullmatch(official):
        return None
    for pattern, ours in _RENAMED:
        match = pattern.fullmatch(official)
        if match:
            key = match.expand(ours)
            for theirs, our_name in _RENAMED_IN_LAYER:
                key = key.replace(theirs, our_name)
            return key
    raise KeyError(official)


def is_official(key: str) -> bool:
    """Whether a released file has such a key, of either copy."""
    try:
        our_key(key.removeprefix("ema_"))
    except KeyError:
        return False
    return True


def from_official(state: Mapping[str, Tensor], *, twin: Literal["ema", "online"], source: str) -> dict[str, Tensor]:
    """One copy of the weights under our names.

    Raises:
        WeightsError: the copy is not in the file, or a key belongs to no released GTPT.
    """
    ours, strangers = {}, []
    for key, tensor in state.items():
        of_twin = "ema" if key.startswith("ema_") else "online"
        try:
            name = our_key(key.removeprefix("ema_"))
        except KeyError:
            strangers.append(key)
            continue
        if of_twin == twin and name is not None:
            ours[name] = tensor
    if strangers:
        more = f" and {len(strangers) - 5} more" if len(strangers) > 5 else ""
        raise WeightsError(f"{source} does not fit the model; unexpected: {', '.join(strangers[:5])}{more}")
    if not ours:
        prefix = "keys that begin with ema_" if twin == "ema" else "keys without ema_"
        raise WeightsError(f"{source} has no {twin} weights ({prefix}); is it the other twin?")
    return ours
