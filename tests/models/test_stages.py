"""Modules belong to the four stages by the layers that the config gives each."""

import pytest

from gtpt_bench.models import model_config
from gtpt_bench.models.gtpt.stages import STAGES, stage_of
from tests.models.small_gtpt import small_gtpt


@pytest.mark.parametrize(
    ("module", "stage"),
    [
        ("tokenizer.features.first.0", "tokenizer"),
        ("coarse.layers.0", "stage 1"),
        ("coarse.layers.2.attention.qkv", "stage 1"),
        ("coarse.layers.3.feed_forward", "stage 2"),
        ("coarse.cuts.3", "stage 2"),
        ("fine.split.gate", "split"),
        ("fine.layers.2.attention", "stage 3"),
        ("fine.layers.3", "stage 4"),
        ("head.x.1", "head"),
        ("coarse", ""),
        ("fine", ""),
        ("", ""),
    ],
)
def test_modules_of_the_released_model(module, stage):
    assert stage_of(model_config("gtpt_s_coco"), module) == stage


def test_without_groups_all_layers_are_coarse():
    config = model_config("gtpt_s_coco", {"grouping": "off"})
    assert stage_of(config, "coarse.layers.11.attention") == "stage 4"


def test_the_layer_that_splits_inside_is_the_first_of_stage_three():
    config = model_config("gtpt_s_coco", {"split_point": "inside_first_fine_layer"})
    assert stage_of(config, "coarse.layers.6") == "stage 3"
    assert stage_of(config, "fine.layers.1") == "stage 3"
    assert stage_of(config, "fine.layers.2") == "stage 4"


def test_every_module_with_parameters_but_the_tokens_has_a_stage():
    model = small_gtpt()
    without = {
        path
        for path, module in model.named_modules()
        if [*module.parameters(recurse=False)] and stage_of(model.config, path) not in STAGES
    }
    assert without == {"", "tokens"}
