"""The pyramid tokenizer of the tiny models: sizes, cost and what is refused."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from gtpt_bench.efficiency.counting.macs import measured_cost
from gtpt_bench.models import build_model
from gtpt_bench.models.catalogue import model_config
from gtpt_bench.models.gtpt.closed_form import gtpt_cost
from gtpt_bench.models.gtpt.tokenizer import PyramidTokenizer
from gtpt_bench.models.sizes import Size

small_channels = st.integers(1, 12)


@settings(max_examples=10)
@given(
    first=small_channels,
    channels=st.tuples(small_channels, small_channels, small_channels),
    blocks=st.tuples(st.integers(0, 2), st.integers(0, 2), st.integers(0, 2)),
    expansion=st.integers(1, 3),
)
def test_closed_form_equals_the_trace(
    first: int, channels: tuple[int, int, int], blocks: tuple[int, int, int], expansion: int
) -> None:
    tokenizer = PyramidTokenizer(
        first_channels=first, level_channels=channels, level_blocks=blocks, expansion=expansion
    )
    config = model_config("gtpt_tiny_coco", {"tokenizer": tokenizer.model_dump(), "width": 8, "heads": 2})
    traced, counted = measured_cost(build_model(config)), gtpt_cost(config)
    assert traced.params == counted.params
    assert traced.macs() == counted.macs()


def test_cost_of_one_level_is_arithmetic() -> None:
    """32 x 32 pixels, 2 channels everywhere, no blocks: four convolutions of 3 x 3 x 2 x (3, 2, 2, 2) weights."""
    tokenizer = PyramidTokenizer(first_channels=2, level_channels=(2, 2, 2), level_blocks=(0, 0, 0))
    cost = tokenizer.cost(Size(32, 32))
    assert cost.conv_macs == 9 * 2 * (3 * 256 + 2 * 64 + 2 * 16 + 2 * 4)
    assert cost.params == 9 * 2 * (3 + 2 + 2 + 2) + 4 * 2 * 2


def test_a_cell_of_the_map_is_sixteen_pixels() -> None:
    tokenizer = PyramidTokenizer(first_channels=4, level_channels=(4, 4, 6), level_blocks=(1, 0, 1))
    features = tokenizer.build()(torch.zeros(1, 3, 64, 48))
    assert features.shape == (1, 6, 4, 3)
    config = model_config("gtpt_tiny_coco")
    assert config.tokenizer.stride == 16
    assert config.grid_size == Size(8, 6)


def test_an_image_that_does_not_divide_is_refused() -> None:
    with pytest.raises(ValidationError, match="width 100 must be a multiple of 16"):
        model_config("gtpt_tiny_coco", {"input_size": (128, 100)})


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"level_channels": (8, 0, 8)}, "every level needs at least one channel"),
        ({"level_blocks": (1, -1, 1)}, "no fewer than 0 blocks"),
    ],
)
def test_impossible_levels_are_refused(changes: dict[str, tuple[int, ...]], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        PyramidTokenizer(**changes)  # type: ignore[arg-type]
