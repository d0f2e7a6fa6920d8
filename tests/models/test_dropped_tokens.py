"""What becomes of image tokens that are not kept: gone, fused into one token, or merged into those most like them.

B images, N candidates, k slots after the cut, D width.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from gtpt_bench.efficiency.counting.macs import measured_cost
from gtpt_bench.models import build_model
from gtpt_bench.models.blocks.pruning.cut_net import Cut
from gtpt_bench.models.blocks.pruning.dropped import Dropped, Fuse, LeaveOut, Merge
from gtpt_bench.models.blocks.pruning.image_tokens import ImageTokens
from gtpt_bench.models.blocks.pruning.score.base import Candidates
from gtpt_bench.models.blocks.pruning.selection import GumbelTopK, TopK
from gtpt_bench.models.gtpt.closed_form import gtpt_cost
from gtpt_bench.models.gtpt.pruning import Pruning
from gtpt_bench.models.sizes import Size
from tests.models.small_gtpt import NUM_TOKENS, pictures, small_config, small_gtpt

B, N, D = 2, 12, 4
seeds = st.integers(0, 10_000)
numbers_left = st.integers(1, N - 1)


def some_tokens(seed: int) -> ImageTokens:
    """Tokens of which each already stands for one to five original ones."""
    generator = torch.Generator().manual_seed(seed)
    x, position = (torch.randn(B, N, D, generator=generator, dtype=torch.float64) for _ in range(2))
    size = torch.randint(1, 6, (B, N), generator=generator).double()
    human = torch.randn(B, N, generator=generator, dtype=torch.float64)
    return ImageTokens(x, position, torch.arange(N).expand(B, N), size, human)


def cut(tokens: ImageTokens, num_left: int, dropped: Dropped, *, seed: int = 0, training: bool = False) -> ImageTokens:
    """One cut by scores that the seed draws; a single asking token in one head, whose logits are the scores."""
    shape = len(tokens.x), 1, 1, 1 + tokens.x.shape[1]
    scores = torch.randn(*shape, generator=torch.Generator().manual_seed(seed))
    pruning = Pruning(dropped=dropped, selection=GumbelTopK() if training else TopK())
    left: ImageTokens = Cut(pruning)(Candidates(tokens, scores, (0,), None, Size(3, 4), Size(8, 8), training), num_left)
    assert left.x.shape[1] == left.position.shape[1] == left.grid_index.shape[1] == num_left
    return left


def rows(values: Tensor, places: Tensor) -> Tensor:
    return torch.stack([image[kept] for image, kept in zip(values, places, strict=True)])


def gone(places: Tensor) -> list[list[int]]:
    return [sorted(set(range(N)) - set(kept)) for kept in places.tolist()]


@given(seed=seeds, num_left=numbers_left)
def test_dropped_leaves_kept_tokens_as_they_were(seed: int, num_left: int) -> None:
    before = some_tokens(seed)
    left = cut(before, num_left, LeaveOut(), seed=seed)
    for found, all_of_them in zip(left, before, strict=True):
        assert found is not None
        assert all_of_them is not None
        assert torch.equal(found, rows(all_of_them, left.grid_index))


@given(seed=seeds, num_left=numbers_left)
def test_fused_gives_one_slot_to_the_mean_of_the_dropped_tokens_weighted_by_their_sizes(
    seed: int, num_left: int
) -> None:
    before = some_tokens(seed)
    left = cut(before, num_left, Fuse(), seed=seed)
    kept, fused = ([None if t is None else t[:, part] for t in left] for part in (slice(-1), slice(-1, None)))
    best = cut(before, num_left, LeaveOut(), seed=seed).grid_index[:, :-1]
    assert torch.equal(left.grid_index[:, :-1], best)
    for found, all_of_them in zip(kept, before, strict=True):
        assert found is not None
        assert all_of_them is not None
        assert torch.equal(found, rows(all_of_them, best))
    x, position, places, size, human = fused
    assert places is not None
    assert size is not None
    assert places.tolist() == [[-1]] * B
    assert before.size is not None
    for image, members in enumerate(gone(best)):
        weights = before.size[image, members]
        assert size[image].item() == weights.sum()
        for found, all_of_them in ((x, before.x), (position, before.position), (human, before.human)):
            assert found is not None
            assert all_of_them is not None
            mean = (weights @ all_of_them[image, members].view(len(members), -1)) / weights.sum()
            torch.testing.assert_close(found[image].flatten(), mean, atol=1e-12, rtol=1e-12)


@pytest.mark.parametrize(("best", "numbers"), [(2, [10, 2]), (0, [1, 11])], ids=["kept", "dropped"])
def test_a_fused_token_is_a_candidate_of_the_next_cut(best: int, numbers: list[int]) -> None:
    """Kept, it stays beside the new one; dropped, it joins it with all the original tokens that it stands for."""
    x = torch.zeros(1, N, D)
    first = cut(ImageTokens(x, x, torch.arange(N)[None], torch.ones(1, N)), 3, Fuse())
    scores = torch.zeros(1, 1, 1, 4)
    scores[..., 1 + best] = 1
    second = Cut(Pruning(dropped=Fuse()))(Candidates(first, scores, (0,), None, Size(3, 4), Size(8, 8), False), 2)
    assert first.grid_index[0, 2] == second.grid_index[0, 1] == -1
    assert second.grid_index[0, 0] == first.grid_index[0, best]
    assert second.size.tolist() == [numbers]


@given(seed=seeds, num_left=numbers_left)
def test_merged_takes_each_dropped_token_into_the_kept_one_of_the_most_similar_direction(
    seed: int, num_left: int
) -> None:
    before = some_tokens(seed)
    left = cut(before, num_left, Merge(), seed=seed)
    assert torch.equal(left.grid_index, cut(before, num_left, LeaveOut(), seed=seed).grid_index)
    assert torch.equal(left.position, rows(before.position, left.grid_index))
    assert before.size is not None
    assert left.size is not None
    for image, members in enumerate(gone(left.grid_index)):
        kept = left.grid_index[image].tolist()
        into: dict[int, list[int]] = {place: [place] for place in kept}
        for member in members:
            likeness = torch.cosine_similarity(before.x[image, member][None], before.x[image, kept])
            into[kept[int(likeness.argmax())]].append(member)
        for slot, together in enumerate(into.values()):
            weights = before.size[image, together]
            assert left.size[image, slot] == weights.sum()
            torch.testing.assert_close(left.x[image, slot], weights @ before.x[image, together] / weights.sum())


def test_merged_asks_for_direction_not_for_length() -> None:
    """A long token joins the short one of its direction, not the long one beside it."""
    x = torch.tensor([[[0.1, 0.0], [6.0, 8.0], [10.0, 0.0]]])
    before = ImageTokens(x, torch.zeros_like(x), torch.arange(3)[None], torch.ones(1, 3))
    scores = torch.tensor([[[[0.0, 3.0, 2.0, 1.0]]]])
    left = Cut(Pruning(dropped=Merge()))(Candidates(before, scores, (0,), None, Size(1, 3), Size(8, 8), False), 2)
    torch.testing.assert_close(left.x, torch.tensor([[[5.05, 0.0], [6.0, 8.0]]]))
    assert left.size is not None
    assert left.size.tolist() == [[2, 1]]


chains = st.lists(st.integers(1, N - 1), min_size=1, max_size=4, unique=True).map(lambda k: sorted(k, reverse=True))


@given(seed=seeds, chain=chains, dropped=st.sampled_from([Fuse(), Merge()]), training=st.booleans())
def test_no_original_token_is_lost_over_any_number_of_cuts(
    seed: int, chain: list[int], dropped: Dropped, training: bool
) -> None:
    """Neither from the sizes nor from the sum of features weighted by them."""
    tokens = some_tokens(seed)
    assert tokens.size is not None
    numbers, features = tokens.size.sum(1), (tokens.x * tokens.size[..., None]).sum(1)
    for num_left in chain:
        tokens = cut(tokens, num_left, dropped, seed=seed + num_left, training=training)
        assert tokens.size is not None
        assert torch.equal(tokens.size.sum(1), numbers)
        torch.testing.assert_close((tokens.x * tokens.size[..., None]).sum(1), features, atol=1e-10, rtol=1e-10)


@settings(max_examples=20)
@given(
    dropped=st.sampled_from(["fused", "merged"]),
    score=st.sampled_from(["softmax_pool", "human", "random"]),
    changes=st.sampled_from([{}, {"grouping": {"kind": "off"}}, {"split_point": "inside_first_fine_layer"}]),
    training=st.booleans(),
)
def test_in_the_network_the_tokens_of_each_group_stand_for_all_original_ones_after_every_cut(
    dropped: str, score: str, changes: dict[str, Any], training: bool
) -> None:
    pruning = {"dropped": {"kind": dropped}, "score": {"kind": score}}
    model = small_gtpt(pruning=pruning, **changes).train(training)
    sizes: list[Tensor] = []
    for module in model.modules():
        if isinstance(module, Cut):
            module.register_forward_hook(lambda module, args, left: sizes.append(left.size))
    with torch.no_grad():
        model(pictures())
    assert len(sizes) == (3 if "grouping" in changes else 7)
    assert all(size.sum(1).tolist() == [NUM_TOKENS] * 2 for size in sizes)


@pytest.mark.parametrize("changes", [{}, {"grouping": {"kind": "off"}}, {"split_point": "inside_first_fine_layer"}])
@pytest.mark.parametrize("dropped", ["dropped", "fused", "merged"])
def test_only_merging_costs_macs_dropped_times_kept_times_width_at_each_cut(
    dropped: str, changes: dict[str, Any]
) -> None:
    config = small_config(pruning={"dropped": {"kind": dropped}}, **changes)
    groups = 1 if "grouping" in changes else 3
    cuts = [(1, 48, 33), (groups, 33, 14), (groups, 14, 4)]
    expected = sum(times * (n - k) * k * config.width for times, n, k in cuts) if dropped == "merged" else 0
    cost, plain = gtpt_cost(config), gtpt_cost(small_config(**changes))
    assert (cost.full - plain.full, cost.params - plain.params) == (expected, 0)
    assert measured_cost(build_model(config)) == cost


@given(chain=chains)
def test_a_fused_token_takes_no_more_room_than_plain_pruning(chain: list[int]) -> None:
    fused = plain = some_tokens(0)
    for _, num_left in pairwise([N, *chain]):
        fused, plain = cut(fused, num_left, Fuse()), cut(plain, num_left, LeaveOut())
        assert fused.x.shape == plain.x.shape
