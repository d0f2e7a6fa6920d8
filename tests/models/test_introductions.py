"""When which keypoint tokens enter, what they are made of, and who ranks image tokens meanwhile (ablations.md §3.3)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
import torch
from pydantic import ValidationError

from gtpt_bench.models import model_config
from gtpt_bench.models.gtpt.closed_form import gtpt_cost
from gtpt_bench.models.gtpt.kept import watch_kept_tokens
from tests.models.small import BODY, UNPRUNED, WHOLE_BODY, Recorded, built, pictures, shapes

PARTS = {"introduction": {"kind": "human_parts_sparse"}}
KEEP_HUMAN = {"introduction": {"kind": "human_sparse_keep_human"}}
AT_START = {"introduction": {"kind": "all_at_start"}}
SPARSE_DENSE = {"introduction": {"kind": "sparse_dense"}}
LEARNED = {"introduction": {"kind": "sparse_dense", "dense_tokens": {"kind": "learned"}}}
OFF = {"grouping": {"kind": "off"}}
LATE = {"stage_depths": (3, 6, 2, 1), "introduction": {"kind": "human_sparse", "layer": 6}}


@pytest.mark.parametrize(
    ("name", "changes", "asking", "fed"),
    [
        ("gtpt_s_coco", {}, [1] * 4 + [17] * 2, [1] * 3 + [17] * 3),
        ("gtpt_s_coco", KEEP_HUMAN, [1] * 4 + [18] * 2, [1] * 3 + [18] * 3),
        ("gtpt_s_coco", PARTS, [1] * 3 + [5] * 3, [1] * 2 + [5] * 3 + [17]),
        ("gtpt_s_coco", AT_START, [17] * 6, [17] * 6),
        ("gtpt_s_coco", LATE, [1] * 7 + [17] * 2, [1] * 6 + [17] * 3),
        ("gtpt_s_coco", OFF, [1] * 4 + [17] * 8, [1] * 3 + [17] * 9),
        ("gtpt_s_wholebody", {}, [1] * 4 + [22] * 2, [1] * 3 + [22] * 3),
        ("gtpt_s_wholebody", SPARSE_DENSE, [22] * 6, [22] * 6),
        ("gtpt_s_wholebody", LEARNED, [17] * 6, [17] * 6),
        ("gtpt_s_wholebody", AT_START, [133] * 6, [133] * 6),
        ("gtpt_s_wholebody", LEARNED | OFF, [17] * 6 + [133] * 6, [17] * 6 + [133] * 6),
        ("gtpt_s_wholebody", OFF, [1] * 4 + [22] * 2 + [133] * 6, [1] * 3 + [22] * 3 + [133] * 6),
    ],
)
def test_keypoint_tokens_in_attention_and_after_it_layer_by_layer(
    name: str, changes: Mapping[str, Any], asking: list[int], fed: list[int]
) -> None:
    coarse = model_config(name, changes).schedule.coarse
    assert [layer.attention[0].keypoints for layer in coarse] == asking
    assert [layer.feed_forward[0].keypoints for layer in coarse] == fed


def test_nothing_is_dropped_for_dense_tokens_that_enter_without_a_split() -> None:
    config = model_config("gtpt_s_wholebody", {**LEARNED, **OFF, **UNPRUNED})
    assert {layer.attention[0].image for layer in config.schedule.layers} == {256}
    assert config.schedule.fine == ()


@pytest.mark.parametrize(
    ("changes", "names"),
    [
        ({}, {"human_token": 1, "body_tokens": 17}),
        (KEEP_HUMAN, {"human_token": 1, "body_tokens": 17}),
        (PARTS, {"human_token": 1, "region_tokens": 5, "body_tokens": 17}),
        (AT_START, {"body_tokens": 17}),
    ],
)
def test_learnable_tokens_of_the_body(changes: Mapping[str, Any], names: dict[str, int]) -> None:
    assert shapes(built(BODY, changes).tokens) == {name: (1, count, 16) for name, count in names.items()}


def test_a_sparse_token_is_the_human_token_plus_what_was_learned_for_it() -> None:
    tokens, human = built(BODY).tokens, torch.randn(2, 1, 16).double()
    sparse = tokens.advance(1, human)
    torch.testing.assert_close(sparse, human.expand(-1, 17, -1) + tokens.body_tokens)
    torch.testing.assert_close(tokens.advance(1, human + 1), sparse + 1)
    with torch.no_grad():
        tokens.body_tokens[:, 5] += 1
    moved = tokens.advance(1, human) - sparse
    assert moved.detach().abs().sum((0, 2)).nonzero().flatten().tolist() == [5]


def test_the_human_token_that_stays_is_first_and_untouched() -> None:
    tokens, human = built(BODY, KEEP_HUMAN).tokens, torch.randn(2, 1, 16).double()
    entered = tokens.advance(1, human)
    assert torch.equal(entered[:, :1], human)
    torch.testing.assert_close(entered[:, 1:], human + tokens.body_tokens)


def test_regions_grow_out_of_the_human_token_and_joints_out_of_their_region() -> None:
    tokens, human = built(BODY, PARTS).tokens, torch.randn(2, 1, 16).double()
    regions = tokens.advance(1, human)
    torch.testing.assert_close(regions, human + tokens.region_tokens)
    joints = tokens.advance(2, regions) - tokens.body_tokens
    for region, (first, end) in enumerate([(0, 5), (5, 8), (8, 11), (11, 14), (14, 17)]):
        torch.testing.assert_close(joints[:, first:end], regions[:, region : region + 1].expand(-1, end - first, -1))


def ranking_rows(model: Any) -> list[list[int]]:
    """For each group, the keypoint tokens of the last layer before the split that rank its image tokens."""
    cuts = list(model.fine.split.cuts)
    recorded = Recorded(model, model.coarse, *cuts)
    logits = recorded.outputs[model.coarse].asked.logits
    asked = [recorded.inputs[cut][0].logits for cut in cuts]
    assert all(len(set(map(float, logits[0, 0, :, -1]))) == logits.shape[2] for _ in asked)  # rows can be told apart
    return [
        [row for row in range(logits.shape[2]) if any(torch.equal(logits[:, :, row], own) for own in group.unbind(2))]
        for group in asked
    ]


BODY_GROUPS = [list(range(5)), list(range(5, 11)), list(range(11, 17))]
WITH_PARTS = [[0, *range(5, 10)], [1, 2, *range(10, 16)], [3, 4, *range(16, 22)]]
WITH_DENSE = [
    [*range(5), *range(17, 85)],  # dense tokens lie behind the joints in the order face, hands, feet
    [*range(5, 11), *range(85, 127)],
    [*range(11, 17), *range(127, 133)],
]


@pytest.mark.parametrize(
    ("whole", "changes", "rows"),
    [
        (False, {}, BODY_GROUPS),
        (False, AT_START, BODY_GROUPS),
        (False, KEEP_HUMAN, [list(range(6)), list(range(6, 12)), list(range(12, 18))]),
        (False, PARTS, [[0], [1, 2], [3, 4]]),
        (False, {"introduction": {"kind": "human_sparse", "layer": 2}}, [[0], [0], [0]]),
        (True, {}, WITH_PARTS),
        (True, SPARSE_DENSE, WITH_PARTS),
        (True, LEARNED, BODY_GROUPS),
        (True, AT_START, WITH_DENSE),
    ],
)
def test_a_group_is_ranked_at_the_split_by_the_tokens_that_stand_for_its_keypoints(
    whole: bool, changes: Mapping[str, Any], rows: list[list[int]]
) -> None:
    assert ranking_rows(built(WHOLE_BODY if whole else BODY, changes)) == rows


def test_groups_that_only_the_human_token_ranks_keep_the_same_tokens() -> None:
    for layer, same in ((3, True), (2, False)):
        changes = {"stage_depths": (2, 2, 2, 2), "introduction": {"kind": "human_sparse", "layer": layer}}
        model = built(BODY, changes)
        with torch.no_grad(), watch_kept_tokens(model) as kept:
            model(pictures(BODY))
        first, *others = [cut.grid_index.sort().values.tolist() for cut in kept if cut.at_split]
        assert len(others) == 2
        assert all(other == first for other in others) == same


def test_the_first_cut_is_ranked_by_all_keypoint_tokens_there_are_then() -> None:
    for config, changes, rows in (
        (BODY, {}, 1),
        (BODY, AT_START, 17),
        (WHOLE_BODY, SPARSE_DENSE, 22),
        (WHOLE_BODY, AT_START, 133),
    ):
        model = built(config, changes)
        cut = model.coarse.cuts[1]
        assert Recorded(model, cut).inputs[cut][0].logits.shape[2] == rows


def test_the_kept_human_token_leads_the_first_group_is_seen_by_all_and_is_no_output() -> None:
    config = BODY.changed(KEEP_HUMAN)
    assert [group.keypoints for group in config.schedule.split] == [6, 6, 6]
    assert config.schedule.fine[0].keys == (18 + 19,) * 3  # nobody is masked: 18 shared keys and one's own image tokens
    assert gtpt_cost(config).inert_macs == 0  # no dummy fills a slot
    model = built(config)
    recorded = Recorded(model, model.coarse, model.fine.split)
    coarse, fine = model.coarse.end(recorded.outputs[model.coarse]), recorded.outputs[model.fine.split]
    assert torch.equal(fine.x[:, 0], coarse.keypoints[:, 0])
    step = config.schedule.fine[0].attention
    attention = model.fine.layers[0].attention
    with torch.no_grad():
        moved = fine.x.clone()
        moved[:, 0] += 1
        assert ((attention(moved, step) - attention(fine.x, step)).abs().amax(-1) > 1e-9).all()
        last = config.schedule.fine[-1]
        numbered = torch.arange(sum(group.queries for group in last.feed_forward)).double()[None, :, None]
        slots = model.fine.keypoint_tokens(numbered, last)[0, :, 0].int().tolist()
    assert slots == [*range(1, 6), *range(12, 18), *range(24, 30)]


NO_DENSE_TOKENS = (
    "has no dense tokens, but keypoints 'wholebody' have.*human_sparse_dense, sparse_dense or all_at_start"
)
NO_DENSE_PARTS = "grows dense tokens, but keypoints 'coco' have no dense parts; use introduction human_sparse"


@pytest.mark.parametrize(
    ("name", "introduction", "message"),
    [
        ("gtpt_s_wholebody", {"kind": "human_sparse"}, f"'human_sparse' {NO_DENSE_TOKENS}"),
        ("gtpt_s_wholebody", {"kind": "human_sparse_keep_human"}, f"'human_sparse_keep_human' {NO_DENSE_TOKENS}"),
        ("gtpt_s_wholebody", {"kind": "human_parts_sparse"}, f"'human_parts_sparse' {NO_DENSE_TOKENS}"),
        ("gtpt_s_coco", {"kind": "human_sparse_dense"}, f"'human_sparse_dense' {NO_DENSE_PARTS}"),
        ("gtpt_s_coco", {"kind": "sparse_dense"}, f"'sparse_dense' {NO_DENSE_PARTS}"),
        ("gtpt_s_coco", {"kind": "human_parts_sparse", "region_sizes": (8, 8)}, "sum up to 16, but.*'coco' are 17"),
        ("gtpt_s_coco", {"kind": "human_parts_sparse", "layers": (5, 2)}, "regions must enter before sparse tokens"),
        ("gtpt_s_coco", {"kind": "human_sparse", "layer": 6}, "introduction.layer 6.*stage_depths gives.*0 to 5"),
        ("gtpt_s_wholebody", {"kind": "human_sparse_dense", "layer": 6}, "introduction.layer 6.*stage_depths"),
    ],
)
def test_what_does_not_fit_is_refused_with_what_would(name: str, introduction: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        model_config(name, {"introduction": introduction})
