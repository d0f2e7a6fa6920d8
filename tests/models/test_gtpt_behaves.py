"""What the parts of GTPT do: pruning, groups, passes; invariants on the tiny models."""

from __future__ import annotations

import pytest
import torch
from pydantic import ValidationError
from torch import Tensor

from gtpt_bench.errors import InputError
from gtpt_bench.models import create_model, model_config
from gtpt_bench.models.blocks.pruning.score.softmax_pool import softmax_pool
from gtpt_bench.models.blocks.simcc_head import SimccLogits
from gtpt_bench.models.blocks.sine_table import sine_position
from gtpt_bench.models.gtpt.fine_layers import FineLayers
from gtpt_bench.models.gtpt.fine_layers.attention_net import MHGA
from gtpt_bench.models.gtpt.kept import watch_kept_tokens
from gtpt_bench.models.gtpt.tokenizer.patches import PatchEmbedding
from gtpt_bench.models.gtpt.tokens import GroupTokens
from gtpt_bench.models.sizes import Size

TINY = ("gtpt_tiny_coco", "gtpt_tiny_wholebody")


def pictures(name: str, batch: int = 2) -> Tensor:
    return torch.randn(batch, 3, *model_config(name).input_size, generator=torch.Generator().manual_seed(0))


def seeded(name: str, **changes: object) -> torch.nn.Module:
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return create_model(name, **changes)


@pytest.mark.parametrize("name", TINY)
def test_evaluation_gives_one_vector_of_logits_a_keypoint_and_axis(name: str) -> None:
    model = seeded(name).eval()
    height, width = model.config.input_size
    logits = model(pictures(name))
    assert isinstance(logits, SimccLogits)
    keypoints = len(model.config.keypoint_set)
    assert logits.x.shape == (2, keypoints, 2 * width)
    assert logits.y.shape == (2, keypoints, 2 * height)


@pytest.mark.parametrize("name", TINY)
def test_images_of_a_batch_do_not_see_each_other(name: str) -> None:
    model, images = seeded(name).eval(), pictures(name, 3)
    with torch.no_grad():
        together, alone = model(images), model(images[1:2])
    torch.testing.assert_close(together.x[1:2], alone.x, atol=1e-5, rtol=1e-4)


def test_keep_rate_one_everywhere_prunes_nothing_and_trains_in_one_pass() -> None:
    model = seeded("gtpt_tiny_coco", pruning={"keep_rates": (1, 1, 1, 1)})
    with watch_kept_tokens(model.eval()) as kept:
        model(pictures("gtpt_tiny_coco"))
    assert kept == []
    assert model.train()(pictures("gtpt_tiny_coco")).full is None


def test_the_full_pass_is_the_model_without_pruning() -> None:
    pruned, unpruned = seeded("gtpt_tiny_coco"), seeded("gtpt_tiny_coco", pruning={"keep_rates": (1, 1, 1, 1)})
    full, alone = pruned.train()(pictures("gtpt_tiny_coco")).full, unpruned.train()(pictures("gtpt_tiny_coco")).pruned
    torch.testing.assert_close(full.x, alone.x)


def test_full_pass_never_learns_from_the_distillation_term() -> None:
    from gtpt_bench.models.gtpt.model import TrainingLogits
    from gtpt_bench.training.losses import global_perceived_loss

    generator = torch.Generator().manual_seed(0)
    pruned, full = (torch.randn(2, 3, 8, generator=generator, requires_grad=True) for _ in range(2))
    nothing = torch.zeros(2, 3, 8)  # no target: only the distillation term is left
    logits = TrainingLogits(SimccLogits(pruned, pruned), SimccLogits(full, full))
    global_perceived_loss(logits, SimccLogits(nothing, nothing), torch.ones(2, 3)).backward()
    assert full.grad is None or not full.grad.any()
    assert pruned.grad is not None
    assert pruned.grad.any()


def test_softmax_pool_is_the_weighted_mean_of_logits() -> None:
    logits = torch.randn(2, 3, 4, 5, generator=torch.Generator().manual_seed(0))
    rows = logits.reshape(2, 12, 5).double()
    by_hand = (rows * rows.exp()).sum(1) / rows.exp().sum(1)
    torch.testing.assert_close(softmax_pool(logits).double(), by_hand, atol=1e-6, rtol=1e-5)


def test_softmax_pool_of_half_precision_ranks_in_float32() -> None:
    assert softmax_pool(torch.full((1, 2, 2, 3), 300.0, dtype=torch.float16)).isfinite().all()


def test_kept_tokens_only_ever_shrink_within_a_group() -> None:
    model = seeded("gtpt_tiny_coco").eval()
    with torch.no_grad(), watch_kept_tokens(model) as kept:
        model(pictures("gtpt_tiny_coco"))
    coarse, split, fine = kept[0], kept[1:4], kept[4:]
    for before, after in [(coarse, s) for s in split] + list(zip(split, fine, strict=True)):
        for outer, inner in zip(before.grid_index.tolist(), after.grid_index.tolist(), strict=True):
            assert set(inner) < set(outer)


GROUPS = (GroupTokens(2, 0, 4), GroupTokens(1, 3, 2))


def test_groups_exchange_only_keypoint_tokens() -> None:
    torch.manual_seed(0)
    attention, tokens = MHGA(16, 4, 2, FineLayers()), torch.randn(1, 12, 16)
    before = attention(tokens, GROUPS)
    for place, seen in ((0, True), (4, False)):  # a sparse token and an image token of the first group
        moved = tokens.clone()
        moved[:, place] += 1
        after = attention(moved, GROUPS)
        assert torch.allclose(after[:, 6:], before[:, 6:], atol=1e-6) != seen
        assert not torch.allclose(after[:, 1], before[:, 1], atol=1e-4)


def test_group_attention_gives_the_logits_of_keypoint_and_dense_tokens_own_image_tokens_last() -> None:
    torch.manual_seed(0)
    attention, tokens = MHGA(16, 4, 2, FineLayers()), torch.randn(1, 12, 16)
    out, logits = attention.with_logits(tokens, GROUPS)
    torch.testing.assert_close(out, attention(tokens, GROUPS), atol=1e-5, rtol=1e-4)
    assert [tuple(found.shape) for found in logits] == [(1, 4, 2, 7), (1, 4, 4, 8)]
    q, k, _ = attention.heads_of(attention.qkv(tokens, [6, 6]))
    by_hand = 16**-0.5 * q[:, :, 6:10] @ k[:, :, 10:12].transpose(-1, -2)
    torch.testing.assert_close(logits[1][..., -2:], by_hand, atol=1e-6, rtol=1e-5)


def test_position_embedding_has_the_specified_values() -> None:
    for width, first in (
        (128, (0.382683, 0.923880, 0.290245, 0.956952)),
        (192, (0.382683, 0.923880, 0.318489, 0.947926)),
    ):
        embedding = sine_position(Size(16, 16), width)
        assert embedding.shape == (1, 256, width)
        torch.testing.assert_close(embedding[0, 0, :4], torch.tensor(first), atol=1e-6, rtol=0)
    rows, columns = embedding[0].view(16, 16, 192).split(96, dim=-1)
    assert torch.equal(rows[3, 0], rows[3, 9])
    assert torch.equal(columns[0, 9], columns[3, 9])


def test_patch_vector_runs_over_rows_then_columns_then_channels() -> None:
    patches = PatchEmbedding(2, Size(2, 3), 12).eval()
    with torch.no_grad():
        patches.projection.weight.copy_(torch.eye(12))
        patches.projection.bias.zero_()
    features = torch.arange(2 * 4 * 6, dtype=torch.float32).view(1, 2, 4, 6)
    tokens = patches(features) * (1 + 1e-5) ** 0.5  # undo the BatchNorm's epsilon
    second = [features[0, c, i, 3 + j] for i in range(2) for j in range(3) for c in range(2)]
    torch.testing.assert_close(tokens[0, 1], torch.stack(second), atol=1e-3, rtol=1e-5)


def test_wrong_image_size_is_named() -> None:
    with pytest.raises(InputError, match=r"takes images \[B, 3, 128, 96\], got \[1, 3, 64, 64\]"):
        seeded("gtpt_tiny_coco").eval()(torch.zeros(1, 3, 64, 64))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"pruning": {"keep_rates": (1, 0.7, 0.3, 1.1)}}, "less than or equal to 1"),
        ({"pruning": {"keep_rates": (1, 0.7, 0.3, 0)}}, "greater than 0"),
        ({"pruning": {"keep_rates": (1, 0.3, 0.7, 0.1)}}, "grow from one stage to the next"),
        ({"pruning": {"keep_rates": (1, 0.7, 0.3, 0.001)}}, "leaves 0 slots"),
        ({"heads": 5}, "cannot be cut in 5 heads"),
        ({"input_size": (250, 192)}, "must be a multiple of 16.*nearest: 240, 256"),
        ({"keypoints": "wholebody"}, "human_sparse.*wholebody.*use introduction human_sparse_dense"),
        (
            {"stage_depths": (3, 1, 3, 3)},
            "falls from 1 to 0.7 in layer 3, the last coarse layer.*second stage at least two layers",
        ),
        ({"stage_depths": (0, 3, 3, 3)}, "at least one layer"),
        ({"depth": 3}, "Extra inputs"),
    ],
)
def test_impossible_configs_are_refused(changes: dict[str, object], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        model_config("gtpt_s_coco", changes)


def test_too_few_slots_for_dense_tokens_are_refused_with_a_rate_that_would_do() -> None:
    with pytest.raises(ValidationError, match=r"0.2 of 256 image tokens leaves 51 slots.*'head' needs 68.*0\.266"):
        model_config("gtpt_s_wholebody", {"pruning.keep_rates": (1, 0.7, 0.5, 0.2)})
    model_config("gtpt_s_wholebody", {"pruning.keep_rates": (1, 0.7, 0.5, 0.266)})


def test_unknown_model_names_the_nearest_and_where_all_are_listed() -> None:
    with pytest.raises(InputError, match=r"did you mean gtpt_s_coco or .*\? gtpt-study models lists all \d+$"):
        create_model("gtpt_s_coko")


def test_where_none_is_near_all_models_are_named() -> None:
    with pytest.raises(InputError, match=r"unknown model 'a'; known: gtpt_t_coco, .*, hevitpose_b$"):
        create_model("a")
