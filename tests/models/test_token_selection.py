"""How a ranking becomes a choice: top-k without gradient, or under Gumbel noise with a straight-through one.

B images, N candidates, k kept tokens, D width. Source of the latter: spec/ablations.md §3.6.
"""

from __future__ import annotations

from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from gtpt_bench.models.blocks.pruning.cut_net import Cut
from gtpt_bench.models.blocks.pruning.image_tokens import ImageTokens
from gtpt_bench.models.blocks.pruning.score.base import Candidates
from gtpt_bench.models.blocks.pruning.selection import GumbelTopK, TopK
from gtpt_bench.models.gtpt.kept import watch_kept_tokens
from gtpt_bench.models.gtpt.pruning import Pruning
from gtpt_bench.models.sizes import Size
from tests.models.small_gtpt import pictures, small_gtpt

B, N, D = 2, 9, 4
seeds = st.integers(0, 10_000)
numbers_kept = st.integers(1, N - 1)


def candidates(seed: int, *, training: bool = True) -> Candidates:
    """Tokens asked by two heads of three keypoint tokens; features, positions and logits want gradients."""
    generator = torch.Generator().manual_seed(seed)
    x, position, logits = (
        torch.randn(*shape, generator=generator, dtype=torch.float64, requires_grad=True)
        for shape in ((B, N, D), (B, N, D), (B, 2, 3, 3 + N))
    )
    tokens = ImageTokens(x, position, torch.arange(N)[None])
    return Candidates(tokens, logits, (0, 1, 2), None, Size(3, 3), Size(8, 8), training)


def rows(values_BND: Tensor, places_BK: Tensor) -> Tensor:
    return torch.stack([image[kept] for image, kept in zip(values_BND, places_BK, strict=True)])


@given(seed=seeds, num_kept=numbers_kept)
def test_topk_keeps_the_highest_scores_the_best_first(seed: int, num_kept: int) -> None:
    scores = torch.randn(B, N, generator=torch.Generator().manual_seed(seed))
    expected = [sorted(range(N), key=lambda n: -row[n])[:num_kept] for row in scores.tolist()]
    assert TopK().select(scores, num_kept, training=True).rows.tolist() == expected


@pytest.mark.parametrize("training", [True, False])
def test_topk_hands_the_tokens_on_and_no_gradient_to_the_scores(training: bool) -> None:
    asked = candidates(0, training=training)
    kept = Cut(Pruning())(asked, 3)
    (kept.x.sum() + kept.position.sum()).backward()
    assert asked.logits.grad is None
    assert asked.tokens.x.grad is not None
    is_kept = torch.zeros(B, N, dtype=torch.float64).scatter(1, kept.grid_index, 1.0)
    assert torch.equal(asked.tokens.x.grad, is_kept[..., None].expand(B, N, D))


@given(seed=seeds, num_kept=numbers_kept)
def test_gumbel_hands_on_the_values_of_the_kept_tokens_bit_for_bit(seed: int, num_kept: int) -> None:
    asked = candidates(seed)
    kept = Cut(Pruning(selection=GumbelTopK()))(asked, num_kept)
    assert all(len(set(row)) == num_kept for row in kept.grid_index.tolist())
    assert torch.equal(kept.x, rows(asked.tokens.x, kept.grid_index))
    assert torch.equal(kept.position, rows(asked.tokens.position, kept.grid_index))


@settings(max_examples=30)
@given(seed=seeds, num_kept=numbers_kept)
def test_gumbel_lets_the_gradient_of_every_slot_reach_all_scores_through_their_probabilities(
    seed: int, num_kept: int
) -> None:
    """A kept token is Y·x, its position Y·P, with Y = onehot + p − stopped p, here as one dense product."""
    generator = torch.Generator().manual_seed(seed)
    x, position = candidates(seed).tokens[:2]
    to_x, to_position = (torch.randn(B, num_kept, D, generator=generator, dtype=torch.float64) for _ in range(2))
    scores = torch.randn(B, N, generator=generator, dtype=torch.float64, requires_grad=True)
    torch.manual_seed(seed)
    selected = GumbelTopK().select(scores, num_kept, training=True)
    kept = ImageTokens(x, position, torch.arange(N)[None]).take(selected)
    objective = (kept.x * to_x).sum() + (kept.position * to_position).sum()
    found = torch.autograd.grad(objective, (scores, x, position))

    torch.manual_seed(seed)
    p = (scores - torch.log(-torch.log(torch.rand_like(scores)))).softmax(1)
    onehot = torch.nn.functional.one_hot(selected.rows, N)
    y = onehot + (p - p.detach())[:, None]
    by_hand = torch.autograd.grad(((y @ x) * to_x).sum() + ((y @ position) * to_position).sum(), (scores, x, position))
    for got, expected in zip(found, by_hand, strict=True):
        torch.testing.assert_close(got, expected, atol=1e-10, rtol=1e-10)
    assert (found[0] != 0).all()


def test_gumbel_ranks_by_noise_and_score_together() -> None:
    """The k largest of the noisy scores, which are also the k most probable tokens."""
    scores = torch.randn(B, N, generator=torch.Generator().manual_seed(0))
    torch.manual_seed(1)
    found = GumbelTopK().select(scores, 4, training=True).rows
    torch.manual_seed(1)
    noisy = scores - torch.log(-torch.log(torch.rand_like(scores)))
    assert torch.equal(found, noisy.topk(4, dim=1).indices)


def test_gumbel_tells_apart_tokens_whose_probabilities_round_to_zero() -> None:
    scores = torch.tensor([[-300.0, -200.0, -400.0, 0.0]])
    assert GumbelTopK().select(scores, 3, training=True).rows.tolist() == [[3, 1, 0]]


@given(seed=seeds, num_kept=numbers_kept)
def test_gumbel_is_plain_topk_in_evaluation(seed: int, num_kept: int) -> None:
    asked = candidates(seed, training=False)
    state = torch.get_rng_state()
    noisy, plain = (Cut(Pruning(selection=selection))(asked, num_kept) for selection in (GumbelTopK(), TopK()))
    assert torch.equal(noisy.grid_index, plain.grid_index)
    assert torch.equal(noisy.x, plain.x)
    assert torch.equal(torch.get_rng_state(), state)
    noisy.x.sum().backward()
    assert asked.logits.grad is None


def test_gumbel_draws_one_token_as_often_as_the_softmax_of_the_scores_says() -> None:
    scores = torch.tensor([2.0, 1.0, 0.0, -1.0, 1.5])
    draws = 10_000
    torch.manual_seed(0)
    found = GumbelTopK().select(scores.expand(draws, -1), 1, training=True).rows[:, 0].bincount(minlength=5) / draws
    p = scores.softmax(0)
    assert ((found - p).abs() < 5 * (p * (1 - p) / draws).sqrt()).all()


def test_gumbel_draws_anew_in_every_training_step() -> None:
    model = small_gtpt(pruning={"selection": {"kind": "gumbel_topk"}}).train()
    torch.manual_seed(0)
    drawn = []
    for _ in range(2):
        with watch_kept_tokens(model) as cuts:
            model(pictures(), full_pass=False)
        drawn.append([cut.grid_index.tolist() for cut in cuts])
    assert all(first != second for first, second in zip(*drawn, strict=True))


def leaves_in_place_of_logits(module: Any, leaves: list[Tensor]) -> None:
    """Cuts after an attention see copies of its logits that lead nowhere else."""
    original = module.with_logits

    def copy(logits: Tensor) -> Tensor:
        leaves.append(logits.detach().requires_grad_())
        return leaves[-1]

    def with_logits(*args: Any) -> tuple[Tensor, Any]:
        attended, logits = original(*args)
        return attended, copy(logits) if isinstance(logits, Tensor) else [copy(own) for own in logits]

    module.with_logits = with_logits


@pytest.mark.parametrize("selection", ["topk", "gumbel_topk"])
def test_a_training_step_teaches_the_scores_of_all_three_cuts_by_gumbel_and_of_none_by_topk(selection: str) -> None:
    """Layer 2 prunes, layer 3 is asked by the split, layer 6 prunes in three groups."""
    model: Any = small_gtpt(pruning={"selection": {"kind": selection}}).train()
    leaves: list[Tensor] = []
    for layer in (model.coarse.layers[2], model.coarse.layers[3], model.fine.layers[2]):
        leaves_in_place_of_logits(layer.attention, leaves)
    model(pictures(), full_pass=False).pruned.x.square().sum().backward()
    candidates_at = (48, 33, 14, 14, 14)
    for logits, num_candidates in zip(leaves, candidates_at, strict=True):
        if selection == "topk":
            assert logits.grad is None
        else:
            assert logits.grad is not None
            assert logits.grad[..., -num_candidates:].abs().amin() > 0
            assert not logits.grad[..., :-num_candidates].any()


@settings(max_examples=10)
@given(seed=seeds)
def test_gumbel_evaluates_like_the_paper_whatever_the_pictures(seed: int) -> None:
    noisy, plain = (small_gtpt(pruning={"selection": {"kind": kind}}) for kind in ("gumbel_topk", "topk"))
    with torch.no_grad():
        assert torch.equal(noisy(pictures(seed=seed)).x, plain(pictures(seed=seed)).x)
