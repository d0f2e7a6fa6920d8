"""Where one looks at the image tokens of a network follows from its config, and is where the network has them."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from gtpt_bench.evaluation.kept_tokens.watched import survivors, watch_cuts_of
from gtpt_bench.models import ModelConfig, build_model, model_config
from gtpt_bench.models.token_stages import EVERYONE, TokenSet, TokenStages, token_stages
from tests.models.small import WHOLE_BODY
from tests.models.small_gtpt import small_config

PPT_SMALL: dict[str, Any] = {"input_size": [64, 48], "depth": 6, "width": 16, "heads": 2}


def stages_of(config: ModelConfig) -> TokenStages:
    stages = token_stages(config)
    assert stages is not None
    return stages


def small_ppt() -> ModelConfig:
    schedule = {"kind": "at_layers", "shares": [[1, 0.5], [4, 0.5]]}
    return model_config("ppt_s", {**PPT_SMALL, "pruning.schedule": schedule})


def test_groups_share_tokens_up_to_the_split_and_have_their_own_from_there() -> None:
    stages = stages_of(small_config())
    assert (stages.grid, stages.cell, stages.ends) == ((8, 6), (8, 8), (1, 3, 5, 7))
    assert stages.left == ((48,), (33,), (14, 14, 14), (4, 4, 4))
    assert [group.name for group in stages.groups] == ["head", "upper limbs", "lower limbs"]
    assert stages.token_sets == (
        *(TokenSet(0, None), TokenSet(1, None)),
        *(TokenSet(stage, group) for stage in (2, 3) for group in range(3)),
    )
    assert [stages.set_of(1, 2), stages.set_of(2, 2)] == [1, 4]
    assert stages.group_of == (0,) * 5 + (1,) * 6 + (2,) * 6


def test_dense_tokens_take_the_slots_of_image_tokens() -> None:
    stages = stages_of(WHOLE_BODY)
    assert stages.left == ((144,), (115,), (100 - 68, 100 - 42, 100 - 6), (86 - 68, 86 - 42, 86 - 6))


@pytest.mark.parametrize("grouping", ["off", "one"])
def test_without_several_groups_there_is_one_row_of_tokens(grouping: str) -> None:
    stages = stages_of(small_config(grouping=grouping))
    assert stages.left == ((48,), (33,), (14,), (4,))
    assert len(stages.groups) == 1
    assert stages.groups[0].keypoints == tuple(range(17))


def test_a_ppt_is_looked_at_before_and_after_each_cut() -> None:
    stages = stages_of(small_ppt())
    assert stages.names == ("start", "from layer 2", "from layer 5")
    assert stages.left == ((16,), (8,), (4,))
    assert [group.name for group in stages.groups] == [EVERYONE]


@pytest.mark.parametrize("name", ["hrnet_w32", "tokenpose_s_v1", "vitpose_s"])
def test_networks_that_keep_all_their_tokens_have_no_stages(name: str) -> None:
    assert token_stages(model_config(name)) is None
    assert token_stages(small_config(**{"pruning.keep_rates": (1, 1, 1, 1)})) is None


@pytest.mark.parametrize(
    "config",
    [
        small_config(),
        small_config(grouping="one"),
        small_config(grouping="off"),
        small_config(grouping="left_right", split_point="inside_first_fine_layer"),
        small_config(pruning={"in_fine_layers": False}),
        WHOLE_BODY,
        small_ppt(),
    ],
    ids=["groups", "one", "off", "inside", "not fine", "whole body", "ppt"],
)
def test_as_many_tokens_survive_as_were_planned(config: ModelConfig) -> None:
    stages, model = stages_of(config), build_model(config).eval()
    with torch.no_grad(), watch_cuts_of(model) as cuts:
        model(torch.randn(2, 3, *config.input_size))
        masks = survivors(stages, cuts, 2)
    planned = [stages.left[stage][group or 0] for stage, group in stages.token_sets]
    assert masks.sum(-1).tolist() == [planned, planned]


def test_a_fused_token_has_no_place_and_what_is_gone_stays_gone() -> None:
    config = small_config(pruning={"dropped": "fused"})
    stages, model = stages_of(config), build_model(config).eval()
    with torch.no_grad(), watch_cuts_of(model) as cuts:
        model(torch.randn(2, 3, *config.input_size))
        masks = survivors(stages, cuts, 2)
    assert masks[:, 1].sum(-1).tolist() == [32, 32]
    for group in range(3):
        earlier, later = masks[:, stages.set_of(2, group)], masks[:, stages.set_of(3, group)]
        assert (later <= earlier).all()
        assert (earlier <= masks[:, 1]).all()
