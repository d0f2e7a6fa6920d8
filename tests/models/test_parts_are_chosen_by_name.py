"""How a part is named: a bare name, a mapping with its fields, or dotted keys in any order."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from gtpt_bench.models import model_config
from gtpt_bench.models.gtpt.config import GTPTConfig
from gtpt_bench.study.yaml_source import first_problem
from gtpt_bench.training.config import TrainingConfig


@pytest.mark.parametrize(
    ("part", "name"),
    [
        ("tokenizer", "linear"),
        ("introduction", "all_at_start"),
        ("grouping", "off"),
        ("fine_layers.exchange", "isolated"),
        ("fine_layers.weights", "ffn"),
        ("pruning.score", "random"),
        ("pruning.selection", "gumbel_topk"),
        ("pruning.dropped", "merged"),
        ("head", "two_head"),
    ],
)
def test_a_bare_name_is_the_part_with_its_defaults(part: str, name: str) -> None:
    assert model_config("gtpt_s_coco", {part: name}) == model_config("gtpt_s_coco", {part: {"kind": name}})


def test_parts_of_training_have_bare_names_too() -> None:
    recipe = TrainingConfig.model_validate({"ema": "off", "schedule": "cosine", "warmup": "none"})
    assert (recipe.ema.kind, recipe.schedule.kind, recipe.warmup.kind) == ("off", "cosine", "none")


def test_a_new_kind_by_dotted_key_starts_the_part_anew() -> None:
    changes: dict[str, Any] = {"tokenizer.blocks": 2, "tokenizer.kind": "resnet"}
    expected = model_config("gtpt_s_coco", {"tokenizer": {"kind": "resnet", "blocks": 2}})
    assert model_config("gtpt_s_coco", changes) == expected
    assert model_config("gtpt_s_coco", dict(reversed(changes.items()))) == expected


def test_the_same_kind_by_dotted_key_leaves_the_part_as_it_is() -> None:
    assert model_config("gtpt_t_coco", {"tokenizer.kind": "shuffle"}) == model_config("gtpt_t_coco")


def test_a_field_beside_a_bare_name_belongs_to_it() -> None:
    config = model_config("gtpt_s_coco", {"grouping": "random"}).changed({"grouping.seed": 3})
    assert config == model_config("gtpt_s_coco", {"grouping": {"kind": "random", "seed": 3}})
    assert model_config("gtpt_s_coco", {"grouping": "random", "grouping.seed": 3}) == config


@pytest.mark.parametrize(
    ("changes", "path", "reason"),
    [
        ({"grouping": "ofv"}, ("grouping",), "unknown kind 'ofv'; did you mean 'off'? allowed: paper, one, "),
        ({"pruning.score": "orakel"}, ("pruning", "score"), "unknown kind 'orakel'; did you mean 'oracle'?"),
        ({"pruning.score.kid": 1}, ("pruning", "score", "kid"), "unknown key; did you mean 'kind'?"),
        ({"grouping": False}, ("grouping",), "a mapping of its keys is expected, or the bare name of its kind"),
        ({"stage_depths": [3, 3, 3]}, ("stage_depths", 3), "4 or more values are expected, got 3"),
        ({"grouping.num_groups": 2}, ("grouping", "num_groups"), "unknown key; allowed: kind"),
    ],
    ids=["kind", "kind inside a part", "key", "no part", "too few values", "key of another kind"],
)
def test_a_wrong_name_is_answered_with_the_right_ones(
    changes: dict[str, Any], path: tuple[str, ...], reason: str
) -> None:
    with pytest.raises(ValidationError) as refused:
        model_config("gtpt_s_coco", changes)
    found, words = first_problem(refused.value, GTPTConfig)
    assert found == path
    assert words.startswith(reason)


def test_groups_in_short_are_the_users_own_grouping() -> None:
    groups = {"upper": list(range(11)), "lower": list(range(11, 17))}
    short, long = {"groups": groups}, {"grouping": {"kind": "own", "groups": groups}}
    assert model_config("gtpt_s_coco", short) == model_config("gtpt_s_coco", long)


def test_groups_beside_a_grouping_are_refused() -> None:
    with pytest.raises(ValidationError, match="groups and grouping both say which keypoints go together"):
        model_config("gtpt_s_coco", {"groups": {"all": list(range(17))}, "grouping": "one"})


def test_a_gate_is_off_by_the_same_word_as_other_parts() -> None:
    assert model_config("gtpt_s_coco", {"channel_gate": "off"}) == model_config("gtpt_s_coco", {"channel_gate": None})
