"""DistilPose without its teacher: the authors' networks, by names, outputs and cost."""

from __future__ import annotations

import pytest
import torch

from gtpt_bench.models.peers.distilpose import DistilPoseConfig, distilpose_l, distilpose_s
from gtpt_bench.models.peers.tokenpose import tokenpose_s_v1
from gtpt_bench.models.reading import RegressionReading
from gtpt_bench.models.sources import source_of
from tests.models.peers.counting import counted, on_meta
from tests.models.peers.official import Official, filled, needs_parity, relative_difference, same_names_and_shapes
from tests.models.peers.small_tokens import SMALL, pictures

PRESETS = {"distilpose_s": distilpose_s(), "distilpose_l": distilpose_l()}
# spec/baselines.md §1: params and trainable ones in M; full, attention and thop in G.
FIGURES = {"distilpose_s": (5.413, 5.364, 2.705, 0.343, 2.392), "distilpose_l": (21.315, 21.266, 10.612, 0.343, 10.346)}


@needs_parity
@pytest.mark.parametrize("name", PRESETS)
def test_names_and_shapes_are_the_authors(name: str) -> None:
    same_names_and_shapes(on_meta(PRESETS[name].build), Official(name))


@needs_parity
def test_the_answer_is_that_of_the_official_network() -> None:
    official = Official("distilpose_s")
    network = filled(distilpose_s().build(), official.about["rule"])
    with torch.inference_mode():
        found = network(official.images())
    assert relative_difference(found, official.outputs["out"]) < 1e-4


@pytest.mark.parametrize("name", PRESETS)
def test_cost_is_that_of_the_specification(name: str) -> None:
    config = PRESETS[name]
    found = counted(config.build, config.input_size)
    params_m, trainable_m, full_g, attention_g, thop_g = FIGURES[name]
    frozen = config.grid_size.area * config.width
    assert found.params_m == pytest.approx(params_m, abs=5e-4)
    assert (found.cost.params - frozen) / 1e6 == pytest.approx(trainable_m, abs=5e-4)
    assert found.full_g == pytest.approx(full_g, abs=1e-3)
    assert found.cost.attention / 1e9 == pytest.approx(attention_g, abs=5e-4)
    assert found.printed("thop") == pytest.approx(thop_g, abs=1e-3)


def test_both_sizes_scale_attention_by_a_head_unlike_tokenpose_s() -> None:
    assert [config.logit_scale for config in PRESETS.values()] == [24**-0.5] * 2
    assert tokenpose_s_v1().logit_scale == 192**-0.5


def test_coordinates_are_shares_the_score_is_raw_and_the_widths_are_positive() -> None:
    network = DistilPoseConfig.model_validate(SMALL | {"keypoints": "mpii"}).build().eval()
    with torch.no_grad():
        last = network.keypoint_head["tokenhead"].mlp_head[1]  # type: ignore[index]
        last.weight.zero_()
        last.bias.copy_(torch.tensor([0.0, -1.0, -3.0, 0.0, -2.0]))
        found = network(pictures())
    assert found.shape == (2, 16, 5)
    expected = torch.tensor([0.5, 1 / (1 + torch.e), -3.0, torch.tensor(2.0).log(), 0.126928])
    torch.testing.assert_close(found, expected.expand(2, 16, 5), atol=1e-5, rtol=1e-5)


def test_the_row_says_that_there_is_no_teacher_and_where_the_score_stands() -> None:
    assert "teacher" in source_of("distilpose_s").note
    assert distilpose_s().reading == RegressionReading(score_column=2)


def test_from_scratch_every_trainable_weight_gets_a_gradient() -> None:
    torch.manual_seed(0)
    network = DistilPoseConfig.model_validate(SMALL).build()
    network(pictures(4)).square().mean().backward()
    without = [
        name for name, p in network.named_parameters() if p.requires_grad and (p.grad is None or not p.grad.any())
    ]
    assert without == []
