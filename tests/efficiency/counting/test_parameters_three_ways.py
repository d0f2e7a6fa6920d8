"""Parameters of one copy, the trainable ones, and thop's figure, which leaves out what is no layer."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from gtpt_bench.efficiency.counting.macs import counted
from gtpt_bench.efficiency.counting.params import Params, count_params
from gtpt_bench.efficiency.counting.trace import trace_call
from gtpt_bench.models import build_model, model_config

THOP = {"t": 2_370_560, "s": 5_426_400, "b": 8_315_296}
"""spec/training_and_evaluation.md §9: the same for both data sets."""
DEPLOYED = {
    "gtpt_t_coco": 2_405_632,
    "gtpt_s_coco": 5_479_008,
    "gtpt_b_coco": 8_367_904,
    "gtpt_t_wholebody": 2_421_120,
    "gtpt_s_wholebody": 5_502_240,
    "gtpt_b_wholebody": 8_391_136,
}
"""spec/gtpt.md §13."""
POSITION = {"t": 32_768, "s": 49_152, "b": 49_152}


@pytest.mark.parametrize("name", DEPLOYED)
def test_parameters_of_the_released_models(name: str) -> None:
    with torch.device("meta"):
        model = build_model(model_config(name))
    size = name.split("_")[1]
    expected = Params(DEPLOYED[name], DEPLOYED[name] - POSITION[size], THOP[size])
    assert count_params(model, counted(model).trace) == expected


class Partly(nn.Module):
    """A layer that runs twice, one that never does, and a bare parameter."""

    def __init__(self) -> None:
        super().__init__()
        self.used = nn.Linear(4, 4)
        self.idle = nn.Linear(4, 40)
        self.token = nn.Parameter(torch.zeros(1, 4))
        self.norm = nn.LayerNorm(4).requires_grad_(False)

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = self.norm(self.used(self.used(x + self.token)))
        return out


def test_thop_counts_layers_that_ran_once_each_and_no_bare_parameter() -> None:
    net = Partly()
    found = count_params(net, trace_call(net, torch.zeros(2, 4)))
    assert found == Params(deployed=20 + 200 + 4 + 8, trainable=20 + 200 + 4, thop=20 + 8)
