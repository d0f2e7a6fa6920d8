"""Token reduction in a network with one sequence of tokens: GTPT's scores, selections and fates at any schedule.

In float64 where tokens are ranked, so that rounding decides nothing.
"""

from __future__ import annotations

from functools import lru_cache
from math import ceil
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError
from torch import Tensor

from gtpt_bench.errors import InputError
from gtpt_bench.models import model_config
from gtpt_bench.models.blocks.pruning.config import TokenPruning
from gtpt_bench.models.blocks.pruning.kept import KeptTokens
from gtpt_bench.models.blocks.pruning.schedule import AtLayers, OfOriginal
from gtpt_bench.models.blocks.pruning.truth import Truth
from gtpt_bench.models.peers.kept import watch_kept_tokens
from gtpt_bench.models.peers.ppt import ppt_s
from gtpt_bench.models.peers.tokenpose import tokenpose_s_v1
from gtpt_bench.models.peers.tokenpose_net import TokenPose
from tests.models.peers.counting import counted_network
from tests.models.peers.small_tokens import NUM_TOKENS, keypoint_tokens, pictures, small_config, small_tokenpose

SCORES = "attention_mean softmax_pool attention_max feature_norm oracle random".split()
FATES = ["dropped", "fused", "merged"]
CUTS = {1: 0.7, 3: 0.5}
"""48, 34 and 17 image tokens."""

scores, fates, seeds = st.sampled_from(SCORES), st.sampled_from(FATES), st.integers(0, 10_000)
schedules = st.dictionaries(st.integers(0, 3), st.floats(0.05, 1), max_size=4)


def pruned(score: str = "attention_mean", dropped: str = "dropped", **shares: Any) -> dict[str, Any]:
    return {"schedule": {"kind": "at_layers", "shares": CUTS}, "score": score, "dropped": dropped} | shares


@lru_cache
def reduced(score: str, dropped: str) -> TokenPose:
    return small_tokenpose(pruning=pruned(score, dropped)).double()


@lru_cache
def plain() -> TokenPose:
    return small_tokenpose()


def some_truth(batch: int = 2, seed: int = 0) -> Truth:
    """Persons somewhere on 64 × 48 pixels."""
    generator = torch.Generator().manual_seed(seed)
    keypoints = torch.rand(batch, 17, 2, generator=generator) * torch.tensor([48.0, 64.0])
    return Truth(keypoints, torch.rand(batch, 17, generator=generator) < 0.7)


def passed(network: TokenPose, images: Tensor, truth: Truth) -> tuple[Tensor, list[KeptTokens]]:
    torch.manual_seed(0)  # of the random score
    with torch.no_grad(), watch_kept_tokens(network) as cuts:
        return network(images, truth), cuts


@pytest.mark.parametrize(
    ("config", "left"),
    [
        (ppt_s(), [256, 180, 126, 89]),
        (tokenpose_s_v1(), [256, 256, 256, 256]),
        (tokenpose_s_v1().changed({"pruning.schedule": "of_original"}), [256, 179, 76, 25]),
    ],
    ids=["PPT", "TokenPose", "TokenPose at the rates of GTPT"],
)
def test_published_schedules_leave_these_tokens_in_each_quarter(config: Any, left: list[int]) -> None:
    assert list(config.image_tokens_left) == [count for count in left for _ in range(3)]


def test_the_rates_of_gtpt_leave_as_many_tokens_as_in_a_gtpt() -> None:
    tokenpose = tokenpose_s_v1().changed({"pruning.schedule": "of_original"})
    assert tokenpose.image_tokens_left == model_config("gtpt_s_coco").schedule.image_slots


@given(shares=schedules, num_tokens=st.integers(1, 300))
def test_shares_are_of_the_tokens_present_and_rounded_up(shares: dict[int, float], num_tokens: int) -> None:
    left = AtLayers(shares=shares).left(num_tokens, 4)  # type: ignore[arg-type]
    before = (num_tokens, *left)
    assert left == tuple(ceil(shares.get(layer, 1.0) * before[layer]) for layer in range(4))
    assert min(left) >= 1


@given(
    rates=st.lists(st.floats(0.01, 1), min_size=4, max_size=4).map(lambda rates: sorted(rates, reverse=True)),
    num_tokens=st.integers(1, 300),
)
def test_keep_rates_are_of_the_original_tokens_and_truncated(rates: list[float], num_tokens: int) -> None:
    schedule = OfOriginal(keep_rates=tuple(rates))
    assert schedule.left(num_tokens, 4) == tuple(int(rate * num_tokens) for rate in rates)
    assert schedule.left(num_tokens, 8)[::2] == schedule.left(num_tokens, 8)[1::2] == schedule.left(num_tokens, 4)


@settings(max_examples=8)
@given(shares=schedules, score=scores, dropped=fates)
def test_the_trace_counts_the_tokens_of_any_schedule_to_the_integer(
    shares: dict[int, float], score: str, dropped: str
) -> None:
    """Both products of attention on the tokens that come in, and what merging compares; linear layers on those left."""
    config = small_config(pruning=pruned(score, dropped, schedule={"kind": "at_layers", "shares": shares}))
    found = counted_network(config.build(), config.input_size)
    left, width, K = config.image_tokens_left, config.width, config.num_keypoints
    before = (NUM_TOKENS, *left[:-1])
    attention = sum(2 * (K + tokens) ** 2 * width for tokens in before)
    if dropped == "merged":
        attention += sum((was - now) * now * width for was, now in zip(before, left, strict=True))
    assert found.cost.attention == attention
    in_layers = [op for op in found.trace.operators if op.kind == "linear" and ".layers." in op.module]
    assert sum(op.macs for op in in_layers) == sum(
        (K + was) * 4 * width**2 + (K + now) * 6 * width**2 for was, now in zip(before, left, strict=True)
    )


@pytest.mark.parametrize("dropped", FATES)
@pytest.mark.parametrize("score", SCORES)
def test_keep_rate_1_is_the_plain_network_to_the_bit(score: str, dropped: str) -> None:
    expected, _ = passed(plain(), pictures(), some_truth())
    for schedule in (AtLayers(shares=((0, 1.0), (2, 1.0))), OfOriginal(keep_rates=(1.0,) * 4)):
        network = small_tokenpose(pruning=pruned(score, dropped, schedule=schedule.model_dump()))
        found, cuts = passed(network, pictures(), some_truth())
        assert torch.equal(found, expected)
        assert cuts == []


@settings(max_examples=20)
@given(score=scores, dropped=fates, seed=seeds)
def test_kept_tokens_stand_in_place_order_and_only_ever_shrink(score: str, dropped: str, seed: int) -> None:
    _, (first, second) = passed(reduced(score, dropped), pictures(seed=seed).double(), some_truth(seed=seed))
    assert [(cut.layer, cut.grid_index.shape[1]) for cut in (first, second)] == [(1, 34), (3, 17)]
    for was, now in zip(first.grid_index.tolist(), second.grid_index.tolist(), strict=True):
        for row in (was, now):
            places = [place for place in row if place >= 0]
            assert row == sorted(set(places)) + [-1] * (len(row) - len(places))
            assert (row[-1] == -1) == (dropped == "fused")
        assert set(now) <= set(was)


@settings(max_examples=20)
@given(score=st.sampled_from(SCORES[:-1]), dropped=fates, seed=seeds)
def test_images_of_a_batch_do_not_see_each_other(score: str, dropped: str, seed: int) -> None:
    network, images, truth = reduced(score, dropped), pictures(3, seed).double(), some_truth(3, seed)
    together, cuts = passed(network, images, truth)
    alone, cuts_alone = passed(network, images[1:2], Truth(truth.keypoints[1:2], truth.visible[1:2]))
    assert [cut.grid_index[1].tolist() for cut in cuts] == [cut.grid_index[0].tolist() for cut in cuts_alone]
    torch.testing.assert_close(together[1:2], alone, atol=1e-9, rtol=1e-9)


def test_each_score_and_each_fate_is_an_idea_of_its_own() -> None:
    """They keep different tokens, or make something else of the others."""
    images, truth = pictures().double(), some_truth()
    by_score = {score: passed(reduced(score, "dropped"), images, truth)[1][0].grid_index for score in SCORES}
    assert len({str(kept.tolist()) for kept in by_score.values()}) == len(SCORES)
    by_fate = [passed(reduced("attention_mean", dropped), images, truth) for dropped in FATES]
    assert torch.equal(by_fate[0][1][0].grid_index, by_fate[2][1][0].grid_index)
    assert len({round(maps.sum().item(), 9) for maps, _ in by_fate}) == len(FATES)


@pytest.mark.parametrize("dropped", ["fused", "merged"])
def test_what_is_fused_or_merged_still_counts_for_all_original_tokens(dropped: str) -> None:
    network, sizes = reduced("attention_mean", dropped), []
    cuts = network.features.transformer.cuts  # type: ignore[union-attr]
    for cut in cuts:
        cut.register_forward_hook(lambda module, args, out: sizes.append(out.size.sum(1).tolist()))
    passed(network, pictures().double(), some_truth())
    assert sizes == [[NUM_TOKENS, NUM_TOKENS]] * 2


def test_the_oracle_keeps_the_tokens_that_hold_a_keypoint_and_must_be_told() -> None:
    network = small_tokenpose(pruning=pruned("oracle"))
    keypoints = torch.full((1, 17, 2), 3.0)
    keypoints[0, 5] = torch.tensor([47.0, 63.0])  # the last of 8 × 6 tokens of 8 pixels
    _, cuts = passed(network, pictures(1), Truth(keypoints, torch.ones(1, 17, dtype=torch.bool)))
    assert all({0, 47} <= set(cut.grid_index[0].tolist()) for cut in cuts)
    with pytest.raises(InputError, match="oracle"):
        network(pictures(1))


@pytest.mark.parametrize("dropped", FATES)
@pytest.mark.parametrize("selection", ["topk", "gumbel_topk"])
def test_gradients_flow_through_every_cut(dropped: str, selection: str) -> None:
    network = small_tokenpose(pruning=pruned(dropped=dropped, selection=selection)).train()
    torch.manual_seed(0)
    network(pictures(4)).square().mean().backward()
    without = [
        name for name, p in network.named_parameters() if p.requires_grad and (p.grad is None or not p.grad.any())
    ]
    assert without == []


def test_only_a_noisy_selection_teaches_the_scores_and_is_noisy_only_in_training() -> None:
    topk, gumbel = (small_tokenpose(pruning=pruned(selection=kind)) for kind in ("topk", "gumbel_topk"))
    assert torch.equal(keypoint_tokens(topk, pictures()), keypoint_tokens(gumbel, pictures()))
    gradients = []
    for network in (topk.train(), gumbel.train()):
        torch.manual_seed(0)
        asked: list[Tensor] = []
        attention = network.features.transformer.layers[1].attention.fn  # type: ignore[union-attr, index]
        original = attention.with_logits

        def with_logits(*args: Any, original: Any = original, asked: list[Tensor] = asked) -> tuple[Tensor, Tensor]:
            out, logits = original(*args)
            asked.append(logits.detach().requires_grad_())
            return out, asked[-1]

        attention.with_logits = with_logits
        network(pictures()).square().mean().backward()
        gradients.append(asked[0].grad)
    assert gradients[0] is None
    assert gradients[1] is not None
    assert gradients[1].any()


@pytest.mark.parametrize(
    ("pruning", "message"),
    [
        ({"schedule": {"kind": "at_layers", "shares": {4: 0.5}}}, "names layer 4, but layers run from 0 to 3"),
        ({"schedule": {"kind": "at_layers", "shares": [[1, 0.5], [1, 0.7]]}}, r"names layers \[1, 1\]; give each once"),
        ({"schedule": {"kind": "at_layers", "shares": {1: 0}}}, "greater than 0"),
        ({"schedule": {"kind": "of_original", "keep_rates": [1, 0.5, 0.7, 0.1]}}, "a pruned token cannot come back"),
        ({"schedule": {"kind": "of_original", "keep_rates": [1, 0.5]}}, r"has 2 rates; 4 layers take 4"),
        ({"schedule": {"kind": "of_original", "keep_rates": [1, 1, 1, 0.01]}}, "leaves none of 48 image tokens"),
        ({"score": "human"}, "'human'"),
        ({"score": "random", "selection": "gumbel_topk"}, "pruning.score random has none to learn"),
    ],
)
def test_what_cannot_be_is_refused_in_words(pruning: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        small_config(pruning=pruning)


def test_a_study_changes_a_schedule_by_name() -> None:
    shares = ppt_s().changed({"pruning.schedule.shares": {4: 0.5}}).pruning.schedule
    assert shares == AtLayers(shares=((4, 0.5),))
    rates = ppt_s().changed({"pruning.schedule.kind": "of_original", "pruning.schedule.keep_rates": [1, 1, 0.5, 0.5]})
    assert rates.pruning.schedule == OfOriginal(keep_rates=(1, 1, 0.5, 0.5))
    assert TokenPruning.model_validate(ppt_s().pruning.model_dump(mode="json")) == ppt_s().pruning
    assert len({ppt_s(), ppt_s().changed({"pruning.dropped": "merged"}), ppt_s()}) == 2
