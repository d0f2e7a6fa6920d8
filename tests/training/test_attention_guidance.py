"""Attention guidance is the cross-entropy between where a sparse token looks and where its keypoint is."""

from __future__ import annotations

import math

import pytest
import torch

from gtpt_bench.models.catalogue import model_config
from gtpt_bench.models.gtpt.model import GTPT, TokenAttention, TrainingLogits
from gtpt_bench.models.sizes import Size
from gtpt_bench.training.guidance import guidance_loss, looked_at

GRID, INPUT = Size(4, 3), Size(64, 48)
"""Cells of 16 x 16 pixels: the centre of the cell in row r, column c is at (16 c + 8, 16 r + 8)."""

UNIFORM = torch.zeros(1, 2, 1, GRID.area)
EVERY_CELL = torch.arange(GRID.area)[None]


def guided(attention: torch.Tensor, x: float, y: float, visibility: float = 1.0) -> float:
    """Of one keypoint; its token is the only one, and every image token is there."""
    keypoints, visible = torch.tensor([[[x, y]]]), torch.tensor([[visibility]])
    everything = TokenAttention(attention, EVERY_CELL, rows=(0,))
    return float(guidance_loss(everything, keypoints, visible, sparse=(0,), grid=GRID, input_size=INPUT))


def looking_at(row: int, column: int) -> torch.Tensor:
    attention = torch.full((1, 2, 1, GRID.area), -30.0)
    attention[..., row * GRID.width + column] = 0.0
    return attention


def test_looking_everywhere_costs_the_logarithm_of_the_number_of_tokens() -> None:
    assert guided(UNIFORM, 24, 40) == pytest.approx(math.log(GRID.area), abs=1e-4)


def test_looking_at_the_keypoint_costs_nothing() -> None:
    assert guided(looking_at(2, 1), x=24, y=40) == pytest.approx(0, abs=1e-4)
    assert guided(looking_at(1, 2), x=24, y=40) > 10


def test_a_keypoint_between_tokens_is_shared_by_its_neighbours() -> None:
    """A quarter of the way from one centre to the next: three parts of the target to one."""
    expected = 0.25 * -math.log(1e-6)
    assert guided(looking_at(2, 1), x=28, y=40) == pytest.approx(expected, rel=1e-3)


def test_one_head_that_looks_there_is_worth_half_of_two() -> None:
    attention = torch.cat((looking_at(2, 1)[:, :1], looking_at(0, 0)[:, :1]), dim=1)
    assert guided(attention, x=24, y=40) == pytest.approx(math.log(2), abs=1e-3)


@pytest.mark.parametrize(("x", "y", "visibility"), [(24, 40, 0), (-1, 40, 1), (48, 40, 1), (24, 64, 1)])
def test_keypoints_without_label_or_outside_the_crop_weigh_nothing(x: float, y: float, visibility: float) -> None:
    assert guided(UNIFORM, x, y, visibility) == 0


# Which token stands for whom, and where image tokens are


def test_each_keypoint_is_looked_up_in_the_row_of_its_token() -> None:
    """Two part tokens come first, and keypoints 4 and 1 share the last row."""
    logits = torch.cat([looking_at(0, 0), looking_at(0, 1), looking_at(2, 2), looking_at(3, 0)], dim=2)
    attention = TokenAttention(logits, EVERY_CELL, rows=(2, 3, 3))
    keypoints = torch.full((1, 5, 2), -1.0)
    keypoints[0, 3], keypoints[0, 4], keypoints[0, 1] = (
        torch.tensor(place) for place in ([40.0, 40], [8, 56], [8, 56])
    )
    loss = guidance_loss(attention, keypoints, torch.ones(1, 5), sparse=(3, 4, 1), grid=GRID, input_size=INPUT)
    assert float(loss) == pytest.approx(0, abs=1e-4)
    swapped = guidance_loss(attention, keypoints, torch.ones(1, 5), sparse=(4, 3, 1), grid=GRID, input_size=INPUT)
    assert float(swapped) > 5


def test_labels_are_those_of_the_sparse_keypoints() -> None:
    """One labelled keypoint of three that are sparse, and two labelled ones that are not."""
    attention = TokenAttention(UNIFORM, EVERY_CELL, rows=(0, 0, 0))
    visible, keypoints = torch.tensor([[1.0, 0, 1, 1, 0]]), torch.full((1, 5, 2), 20.0)
    loss = guidance_loss(attention, keypoints, visible, sparse=(3, 4, 1), grid=GRID, input_size=INPUT)
    assert float(loss) == pytest.approx(math.log(GRID.area) / 3, abs=1e-4)


def test_kept_tokens_are_put_back_where_they_were_and_pruned_ones_get_nothing() -> None:
    """Each image of the batch keeps tokens of its own, in any order; in a logit of log 3 one looks thrice."""
    logits = torch.tensor([0.0, math.log(3)]).expand(2, 2, 1, 2)
    index = torch.tensor([[7, 2], [0, 11]])
    looked = looked_at(TokenAttention(logits, index, rows=(0,)), num_cells=GRID.area)
    expected = torch.zeros(2, 1, GRID.area)
    expected[0, 0, 7], expected[0, 0, 2] = 0.25, 0.75
    expected[1, 0, 0], expected[1, 0, 11] = 0.25, 0.75
    torch.testing.assert_close(looked, expected)


def test_what_fused_tokens_get_belongs_to_no_cell() -> None:
    """Two fused tokens and one kept at cell 3, all looked at alike."""
    index = torch.tensor([[-1, 3, -1]])
    looked = looked_at(TokenAttention(torch.zeros(1, 2, 1, 3), index, rows=(0,)), num_cells=GRID.area)
    expected = torch.zeros(1, 1, GRID.area)
    expected[0, 0, 3] = 1 / 3
    torch.testing.assert_close(looked, expected)


def test_one_index_may_serve_the_whole_batch() -> None:
    logits = torch.randn(3, 2, 1, GRID.area)
    looked = looked_at(TokenAttention(logits, EVERY_CELL, rows=(0,)), num_cells=GRID.area)
    torch.testing.assert_close(looked, logits.softmax(-1).mean(1))


def test_a_keypoint_whose_token_was_pruned_costs_much_but_pulls_at_nothing() -> None:
    logits = torch.zeros(1, 1, 1, 2, requires_grad=True)
    attention = TokenAttention(logits, torch.tensor([[0, 1]]), rows=(0,))
    keypoint = torch.tensor([[[24.0, 40.0]]])
    loss = guidance_loss(attention, keypoint, torch.ones(1, 1), sparse=(0,), grid=GRID, input_size=INPUT)
    loss.backward()
    assert float(loss.detach()) == pytest.approx(-math.log(1e-6), rel=1e-4)
    assert logits.grad is not None
    assert not logits.grad.any()


# From the model


@pytest.mark.parametrize("full_pass", [True, False])
@pytest.mark.parametrize("keep_rates", [(1, 1, 1, 1), (1, 0.7, 0.3, 0.1)], ids=str)
def test_every_schedule_hands_out_attention_that_can_be_guided(keep_rates: tuple[float, ...], full_pass: bool) -> None:
    """On all image tokens if some pass keeps them, else on those of the pruned pass: ⌊0.7 · 64⌋."""
    config = model_config("gtpt_tiny_coco", {"pruning.keep_rates": list(keep_rates)})
    logits = GTPT(config).train()(torch.zeros(2, 3, *config.input_size), full_pass=full_pass)
    assert isinstance(logits, TrainingLogits)
    assert logits.attention is not None
    every = full_pass or keep_rates[1] == 1
    num_tokens = config.num_image_tokens if every else int(0.7 * config.num_image_tokens)
    assert logits.attention.logits.shape == (2, config.heads, 17, num_tokens)
    looked = looked_at(logits.attention, num_cells=config.num_image_tokens)
    torch.testing.assert_close(looked.sum(-1), torch.ones(2, 17))
    assert ((looked > 0).sum(-1) == num_tokens).all()


def test_dense_keypoints_are_not_guided() -> None:
    """WholeBody has 133 keypoints but 17 sparse tokens: only these look at image tokens in the coarse layers."""
    config = model_config("gtpt_tiny_wholebody")
    logits = GTPT(config).train()(torch.zeros(1, 3, *config.input_size))
    assert len(logits.attention.rows) == 17
    keypoints, visibility = torch.full((1, 133, 2), 10.0), torch.ones(1, 133)
    for visible, guides in ((visibility, True), (visibility.index_fill(1, torch.arange(17), 0), False)):
        loss = guidance_loss(
            logits.attention,
            keypoints,
            visible,
            sparse=config.keypoint_set.sparse,
            grid=config.grid_size,
            input_size=config.input_size,
        )
        assert (float(loss.detach()) > 0) == guides
