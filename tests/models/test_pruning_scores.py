"""What ranks image tokens: each score against its closed form, and which keypoint tokens ask at which cut.

B images, H heads, Q asking tokens, N image tokens; the last N of Q + N keys are the image tokens.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from gtpt_bench.models.blocks.pruning.image_tokens import ImageTokens
from gtpt_bench.models.blocks.pruning.kept import KeptTokens
from gtpt_bench.models.blocks.pruning.score import (
    AttentionMax,
    AttentionMean,
    FeatureNorm,
    HumanOnly,
    Random,
    SoftmaxPool,
)
from gtpt_bench.models.blocks.pruning.score.base import Candidates
from gtpt_bench.models.gtpt.kept import watch_kept_tokens
from gtpt_bench.models.gtpt.model import GTPT
from gtpt_bench.models.sizes import Size
from tests.models.small_gtpt import pictures, places, small_gtpt

B, H, Q, N = 2, 2, 3, 6


def candidates(logits_BHQK: Tensor, *, x_BND: Tensor | None = None, human_BN: Tensor | None = None) -> Candidates:
    batch = len(logits_BHQK)
    x = torch.zeros(batch, N, 4) if x_BND is None else x_BND
    tokens = ImageTokens(x, torch.zeros_like(x), torch.arange(x.shape[1])[None], human=human_BN)
    return Candidates(tokens, logits_BHQK, (0, 1, 2), None, Size(2, 3), Size(8, 8), training=False)


made_logits = st.integers(0, 10_000).map(
    lambda seed: 5 * torch.randn(B, H, Q, Q + N, generator=torch.Generator().manual_seed(seed))
)


def soft_maximum(logits_BHQK: Tensor) -> Tensor:
    """Σ a exp(a) / Σ exp(a) over heads and asking tokens, for each image token."""
    rows = logits_BHQK[..., -N:].double().flatten(1, 2)
    return (rows * rows.exp()).sum(1) / rows.exp().sum(1)


def attention_of_each(logits_BHQK: Tensor) -> Tensor:
    """exp(a) / Σ exp(a) over all keys, those of keypoint tokens too; image tokens only, `[B, H · Q, N]`."""
    weights = logits_BHQK.double().exp()
    return (weights / weights.sum(-1, keepdim=True))[..., -N:].flatten(1, 2)


AskingScore = SoftmaxPool | AttentionMean | AttentionMax

CLOSED_FORMS: dict[AskingScore, Callable[[Tensor], Tensor]] = {
    SoftmaxPool(): soft_maximum,
    AttentionMean(): lambda logits: attention_of_each(logits).mean(1),
    AttentionMax(): lambda logits: attention_of_each(logits).amax(1),
}


@pytest.mark.parametrize("score", CLOSED_FORMS, ids=lambda score: score.kind)
@given(logits=made_logits)
def test_scores_of_attention_equal_their_closed_form(score: AskingScore, logits: Tensor) -> None:
    found = score.scores(candidates(logits))
    assert found.dtype == torch.float32
    torch.testing.assert_close(found.double(), CLOSED_FORMS[score](logits), atol=1e-5, rtol=1e-4)


@pytest.mark.parametrize("score", CLOSED_FORMS, ids=lambda score: score.kind)
def test_half_precision_logits_are_ranked_in_float32(score: AskingScore) -> None:
    """spec/ablations.md S3: sums in half precision overflow."""
    half = torch.randn(B, H, Q, Q + N, generator=torch.Generator().manual_seed(0)).mul(100).half()
    found = score.scores(candidates(half))
    assert torch.equal(found, score.scores(candidates(half.float())))


def test_attention_competes_with_keypoint_tokens_and_raw_logits_do_not() -> None:
    """Two asking tokens, each sure of one image token; the first looks at a keypoint token instead."""
    logits = torch.zeros(1, 1, 2, 2 + N)
    logits[..., 0, 2], logits[..., 1, 3] = 6, 5
    logits[..., 0, 0] = 20
    found = {score.kind: score.scores(candidates(logits)).argmax().item() for score in CLOSED_FORMS}
    assert found == {"softmax_pool": 0, "attention_mean": 1, "attention_max": 1}


@given(seed=st.integers(0, 10_000))
def test_feature_norm_is_the_euclidean_length_of_the_features_whatever_anybody_asks(seed: int) -> None:
    generator = torch.Generator().manual_seed(seed)
    x, logits = (torch.randn(*shape, generator=generator) for shape in ((B, N, 4), (B, H, Q, Q + N)))
    by_hand = torch.tensor([[sum(v**2 for v in token) ** 0.5 for token in image] for image in x.tolist()])
    torch.testing.assert_close(FeatureNorm().scores(candidates(logits, x_BND=x)), by_hand)


def test_human_only_is_what_was_remembered_whatever_anybody_asks_now() -> None:
    human = torch.randn(B, N)
    assert torch.equal(HumanOnly().scores(candidates(torch.randn(B, H, Q, Q + N), human_BN=human)), human)


def test_random_draws_are_uniform_over_tokens() -> None:
    torch.manual_seed(0)
    best = Random().scores(candidates(torch.zeros(6000, 1, 1, 1 + N))).argmax(1)
    assert best.bincount(minlength=N).sub(1000).abs().max() < 5 * (6000 * 1 / 6 * 5 / 6) ** 0.5


def cuts_of(model: GTPT, images: Tensor) -> list[KeptTokens]:
    with torch.no_grad(), watch_kept_tokens(model) as cuts:
        model(images)
    return cuts


def test_random_keeps_tokens_by_the_state_of_the_generator_alone() -> None:
    def kept(seed: int, of_images: int) -> list[list[int]]:
        torch.manual_seed(seed)
        return [cut.grid_index.tolist() for cut in cuts_of(model, pictures(seed=of_images))]

    model = small_gtpt(pruning={"score": {"kind": "random"}})
    assert kept(1, of_images=0) == kept(1, of_images=0) == kept(1, of_images=7)
    assert kept(1, of_images=0) != kept(2, of_images=0)


def human_as_seen(model: GTPT, layer: int, images: Tensor) -> Tensor:
    """Soft maximum `[B, N]` over heads of the human row's logits in one coarse layer: the mean weighted by itself."""
    seen: list[Tensor] = []
    attention: Any = model.coarse.layers[layer].attention
    handle = attention.qkv.register_forward_hook(lambda module, args, out: seen.append(out))
    with torch.no_grad():
        model(images)
    handle.remove()
    q, k, _ = (t.double() for t in attention.heads_of(seen[0]))
    logits_BHN = model.config.width**-0.5 * (q[:, :, :1] @ k[:, :, 1:].transpose(-1, -2))[:, :, 0]
    pooled: Tensor = (logits_BHN * logits_BHN.exp()).sum(1) / logits_BHN.exp().sum(1)
    return pooled


@pytest.mark.parametrize("last", [0, 1, 2])
def test_the_human_token_is_remembered_from_the_last_layer_it_took_part_in(last: int) -> None:
    """Sparse tokens replace it after that layer's attention; the first cut is in layer 2."""
    model = small_gtpt(introduction={"layer": last}, pruning={"score": {"kind": "human"}})
    ranking = human_as_seen(model, last, pictures()).argsort(descending=True).tolist()
    coarse, *groups = cuts_of(model, pictures())
    assert places(coarse) == [set(order[:33]) for order in ranking]
    for cut in groups:  # three at the split, three in layer 6: every group keeps the same
        assert places(cut) == [set(order[: 14 if cut.at_split else 4]) for order in ranking]


def test_what_the_human_token_thinks_is_renewed_while_it_is_there() -> None:
    """Cuts in layers 1 and 2, in both of which it takes part: the second goes by what it thinks then."""
    rates = (1, 0.9, 0.7, 0.7, 0.3, 0.3, 0.1, 0.1)
    model = small_gtpt(pruning={"score": {"kind": "human"}, "keep_rates": rates})
    ranking = human_as_seen(model, 2, pictures()).argsort(descending=True)
    first, second, *_ = cuts_of(model, pictures())
    assert places(second) == [set(row) for row in first.grid_index.gather(1, ranking[:, :33]).tolist()]


def with_changed_logits(model: GTPT, layer: int, change: Callable[[Any], Any]) -> GTPT:
    """The model, whose cuts see other logits of a coarse or fine layer than its attention used."""
    layers: list[Any] = [*model.coarse.layers, *model.fine.layers]  # type: ignore[misc]
    attention = layers[layer].attention
    original = attention.with_logits

    def with_logits(*args: Any) -> tuple[Tensor, Any]:
        attended, logits = original(*args)
        return attended, change(logits)

    attention.with_logits = with_logits
    return model


@pytest.mark.parametrize("asking", range(17))
def test_every_keypoint_token_asks_in_coarse_layers(asking: int) -> None:
    """A token that a single keypoint token longs for is kept, and first."""
    model = small_gtpt(introduction={"kind": "all_at_start"})

    def longing(logits: Tensor) -> Tensor:
        logits = logits.clone()
        logits[0, 1, asking, 17 + 30] = 1000
        return logits

    coarse, *_ = cuts_of(with_changed_logits(model, 2, longing), pictures())
    assert coarse.grid_index[0, 0] == 30


OWN = (range(5), range(5, 11), range(11, 17))
"""COCO's groups: head, upper limbs, lower limbs."""


@pytest.mark.parametrize("keypoint", [0, 4, 5, 10, 11, 16])
def test_at_the_split_a_group_asks_its_own_keypoint_tokens_and_no_others(keypoint: int) -> None:
    def longing(logits: Tensor) -> Tensor:
        logits = logits.clone()
        logits[:, 1, keypoint, 17 + 20] = 1000
        return logits

    before, after = (
        cuts_of(small_gtpt(), pictures()),
        cuts_of(with_changed_logits(small_gtpt(), 3, longing), pictures()),
    )
    longed_for = before[0].grid_index[:, 20]  # the coarse cut hands its tokens on, the best first
    for group, (was, now) in enumerate(zip(before[1:4], after[1:4], strict=True)):
        assert now.at_split
        if keypoint in OWN[group]:
            assert torch.equal(now.grid_index[:, 0], longed_for)
        else:
            assert torch.equal(now.grid_index, was.grid_index)


@pytest.mark.parametrize("asking", range(3))
def test_in_fine_layers_the_logits_of_one_group_are_nothing_to_the_others(asking: int) -> None:
    def longing(logits: list[Tensor]) -> list[Tensor]:
        return [-own if group == asking else own for group, own in enumerate(logits)]

    before, after = (
        cuts_of(small_gtpt(), pictures()),
        cuts_of(with_changed_logits(small_gtpt(), 6, longing), pictures()),
    )
    for group, (was, now) in enumerate(zip(before[4:], after[4:], strict=True)):
        assert (places(was) == places(now)) == (group != asking)
