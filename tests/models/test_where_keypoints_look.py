"""The logits that can be watched are those that the model ranks image tokens by."""

from __future__ import annotations

import pytest
import torch

from gtpt_bench.errors import InputError
from gtpt_bench.models import create_model
from gtpt_bench.models.blocks.pruning.score.softmax_pool import softmax_pool
from gtpt_bench.models.gtpt.kept import watch_kept_tokens
from gtpt_bench.models.gtpt.looked import watch_attention
from gtpt_bench.models.gtpt.model import GTPT


def seeded(name: str, **changes: object) -> GTPT:
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return create_model(name, **changes).eval()


def pictures(model: GTPT) -> torch.Tensor:
    return torch.randn(2, 3, *model.config.input_size, generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize("name", ["gtpt_tiny_coco", "gtpt_tiny_wholebody"])
def test_each_layer_shows_its_keypoint_tokens_on_the_image_tokens_it_has(name: str) -> None:
    model = seeded(name)
    with torch.no_grad(), watch_attention(model) as looked:
        model(pictures(model))
    expected = [
        (
            layer,
            group if layer >= model.config.num_coarse_layers else None,
            tokens.keypoints + tokens.dense,
            tokens.image,
        )
        for layer, step in enumerate(model.schedule.layers)
        for group, tokens in enumerate(step.attention)
    ]
    assert [(seen.layer, seen.group, seen.logits.shape[2], seen.logits.shape[3]) for seen in looked] == expected
    assert all(seen.grid_index.shape[1] == seen.logits.shape[3] for seen in looked)


def test_pooled_they_give_the_cuts_that_the_model_makes() -> None:
    model = seeded("gtpt_tiny_coco")
    with torch.no_grad(), watch_attention(model) as looked, watch_kept_tokens(model) as kept:
        model(pictures(model))
    cuts = [event for event in kept if not event.at_split]
    assert len(cuts) == 4
    for cut in cuts:
        seen = next(seen for seen in looked if (seen.layer, seen.group) == (cut.layer, cut.group))
        best = softmax_pool(seen.logits).topk(cut.grid_index.shape[1], dim=1).indices
        places = seen.grid_index.expand(2, -1).gather(1, best)
        assert torch.equal(places, cut.grid_index)


def test_a_deployed_model_says_that_it_cannot_be_watched() -> None:
    with (
        pytest.raises(InputError, match="watch the model that it was made from"),
        watch_attention(seeded("gtpt_tiny_coco").deploy()),
    ):
        pass


def test_watching_changes_nothing_and_ends_with_the_block() -> None:
    model = seeded("gtpt_tiny_coco", fine_layers={"weights": {"kind": "attn_ffn"}})
    with torch.no_grad():
        alone = model(pictures(model))
        with watch_attention(model) as looked:
            watched = model(pictures(model))
        seen = len(looked)
        model(pictures(model))
    assert torch.equal(alone.x, watched.x)
    assert len(looked) == seen
