"""Known layers are counted before anything else; a wrong or missing rule stops every count with the layer's name."""

from __future__ import annotations

import re
import time

import pytest
import torch
from torch import nn

from gtpt_bench.efficiency.counting import rules
from gtpt_bench.efficiency.counting.macs import measured_cost
from gtpt_bench.efficiency.counting.rules import MatrixProduct
from gtpt_bench.efficiency.counting.self_test import CountingBroken, known_layers, self_test, self_test_once
from tests.models.small_gtpt import small_gtpt


class TwiceAsMuch(MatrixProduct):
    """A wrong rule."""

    def macs(self, inputs: object, result: object) -> int:
        return 2 * super().macs(inputs, result)  # type: ignore[arg-type]


@pytest.fixture(autouse=True)
def untested() -> None:
    """As in a process that has counted nothing yet."""
    self_test_once.cache_clear()


def test_this_installation_counts_known_layers_right_and_quickly() -> None:
    self_test()  # the first time, torch loads what it needs for tensors without memory
    start = time.process_time()
    self_test()
    assert time.process_time() - start < 0.1


def test_every_way_to_write_attention_and_every_kind_of_layer_is_tried() -> None:
    tried = {known.name for known in known_layers()}
    ways = {"attention by matmul", "attention by einsum", "scaled_dot_product_attention", "nn.MultiheadAttention"}
    layers = {"nn.TransformerEncoderLayer", "nn.Linear", "nn.Conv2d", "nn.Conv2d in groups", "nn.ConvTranspose2d"}
    assert tried == ways | layers | {"nn.BatchNorm2d", "nn.LayerNorm"}


def test_a_wrong_rule_is_found_with_the_layer_and_both_numbers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(rules.MATRIX_PRODUCTS, "addmm", TwiceAsMuch(1, 2))
    line = "nn.MultiheadAttention is counted as 400 attention, 2560 linear where arithmetic says 400 attention, 1280 "
    with pytest.raises(CountingBroken, match=re.escape(line)):
        self_test()


@pytest.mark.parametrize("name", ["bmm", "addmm"])
def test_an_operator_that_got_another_name_is_found(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(rules.MATRIX_PRODUCTS, name)
    with pytest.raises(CountingBroken, match="that counting/rules"):
        self_test()


def test_a_transposed_convolution_counted_at_its_output_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(rules.CONVOLUTIONS, "transposed conv", rules.convolution_macs)
    with pytest.raises(CountingBroken, match="ConvTranspose2d"):
        self_test()


def test_no_model_is_counted_by_a_process_that_fails_the_test(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(rules.MATRIX_PRODUCTS, "bmm", TwiceAsMuch(0, 1))
    with pytest.raises(
        CountingBroken, match="attention by matmul is counted as 800 attention where arithmetic says 400"
    ):
        measured_cost(small_gtpt())


def test_the_test_runs_once_a_process(monkeypatch: pytest.MonkeyPatch) -> None:
    measured_cost(small_gtpt())
    monkeypatch.setitem(rules.MATRIX_PRODUCTS, "bmm", TwiceAsMuch(0, 1))
    measured_cost(small_gtpt())


def test_known_layers_have_no_weights_to_speak_of() -> None:
    parameters = [weight for known in known_layers() for weight in known.layer.parameters()]
    assert {weight.device for weight in parameters} == {torch.device("meta")}
    assert all(isinstance(known.layer, nn.Module) for known in known_layers())
