"""Closed form, trace and counters made by others on GTPTs, whatever kernel computes attention."""

from __future__ import annotations

import builtins
import copy
from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.utils.flop_counter import flop_registry

from gtpt_bench.efficiency.counting.conventions import CONVENTIONS
from gtpt_bench.efficiency.counting.cross_check import num_bias_additions
from gtpt_bench.efficiency.counting.referee import RefereeCount
from gtpt_bench.efficiency.counting.referee_fvcore import fvcore_counter
from gtpt_bench.efficiency.counting.referee_ptflops import ptflops_aten, ptflops_pytorch
from gtpt_bench.efficiency.counting.referee_torch import torch_counter
from gtpt_bench.efficiency.counting.trace import trace_call
from gtpt_bench.models import create_model
from gtpt_bench.models.blocks import attention
from gtpt_bench.models.gtpt.closed_form import gtpt_cost
from tests.models.small_gtpt import pictures, small_gtpt

MODELS = [
    "gtpt_s_coco",
    "gtpt_t_wholebody",
    *(
        pytest.param(name, marks=pytest.mark.long)
        for name in ("gtpt_t_coco", "gtpt_b_coco", "gtpt_s_wholebody", "gtpt_b_wholebody")
    ),
]
IMAGE = (torch.zeros(1, 3, 256, 192),)
SMALL = (pictures(1),)
Referee = Callable[[nn.Module, tuple[Any, ...]], RefereeCount]
EVERYONE = (torch_counter, fvcore_counter, ptflops_aten, ptflops_pytorch)
ALL_PRODUCTS = (torch_counter, fvcore_counter, ptflops_aten)


@pytest.mark.parametrize("name", MODELS)
def test_closed_form_trace_torch_and_fvcore_agree_on_the_released_models(name: str) -> None:
    """To the integer, though a thousandth would do."""
    model = create_model(name)
    closed_form = gtpt_cost(model.config).full
    trace = trace_call(model, *IMAGE)
    assert CONVENTIONS["full"].macs(trace) == closed_form
    assert torch_counter(model, IMAGE).macs == closed_form
    assert fvcore_counter(model, IMAGE).macs == closed_form


@pytest.mark.parametrize(
    ("fused_from", "kernel", "config"),
    [
        (0, SDPBackend.MATH, {}),
        (0, SDPBackend.FLASH_ATTENTION, {}),
        (0, SDPBackend.FLASH_ATTENTION, {"split_point": "inside_first_fine_layer"}),
        (10**9, SDPBackend.MATH, {}),
        (10**9, SDPBackend.MATH, {"grouping": {"kind": "off"}}),
    ],
    ids=["unfused kernel", "fused kernel", "fused kernel, other split", "plain formula", "plain formula, no groups"],
)
def test_they_agree_under_each_attention_kernel(
    fused_from: int, kernel: SDPBackend, config: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(attention, "FUSED_FROM", fused_from)
    model = small_gtpt(**config)
    with sdpa_kernel(kernel):
        trace = trace_call(model, *SMALL)
        found = [referee(model, SMALL).macs for referee in ALL_PRODUCTS]
    closed_form = gtpt_cost(model.config).full
    assert CONVENTIONS["full"].macs(trace) == closed_form
    assert found == [closed_form, closed_form, closed_form + num_bias_additions(trace.operators)]


def test_fused_attention_really_is_one_operator_for_them(monkeypatch: pytest.MonkeyPatch) -> None:
    """Otherwise the test above would try one kernel three times."""
    softmaxes = []
    for fused_from in (0, 10**9):
        monkeypatch.setattr(attention, "FUSED_FROM", fused_from)
        softmaxes.append(torch_counter(small_gtpt(), SMALL).uncounted["_softmax"])
    assert softmaxes[0] < softmaxes[1]


class Written(nn.Module):
    """Attention between projections, N = 5 tokens of C = 8 channels, written in one of several ways."""

    def __init__(self, attend: Callable[[Tensor, Tensor, Tensor], Tensor]) -> None:
        super().__init__()
        self.attend = attend
        self.qkv = nn.Linear(8, 24)

    def forward(self, x: Tensor) -> Tensor:
        q, k, v = self.qkv(x).view(1, 5, 3, 2, 4).permute(2, 0, 3, 1, 4)
        return self.attend(q, k, v)


def by_einsum(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
    probabilities = torch.einsum("bhnd, bhmd -> bhnm", q, k).softmax(-1)
    return torch.einsum("bhnm,bhmd", probabilities, v)


def by_baddbmm(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
    bias = torch.zeros(2, 5, 5)
    return torch.baddbmm(bias, q[0], k[0].transpose(1, 2)).softmax(-1) @ v[0]


WAYS = {
    "@": lambda q, k, v: (q @ k.transpose(-1, -2)).softmax(-1) @ v,
    "einsum": by_einsum,
    "sdpa": functional.scaled_dot_product_attention,
    "baddbmm": by_baddbmm,
}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("referee", ALL_PRODUCTS)
def test_attention_is_seen_by_all_however_it_is_written(referee: Referee, way: str) -> None:
    products = 5 * 8 * 24 + 2 * 5 * 5 * 8
    biases = 5 * 24 if referee is ptflops_aten else 0
    assert referee(Written(WAYS[way]), (torch.zeros(1, 5, 8),)).macs == products + biases


@pytest.mark.parametrize("referee", ALL_PRODUCTS)
def test_torch_s_encoder_layer_is_seen_whole_in_evaluation(referee: Referee) -> None:
    """Its fast path is one operator that none of them knows (spec/measurement.md §3)."""
    layer = nn.TransformerEncoderLayer(8, 2, 16, batch_first=True).eval().requires_grad_(False)
    products, biases = 4 * 5 * 64 + 2 * 5 * 5 * 8 + 2 * 5 * 8 * 16, 5 * (24 + 8 + 16 + 8)
    found = referee(layer, (torch.zeros(1, 5, 8),)).macs
    assert found == products + (biases if referee is ptflops_aten else 0)


def test_ptflops_modules_see_layers_and_no_product_written_as_a_function() -> None:
    model, trace = small_gtpt(), trace_call(small_gtpt(), *SMALL)
    assert ptflops_pytorch(model, SMALL).macs == CONVENTIONS["E"].macs(trace) + num_bias_additions(trace.operators)


@pytest.mark.parametrize("padding", [1, "same"])
@pytest.mark.parametrize("referee", EVERYONE)
def test_norms_activations_and_pooling_are_left_out(referee: Referee, padding: Any) -> None:
    conv = nn.Conv2d(3, 8, 3, padding=padding, bias=False)
    up = nn.ConvTranspose2d(8, 4, 4, stride=2, padding=1, bias=False)
    net = nn.Sequential(conv, nn.BatchNorm2d(8), nn.ReLU(), nn.AvgPool2d(2), up, nn.GELU(), nn.GroupNorm(2, 4))
    assert referee(net, (torch.zeros(1, 3, 8, 6),)).macs == 48 * 8 * 27 + 12 * 8 * 4 * 16


class Odd(nn.Module):
    """Products by a Fourier transform, which nobody has a rule for, and a bare parameter as a result."""

    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Linear(4, 4, bias=False)
        self.table = nn.Parameter(torch.zeros(3))

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        return torch.fft.fft(torch.fft.fft(self.first(x))).abs(), self.table


@pytest.mark.parametrize(
    ("referee", "name"), [(torch_counter, "_fft_r2c"), (fvcore_counter, "aten::fft_fft"), (ptflops_aten, "_fft_r2c")]
)
def test_operators_without_a_rule_are_listed_with_their_calls(referee: Referee, name: str) -> None:
    found = referee(Odd(), (torch.zeros(1, 4),))
    assert found.macs == 16
    assert found.uncounted[name] == (2 if name.startswith("aten") else 1)


@pytest.mark.parametrize("referee", EVERYONE)
def test_referees_say_nothing_and_change_nothing(referee: Referee, capfd: pytest.CaptureFixture[str]) -> None:
    model = small_gtpt().train()
    before, attributes = copy.deepcopy(model.state_dict()), set(vars(model))
    owners = (torch, torch.Tensor, functional)
    tables = [dict(vars(owner)) for owner in owners], dict(flop_registry), _tables_of_others()
    assert referee(model, SMALL).macs
    assert capfd.readouterr() == ("", "")
    assert ([dict(vars(owner)) for owner in owners], dict(flop_registry), _tables_of_others()) == tables
    assert model.training
    assert set(vars(model)) == attributes
    assert all(parameter.requires_grad for name, parameter in model.named_parameters() if name != "position")
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())
    assert not [hook for module in model.modules() for hook in (module._forward_hooks or module._forward_pre_hooks)]


def _tables_of_others() -> list[Any]:
    from fvcore.nn.flop_count import _DEFAULT_SUPPORTED_OPS
    from ptflops import pytorch_engine
    from ptflops.aten_ops import ATEN_OPS_MAPPING
    from ptflops.pytorch_ops import MODULES_MAPPING

    tables = (_DEFAULT_SUPPORTED_OPS, ATEN_OPS_MAPPING, MODULES_MAPPING, pytorch_engine.CUSTOM_MODULES_MAPPING)
    return [dict(table) for table in tables]


class Broken(nn.Linear):
    """Fails when it runs."""

    def forward(self, x: Tensor) -> Tensor:
        raise RuntimeError("the roof is on fire\nand so is the house")


@pytest.mark.parametrize("referee", EVERYONE)
def test_a_referee_that_cannot_count_says_why_in_one_line(referee: Referee, capfd: pytest.CaptureFixture[str]) -> None:
    found = referee(Broken(3, 3), (torch.zeros(1, 3),))
    assert found.macs is None
    assert found.problem.startswith(f"{found.name} cannot count this model: ")
    assert "\n" not in found.problem
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(("referee", "package"), [(fvcore_counter, "fvcore"), (ptflops_aten, "ptflops")])
def test_a_referee_that_is_not_installed_says_so(
    referee: Referee, package: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = builtins.__import__

    def without(name: str, *args: Any) -> Any:
        if name.partition(".")[0] == package:
            raise ImportError(f"No module named {package!r}")
        return real(name, *args)

    monkeypatch.setattr(builtins, "__import__", without)
    found = referee(nn.Linear(3, 3), (torch.zeros(1, 3),))
    assert (found.macs, found.problem) == (None, f"{found.name} cannot be imported: No module named {package!r}")
