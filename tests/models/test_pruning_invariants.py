"""What holds whatever ranks image tokens, chooses among them and becomes of the rest; in float64, free of near ties."""

from __future__ import annotations

import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from gtpt_bench.models.blocks.pruning.kept import KeptTokens
from gtpt_bench.models.blocks.pruning.truth import Telling, Truth
from gtpt_bench.models.gtpt.kept import watch_kept_tokens
from gtpt_bench.models.gtpt.model import GTPT
from tests.models.small_gtpt import NUM_TOKENS, places, small_gtpt

SCORES = "softmax_pool attention_mean attention_max human feature_norm oracle random".split()
deterministic = st.sampled_from(SCORES[:-1])
fates = st.sampled_from(["dropped", "fused", "merged"])
split_points = st.sampled_from(["before_fine_layers", "inside_first_fine_layer"])
seeds = st.integers(0, 10_000)


def model_with(score: str, dropped: str, split_point: str = "before_fine_layers") -> GTPT:
    kinds = {"score": {"kind": score}, "dropped": {"kind": dropped}}
    return small_gtpt(pruning=kinds, split_point=split_point).double()


def tokens_and_truth(seed: int, batch: int = 2) -> tuple[Tensor, Truth]:
    """Image tokens `[B, N, D]` as the tokenizer might give them, and a person somewhere on 64 × 48 pixels."""
    generator = torch.Generator().manual_seed(seed)
    tokens = torch.randn(batch, NUM_TOKENS, 16, generator=generator, dtype=torch.float64)
    keypoints = torch.rand(batch, 17, 2, generator=generator) * torch.tensor([48.0, 64.0])
    return tokens, Truth(keypoints, torch.rand(batch, 17, generator=generator) < 0.7)


def passed(model: GTPT, tokens: Tensor, truth: Truth) -> tuple[Tensor, list[KeptTokens]]:
    """Keypoint tokens at the end, and what each cut kept."""
    with torch.no_grad(), watch_kept_tokens(model) as cuts:
        return model.transform(model.begin(tokens), model.schedule, Telling(truth)).keypoints, cuts


@settings(max_examples=30)
@given(
    score=deterministic, dropped=fates, split=split_points, seed=seeds, order=st.permutations(list(range(NUM_TOKENS)))
)
def test_the_order_of_image_tokens_is_nothing_to_the_result(
    score: str, dropped: str, split: str, seed: int, order: list[int]
) -> None:
    """Each token takes its position and its place in the grid along."""
    tokens, truth = tokens_and_truth(seed)
    model = model_with(score, dropped, split)
    expected, before = passed(model, tokens, truth)
    model.position.data = model.position.data[:, order]
    model.grid_index = model.grid_index[:, order]
    found, after = passed(model, tokens[:, order], truth)
    assert [places(cut) for cut in after] == [places(cut) for cut in before]
    torch.testing.assert_close(found, expected, atol=1e-9, rtol=1e-9)


@settings(max_examples=30)
@given(score=st.sampled_from(SCORES), dropped=fates, split=split_points, seed=seeds)
def test_kept_tokens_only_ever_shrink_within_a_group(score: str, dropped: str, split: str, seed: int) -> None:
    _, cuts = passed(model_with(score, dropped, split), *tokens_and_truth(seed))
    assert [cut.group for cut in cuts] == [None, 0, 1, 2, 0, 1, 2]
    for group in range(3):
        coarse, at_split, fine = (places(cut) for cut in cuts if cut.group in (None, group))
        for first, second, third in zip(coarse, at_split, fine, strict=True):
            assert first > second > third


@settings(max_examples=30)
@given(score=deterministic, dropped=fates, seed=seeds)
def test_images_of_a_batch_do_not_see_each_other(score: str, dropped: str, seed: int) -> None:
    model, (tokens, truth) = model_with(score, dropped), tokens_and_truth(seed, batch=3)
    together, cuts = passed(model, tokens, truth)
    alone, cuts_alone = passed(model, tokens[1:2], Truth(truth.keypoints[1:2], truth.visible[1:2]))
    assert [places(cut)[1] for cut in cuts] == [places(cut)[0] for cut in cuts_alone]
    torch.testing.assert_close(together[1:2], alone, atol=1e-9, rtol=1e-9)
