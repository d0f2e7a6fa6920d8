"""The operator trace on layers whose cost is written out by hand or counted by fvcore."""

from __future__ import annotations

import copy
from collections import Counter
from collections.abc import Callable

import pytest
import torch
from fvcore.nn import FlopCountAnalysis
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn
from torch.nn import functional

from gtpt_bench.efficiency.counting.operators import NORMS, PRODUCTS, Trace
from gtpt_bench.efficiency.counting.params import num_params
from gtpt_bench.efficiency.counting.trace import trace_call, trace_forward
from gtpt_bench.models.sizes import Size

SIZE = Size(8, 4)
N, C = 32, 3
"""Tokens and channels of an image of that size, a token a pixel."""


class Applied(nn.Module):
    """A function of image tokens `[1, 32, 3]`, and the layers it uses."""

    def __init__(self, function: Callable[..., Tensor], **layers: nn.Module) -> None:
        super().__init__()
        self.function = function
        self.layers = nn.ModuleDict(layers)

    def forward(self, images: Tensor) -> Tensor:
        return self.function(images.flatten(2).transpose(1, 2), **self.layers)


def macs(trace: Trace) -> dict[str, int]:
    """By kind; of norms, elements."""
    total: Counter[str] = Counter()
    for operator in trace.of_kinds(PRODUCTS | NORMS):
        total[operator.kind] += operator.elements if operator.kind in NORMS else operator.macs
    return dict(total)


def on_tokens(function: Callable[..., Tensor], **layers: nn.Module) -> dict[str, int]:
    return macs(trace_forward(Applied(function, **layers), SIZE))


@pytest.mark.parametrize(
    ("layer", "expected"),
    [
        (nn.Conv2d(3, 8, 3, padding=1), 32 * 8 * 3 * 9),
        (nn.Conv2d(3, 8, 3, padding=1, bias=False), 32 * 8 * 3 * 9),
        (nn.Conv2d(3, 8, 3, stride=2, padding=1), 8 * 8 * 3 * 9),
        (nn.Conv2d(3, 3, 3, padding=1, groups=3), 32 * 3 * 9),
        (nn.Conv2d(3, 9, (4, 2), stride=(4, 2), groups=3), 4 * 9 * 8),
        (nn.Conv2d(3, 8, 3, padding=2, dilation=2), 32 * 8 * 3 * 9),
        (nn.Conv2d(3, 8, 3, padding="same"), 32 * 8 * 3 * 9),
    ],
    ids=str,
)
def test_convolutions(layer: nn.Module, expected: int) -> None:
    assert macs(trace_forward(layer, SIZE)) == {"conv": expected}


@pytest.mark.parametrize(
    ("layer", "shape", "kind", "expected"),
    [
        (nn.Conv1d(3, 8, 5), (1, 3, 9), "conv", 5 * 8 * 3 * 5),
        (nn.Conv3d(3, 2, 2), (1, 3, 4, 4, 4), "conv", 27 * 2 * 3 * 8),
        (nn.ConvTranspose1d(3, 8, 4, stride=2), (1, 3, 9), "transposed conv", 9 * 3 * 8 * 4),
        (nn.ConvTranspose2d(3, 8, 4, stride=2, padding=1), (1, 3, 8, 4), "transposed conv", 32 * 3 * 8 * 16),
        (nn.ConvTranspose2d(3, 6, 2, stride=2, groups=3), (1, 3, 8, 4), "transposed conv", 32 * 3 * 2 * 4),
        (nn.ConvTranspose3d(2, 3, 2, stride=2), (1, 2, 3, 3, 3), "transposed conv", 27 * 2 * 3 * 8),
    ],
    ids=str,
)
def test_convolutions_of_other_dimensions_and_transposed_ones(
    layer: nn.Module, shape: tuple[int, ...], kind: str, expected: int
) -> None:
    """Transposed ones compute at their input."""
    assert macs(trace_call(layer, torch.zeros(shape))) == {kind: expected}


@pytest.mark.parametrize("bias", [True, False])
def test_linear_layers_with_and_without_bias(bias: bool) -> None:
    assert on_tokens(lambda x, f: f(x), f=nn.Linear(C, 16, bias)) == {"linear": N * C * 16}


@pytest.mark.parametrize(
    "product",
    [
        lambda x: x @ x.transpose(1, 2),
        lambda x: torch.bmm(x, x.transpose(1, 2)),
        lambda x: x[0] @ x[0].T,
        lambda x: torch.einsum("bnc,bmc->bnm", x, x),
        lambda x: torch.matmul(x[:, None], x[:, None].transpose(2, 3)),
    ],
    ids=["@", "bmm", "mm", "einsum", "matmul"],
)
def test_attention_products_are_seen_however_they_are_written(product: Callable[[Tensor], Tensor]) -> None:
    assert on_tokens(product) == {"attention": N * N * C}


def test_fused_attention_is_both_of_its_products() -> None:
    def fused(x: Tensor) -> Tensor:
        return functional.scaled_dot_product_attention(x[:, None], x[:, None, :10], x[:, None, :10])

    assert on_tokens(fused) == {"attention": 2 * N * 10 * C}


def test_multi_head_attention_of_torch_is_counted_whole() -> None:
    """Its fast path, one operator that most counters do not know, must not be taken (measurement.md §3)."""
    layers = {"f": nn.Linear(C, 8), "attention": nn.MultiheadAttention(8, 2, batch_first=True)}

    def function(x: Tensor, f: nn.Module, attention: nn.Module) -> Tensor:
        found: Tensor = attention(f(x), f(x), f(x), need_weights=False)[0]
        return found

    projections, products = 4 * N * 8 * 8, 2 * N * N * 8
    assert on_tokens(function, **layers) == {"linear": 3 * N * C * 8 + projections, "attention": products}


def test_the_fast_path_is_on_again_after_counting() -> None:
    before = torch.backends.mha.get_fastpath_enabled()
    trace_forward(nn.Conv2d(3, 4, 1), SIZE)
    assert torch.backends.mha.get_fastpath_enabled() == before


@pytest.mark.parametrize(
    "weight",
    [
        lambda own, shared: own.T,
        lambda own, shared: (own + shared).T,
        lambda own, shared: torch.stack((own, shared)).mean(0).T,
        lambda own, shared: own.T.contiguous(),
        lambda own, shared: own.T[:, :2].expand(1, -1, -1)[0],
        lambda own, shared: own.T * torch.linspace(0, 1, 5),
    ],
    ids=["transposed", "sum of two", "mean of two", "copied", "a part", "scaled by constants"],
)
def test_a_product_with_what_weights_alone_make_is_linear(weight: Callable[[Tensor, Tensor], Tensor]) -> None:
    layers = {"own": nn.Linear(C, 5), "shared": nn.Linear(C, 5)}
    found = on_tokens(lambda x, own, shared: x @ weight(own.weight, shared.weight), **layers)
    assert found.keys() == {"linear"}


def test_a_product_with_something_computed_is_attention_even_if_weights_took_part() -> None:
    layers = {"f": nn.Linear(C, C, bias=False)}
    by_hand = on_tokens(lambda x, f: x[0] @ (f.weight * x.mean()), **layers)
    projected_weight = on_tokens(lambda x, f: x[0] @ (f.weight @ f.weight), **layers)
    assert by_hand == {"attention": N * C * C}
    assert projected_weight == {"linear": C * C * C, "attention": N * C * C}


def test_what_is_written_into_a_table_of_zeros_makes_it_computed() -> None:
    def function(x: Tensor) -> Tensor:
        table = torch.zeros(C, 4, device=x.device)
        table[:, 0] = x[0, 0]
        return x[0] @ table

    assert on_tokens(function) == {"attention": N * C * 4}


def test_a_batch_costs_as_many_times_one() -> None:
    layer = nn.TransformerEncoderLayer(8, 2, 16, batch_first=True)
    one, three = (macs(trace_call(layer, torch.zeros(batch, 5, 8))) for batch in (1, 3))
    assert three == {kind: 3 * count for kind, count in one.items()}


def test_norms_are_counted_in_elements() -> None:
    assert macs(trace_forward(nn.BatchNorm2d(3), SIZE)) == {"batch norm": N * C}
    assert macs(trace_forward(nn.GroupNorm(3, 3), SIZE)) == {"layer norm": N * C}
    assert on_tokens(lambda x, f: f(x), f=nn.LayerNorm(C)) == {"layer norm": N * C}


def test_what_computes_no_product_costs_nothing_but_is_listed_with_its_calls() -> None:
    trace = trace_forward(Applied(lambda x: x.softmax(-1).relu().topk(5, dim=1).values.relu_()), SIZE)
    assert macs(trace) == {}
    assert trace.uncounted == {"relu": 2, "_softmax": 1, "topk": 1}
    assert trace.unknown == {}


def test_an_operator_that_no_rule_knows_is_listed_as_such() -> None:
    trace = trace_forward(Applied(lambda x: torch.fft.fft(x.relu()).abs()), SIZE)
    assert set(trace.unknown) == {"_fft_r2c"}
    assert trace.uncounted == {"relu": 1, "_fft_r2c": 1, "abs": 1}


def test_shapes_moved_about_are_no_arithmetic() -> None:
    trace = trace_forward(Applied(lambda x: torch.cat((x, x.flip(1)), dim=1)[:, ::2].permute(0, 2, 1)), SIZE)
    assert trace.uncounted == {}
    assert sum(operator.written for operator in trace.operators if operator.name == "cat") == 2 * N * C
    assert all(operator.written == 0 for operator in trace.operators if operator.kind == "view")


def test_a_layer_used_twice_costs_twice_and_has_its_parameters_once() -> None:
    model = Applied(lambda x, f: f(f(x)), f=nn.Linear(C, C))
    assert macs(trace_forward(model, SIZE)) == {"linear": 2 * N * C * C}
    assert num_params(model) == C * C + C


def test_layers_that_are_not_run_cost_nothing() -> None:
    assert on_tokens(lambda x, f, g: f(x), f=nn.Linear(C, 4), g=nn.Linear(C, 400)) == {"linear": N * C * 4}


def test_frozen_parameters_count_and_shared_ones_count_once() -> None:
    model = nn.Sequential(nn.Linear(5, 5), nn.Linear(5, 5)).requires_grad_(False)
    assert num_params(model) == 2 * 30
    model[1].weight = model[0].weight
    assert num_params(model) == 25 + 2 * 5


def test_operators_name_the_module_that_ran_them() -> None:
    model = nn.Sequential(nn.Conv2d(3, 4, 1), nn.Sequential(nn.Conv2d(4, 5, 1), nn.BatchNorm2d(5)))
    found = trace_forward(model, SIZE).of_kinds(PRODUCTS | NORMS)
    assert [(operator.module, operator.name) for operator in found] == [
        ("0", "convolution"),
        ("1.0", "convolution"),
        ("1.1", "native_batch_norm"),
    ]


def test_a_method_of_a_module_counts_as_the_module_though_nobody_called_it() -> None:
    class Part(nn.Linear):
        def twice(self, x: Tensor) -> Tensor:
            return self(x) + (x @ x.transpose(1, 2))[..., :1]

    found = trace_forward(Applied(lambda x, part: part.twice(x), part=Part(C, C)), SIZE)
    assert {operator.module for operator in found.of_kinds(PRODUCTS)} == {"layers.part"}
    assert "twice" not in vars(Part(C, C))


def test_tracing_leaves_the_model_as_it_was() -> None:
    model = nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4)).train()
    before = copy.deepcopy(model.state_dict())
    trace_forward(model, SIZE)
    assert model.training
    assert {name: value.device.type for name, value in model.state_dict().items()} == dict.fromkeys(before, "cpu")
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())
    assert not [hook for module in model.modules() for hook in (module._forward_hooks or module._forward_pre_hooks)]


@settings(max_examples=20, deadline=None)
@given(
    kernel=st.integers(1, 4),
    stride=st.integers(1, 3),
    padding=st.integers(0, 2),
    groups=st.sampled_from([1, 3]),
    out=st.sampled_from([3, 6, 12]),
    hidden=st.integers(1, 20),
    size=st.tuples(st.integers(4, 20), st.integers(4, 20)),
)
def test_fvcore_counts_the_same(
    kernel: int, stride: int, padding: int, groups: int, out: int, hidden: int, size: tuple[int, int]
) -> None:
    """fvcore too counts a multiply-accumulate as one."""

    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.conv = nn.Conv2d(3, out, kernel, stride, padding, groups=groups)
            self.linear = nn.Linear(out, hidden)

        def forward(self, images: Tensor) -> Tensor:
            tokens: Tensor = self.linear(self.conv(images).flatten(2).transpose(1, 2))
            product: Tensor = tokens @ tokens.transpose(1, 2)
            return product

    model = Net().eval()
    counted = FlopCountAnalysis(model, torch.zeros(1, 3, *size)).unsupported_ops_warnings(False).by_operator()
    found = macs(trace_forward(model, Size(*size)))
    assert found == {"conv": counted["conv"], "linear": counted["linear"], "attention": counted["matmul"]}
