"""What the README shows can be typed in: its study, its groups and keypoints, its new score, its table of switches."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, get_args

import pytest
import torch
import yaml
from torch import Tensor

from gtpt_bench.config import DataIdentity
from gtpt_bench.models import model_config
from gtpt_bench.models.blocks.pruning.image_tokens import ImageTokens
from gtpt_bench.models.blocks.pruning.score.base import Candidates
from gtpt_bench.models.gtpt.config import GTPTConfig
from gtpt_bench.models.sizes import Size
from gtpt_bench.study.load import load_study
from gtpt_bench.study.planning import build_plan
from gtpt_bench.training.config import TrainingConfig

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def block(language: str, beginning: str) -> str:
    """The block of code that begins like this."""
    found = [code for code in re.findall(rf"```{language}\n(.*?)```", README, re.DOTALL) if code.startswith(beginning)]
    assert len(found) == 1, f"README has {len(found)} blocks that begin with {beginning!r}"
    return str(found[0])


def test_its_study_can_be_planned(tmp_path: Path) -> None:
    path = tmp_path / "my_question.yaml"
    path.write_text(block("yaml", "study: my_question"), encoding="utf-8")
    study, source = load_study(path)
    plan = build_plan(study, source, profile="quick", identify=lambda run: DataIdentity(), device="a CPU")
    assert plan.variants == ("default", "gentle", "hasty")
    assert len(plan.runs) == 6


def test_its_variants_of_several_models_can_be_planned(tmp_path: Path) -> None:
    path = tmp_path / "models.yaml"
    path.write_text("study: models\n" + block("yaml", "model: tokenpose_s_v1"), encoding="utf-8")
    study, source = load_study(path)
    plan = build_plan(study, source, profile="quick", identify=lambda run: DataIdentity(), device="a CPU")
    assert [cost.model for cost in plan.trained.values()] == [
        "tokenpose_s_v1",
        "tokenpose_s_v1",
        "simplebaseline_res50",
        "gtpt_tiny_coco",
    ]
    assert plan.measured["GTPT-S"].model == "gtpt_s_coco"


def test_its_groups_are_a_grouping_of_coco() -> None:
    groups = yaml.safe_load(block("yaml", "groups:"))["groups"]
    config = model_config("gtpt_s_coco", {"groups": groups})
    assert [group.name for group in config.groups] == ["head", "arms", "legs"]
    assert config.groups[1].sparse == (5, 6, 7, 8, 9, 10)


def test_its_keypoints_are_a_set_that_a_model_takes() -> None:
    config = model_config("gtpt_s_coco", yaml.safe_load(block("yaml", "keypoints:")))
    assert config.keypoint_set.names[:2] == ("wrist", "thumb")


def test_its_new_score_ranks_the_middle_first() -> None:
    names: dict[str, Any] = {"Tensor": Tensor, "__name__": "centre"}
    exec(compile(block("python", "from typing import TYPE_CHECKING"), "README.md", "exec", dont_inherit=True), names)
    tokens = ImageTokens(torch.zeros(2, 25, 4), torch.zeros(1, 25, 4), torch.arange(25)[None])
    candidates = Candidates(tokens, torch.zeros(2, 1, 1, 26), (0,), None, Size(5, 5), Size(16, 12), False)
    scores = names["Centre"]().scores(candidates)
    assert scores.shape == (2, 25)
    assert scores[0].view(5, 5)[1:4, 1:4].min() > scores[0].view(5, 5)[:, 0].max()


def kinds(union: Any) -> set[str]:
    """Kinds of a discriminated union of configs."""
    return {member.model_fields["kind"].default for member in get_args(union)}


AXES = {
    "`tokenizer`": GTPTConfig.model_fields["tokenizer"].annotation,
    "`introduction`": GTPTConfig.model_fields["introduction"].annotation,
    "`grouping`": GTPTConfig.model_fields["grouping"].annotation,
    "`head`": GTPTConfig.model_fields["head"].annotation,
    "`pruning.score`": type(GTPTConfig().pruning).model_fields["score"].annotation,
    "`pruning.selection`": type(GTPTConfig().pruning).model_fields["selection"].annotation,
    "`pruning.dropped`": type(GTPTConfig().pruning).model_fields["dropped"].annotation,
    "`fine_layers.exchange`": type(GTPTConfig().fine_layers).model_fields["exchange"].annotation,
    "`fine_layers.weights`": type(GTPTConfig().fine_layers).model_fields["weights"].annotation,
    "`training.ema`, `training.warmup`": TrainingConfig.model_fields["ema"].annotation,
}


@pytest.mark.parametrize("axis", AXES)
def test_its_table_names_every_value_of_an_axis(axis: str) -> None:
    row = next(line for line in README.splitlines() if line.startswith(f"| {axis} |"))
    assert kinds(AXES[axis]) <= set(re.findall(r"`([\w]+)`", row))
