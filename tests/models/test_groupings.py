"""Which keypoints form a group, and what the network is with many groups, one or none (ablations.md §3.4)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
import torch
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError
from torch import nn

from gtpt_bench.keypoints import KEYPOINT_SETS
from gtpt_bench.models import model_config
from gtpt_bench.models.gtpt.closed_form import gtpt_cost
from gtpt_bench.models.gtpt.config import GTPTConfig
from gtpt_bench.models.gtpt.fine_net import GroupedEnd
from gtpt_bench.models.gtpt.grouping import (
    LeftRightGrouping,
    OneGroup,
    PaperGrouping,
    PerLimbGrouping,
    RandomGrouping,
)
from gtpt_bench.models.gtpt.kept import watch_kept_tokens
from tests.models.small import BODY, UNPRUNED, WHOLE_BODY, Recorded, built, pictures

PRESETS = (PaperGrouping(), PerLimbGrouping(), LeftRightGrouping(), OneGroup(), RandomGrouping())
INSIDE = {"split_point": "inside_first_fine_layer"}
OFF = {"grouping": {"kind": "off"}}


@pytest.mark.parametrize("keypoints", KEYPOINT_SETS.values(), ids=lambda keypoints: keypoints.name)
@pytest.mark.parametrize("preset", PRESETS, ids=lambda preset: preset.kind)
def test_every_keypoint_is_in_exactly_one_group_of_a_preset(preset: Any, keypoints: Any) -> None:
    groups = preset.of(keypoints)
    assert sorted(k for group in groups for k in group.keypoints) == list(range(len(keypoints)))
    assert all(set(group.sparse) <= set(keypoints.sparse) for group in groups)
    assert all(set(group.dense) <= set(keypoints.dense) for group in groups)


def test_the_papers_groups_are_head_arms_and_legs_with_their_dense_parts() -> None:
    groups = model_config("gtpt_s_wholebody").groups
    assert [group.sparse for group in groups] == [tuple(range(5)), tuple(range(5, 11)), tuple(range(11, 17))]
    assert [group.dense for group in groups] == [tuple(range(23, 91)), tuple(range(91, 133)), tuple(range(17, 23))]


def test_random_groups_come_from_their_seed_and_parts_go_with_their_anchor() -> None:
    for keypoints in KEYPOINT_SETS.values():
        groups = RandomGrouping(seed=1, num_groups=4).of(keypoints)
        assert groups == RandomGrouping(seed=1, num_groups=4).of(keypoints)
        assert groups != RandomGrouping(seed=2, num_groups=4).of(keypoints)
        assert max(len(group.sparse) for group in groups) - min(len(group.sparse) for group in groups) <= 1
        for part in keypoints.dense_parts:
            (home,) = [group for group in groups if part.anchor in group.sparse]
            assert set(part.keypoints) <= set(home.dense)


def read(text: str, base: GTPTConfig) -> GTPTConfig:
    """The config that a user's YAML gives on top of a small one."""
    return base.changed(yaml.safe_load(text))


BY_NAME = """
groups:
  head: [nose, left_eye, right_eye, left_ear, right_ear, left_shoulder, right_shoulder, left_elbow]
  one: [right_ankle]
  rest: [8, 9, 10, left_hip, right_hip, left_knee, right_knee, left_ankle]
"""
FACE_ALONE = """
groups:
  face: [face]
  body: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, left hand, right hand, left foot, right foot]
"""


def test_own_groups_of_unequal_sizes_by_name_and_place() -> None:
    config = read(BY_NAME, BODY)
    groups = [(group.name, group.sparse) for group in config.groups]
    assert groups == [("head", tuple(range(8))), ("one", (16,)), ("rest", tuple(range(8, 16)))]
    assert [group.queries for group in config.schedule.split] == [8 + 19, 1 + 19, 8 + 19]
    assert built(config)(pictures(BODY)).x.shape == (2, 17, 128)


def test_a_group_may_have_dense_keypoints_only_by_the_name_of_their_part() -> None:
    config = read(FACE_ALONE, WHOLE_BODY)
    assert [(group.keypoints, group.dense) for group in config.schedule.split] == [(0, 68), (17, 48)]
    model = built(config)
    assert model.fine.split.rows[0].asking.tolist() == [0]  # the face's part token alone ranks for it
    assert built(config)(pictures(config)).x.isfinite().all()


def test_a_group_that_nobody_could_rank_for_is_refused() -> None:
    learned = WHOLE_BODY.changed({"introduction.dense_tokens": {"kind": "learned"}})
    with pytest.raises(ValidationError, match=r"group 'face' has only dense keypoints.*dense_tokens learned.*part_add"):
        read(FACE_ALONE, learned)


@pytest.mark.parametrize("kind", ["sparse_dense", "human_sparse_dense", "all_at_start"])
def test_a_dense_part_of_a_single_keypoint_gets_one_dense_token(kind: str) -> None:
    keypoints = {
        "name": "pen",
        "names": ["tip", "cap", "clip"],
        "dense_parts": {"end": {"keypoints": ["clip"], "anchor": "cap"}},
        "groups": {"paper": {"all": ["tip", "cap", "clip"]}},
    }
    config = BODY.changed({"keypoints": keypoints, "introduction": {"kind": kind}})
    assert [(group.keypoints, group.dense) for group in config.schedule.split] == [(2, 1)]
    assert built(config)(pictures(config)).x.shape == (2, 3, 128)


@pytest.mark.parametrize(
    ("groups", "message"),
    [
        ({"head": range(16)}, "keypoint 'right_ankle' of 'coco' stands in no group"),
        ({"head": range(15)}, "keypoint 'left_ankle' and 1 more of 'coco' stands in no group"),
        (
            {"head": range(17), "rest": ["nose"]},
            "keypoint 'nose' stands in the groups twice; each belongs to exactly one",
        ),
        ({"head": [*range(16), "right_ankel"]}, "unknown keypoint 'right_ankel'; did you mean 'right_ankle'"),
        ({"head": [*range(16), 17]}, "no keypoint 17; they count from 0 to 16"),
        ({"head": range(17), "rest": []}, "group 'rest' has no keypoints; leave it out"),
    ],
)
def test_groups_that_are_no_partition_are_refused_in_one_line(groups: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=message) as refused:
        model_config("gtpt_s_coco", {"groups": {name: list(group) for name, group in groups.items()}})
    assert "\n" not in refused.value.errors()[0]["msg"]


def test_more_random_groups_than_sparse_keypoints_are_refused() -> None:
    with pytest.raises(
        ValidationError, match=r"grouping\.num_groups 18 is more than the 17 sparse keypoints of 'coco'"
    ):
        model_config("gtpt_s_coco", {"grouping": {"kind": "random", "num_groups": 18}})


@settings(max_examples=10)
@given(
    base=st.sampled_from([BODY, WHOLE_BODY]),
    grouping=st.one_of(
        st.just({"kind": "paper"}),
        st.integers(0, 99).map(lambda seed: {"kind": "random", "seed": seed, "num_groups": 3}),
    ),
    order=st.permutations(range(3)),
)
def test_the_order_of_groups_does_not_matter(base: GTPTConfig, grouping: dict[str, Any], order: list[int]) -> None:
    """Any partition in another order, with the gate's channels in that order: the same logits."""
    base = base.changed(
        {"grouping": grouping, "pruning.keep_rates": (1, 1, 1, 1)} if base == WHOLE_BODY else {"grouping": grouping}
    )
    groups = {base.groups[place].name: base.groups[place].keypoints for place in order}
    model, relabelled = built(base), built(base, {"groups": groups}, seed=1)
    state = model.state_dict()
    for key in ("fine.split.gate.expand.weight", "fine.split.gate.expand.bias"):
        blocks = state[key].chunk(3)
        state[key] = torch.cat([blocks[place] for place in order])
    missing = relabelled.load_state_dict(state, strict=True)
    assert not missing.missing_keys
    with torch.no_grad():
        expected, found = model(pictures(base)), relabelled(pictures(base))
    torch.testing.assert_close(found.x, expected.x)
    torch.testing.assert_close(found.y, expected.y)


@pytest.mark.parametrize("name", ["gtpt_s_coco", "gtpt_s_wholebody"])
def test_without_grouping_all_layers_are_plain(name: str) -> None:
    config = model_config(name, OFF)
    assert not config.schedule.fine
    assert not config.schedule.split
    assert len(config.schedule.coarse) == config.num_mhsa_layers == 12
    assert all(layer.keys == (layer.attention[0].queries,) for layer in config.schedule.coarse)
    gate = 192 * 96 + 96 + 96 * 3 * 192 + 3 * 192  # the only parameters that go
    assert gtpt_cost(config).params == gtpt_cost(model_config(name)).params - gate


def test_without_grouping_there_is_no_split_and_all_keypoints_share_the_kept_tokens() -> None:
    model = built(BODY, OFF)
    assert not [name for name, _ in model.named_parameters() if name.startswith("fine.")]
    with torch.no_grad(), watch_kept_tokens(model) as kept:
        model(pictures(BODY))
    assert [(cut.layer, cut.group, cut.at_split, cut.grid_index.shape[1]) for cut in kept] == [
        (1, None, False, 44),
        (3, None, False, 19),
        (4, None, False, 6),
    ]
    cut = model.coarse.cuts[3]
    assert Recorded(model, cut).inputs[cut][0].logits.shape[2] == 17


def test_a_single_group_keeps_gate_and_split() -> None:
    model = built(BODY, {"grouping": {"kind": "one"}})
    assert isinstance(model.fine, GroupedEnd)
    assert isinstance(model.fine.split.gate, nn.Module)
    assert model.fine.split.gate.expand.weight.shape == (16, 8)
    assert [(group.keypoints, group.image) for group in model.schedule.split] == [(17, 19)]
    with torch.no_grad(), watch_kept_tokens(model) as kept:
        model(pictures(BODY))
    assert [(cut.layer, cut.group, cut.at_split) for cut in kept] == [(1, None, False), (3, 0, True), (4, 0, False)]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"fine_layers.exchange": {"kind": "full"}}, "fine_layers.exchange changes.*with grouping off.*grouping one"),
        ({"fine_layers.ffn_dropout": 0.1}, "fine_layers.ffn_dropout changes.*with grouping off.*grouping one"),
        (INSIDE, "split_point inside_first_fine_layer moves.*with grouping off.*grouping one"),
    ],
)
def test_switches_of_groups_are_refused_where_there_are_none(changes: Mapping[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        model_config("gtpt_s_coco", {**OFF, **changes})


def test_a_split_inside_the_first_fine_layer_lets_it_attend_plainly() -> None:
    config, usual = model_config("gtpt_s_coco", INSIDE), model_config("gtpt_s_coco")
    layer = config.schedule.layers[6]
    assert [(group.keypoints, group.image) for group in layer.attention] == [(17, 179)]
    assert layer.keys == (196,)
    assert layer.feed_forward == usual.schedule.split
    assert (len(config.schedule.coarse), len(config.schedule.fine)) == (7, 5)
    assert config.schedule.layers[7:] == usual.schedule.layers[7:]
    assert gtpt_cost(config).params == gtpt_cost(usual).params


@pytest.mark.parametrize("base", [BODY, WHOLE_BODY], ids=["body", "whole body"])
def test_a_split_inside_a_layer_reads_tokens_after_its_attention_and_feeds_groups(base: GTPTConfig) -> None:
    model = built(base, {**INSIDE, **UNPRUNED})
    split, layer = model.fine.split, model.coarse.layers[-1]
    parts = (split.gate, split, layer.attention_norm, layer.attention.out, layer.feed_forward)
    recorded = Recorded(model, *parts, model.fine.layers[0].attention_norm)
    attended = recorded.inputs[layer.attention_norm][0] + recorded.outputs[layer.attention.out]
    (gated,) = recorded.inputs[split.gate]
    torch.testing.assert_close(gated, attended[:, -gated.shape[1] :])
    fine, fed = recorded.outputs[split], recorded.outputs[layer.feed_forward]
    (entering,) = recorded.inputs[model.fine.layers[0].attention_norm]
    torch.testing.assert_close(entering, fine.x + fed + fine.position)


def test_neither_pass_may_prune_in_the_layer_that_ranks_for_the_split() -> None:
    rates = {
        "pruning.keep_rates": (1, *[0.5] * 3, *[0.3] * 3, *[0.1] * 3),
        "pruning.full_pass_keep_rates": (1, 0.5, 0.5, 0.5),
    }
    with pytest.raises(
        ValidationError, match=r"pruning\.full_pass_keep_rates falls from 1 to 0.5 in layer 3, the last"
    ):
        model_config("gtpt_s_coco", {"stage_depths": (3, 1, 3, 3), **rates})
    model_config("gtpt_s_coco", {"stage_depths": (3, 1, 3, 3), **rates, **INSIDE})
