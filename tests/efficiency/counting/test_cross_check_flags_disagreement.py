"""One model counted by everyone: who agrees, who is known not to see something, and who is flagged."""

from __future__ import annotations

from types import MappingProxyType
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from gtpt_bench.efficiency.counting import cross_check as module
from gtpt_bench.efficiency.counting.cross_check import CrossCheck, Opinion, cross_check, cross_check_call
from gtpt_bench.efficiency.counting.referee import RefereeCount
from gtpt_bench.models import create_model
from gtpt_bench.models.gtpt.closed_form import gtpt_cost
from tests.models.small_gtpt import small_config, small_gtpt


def opinions(found: CrossCheck) -> dict[str, Opinion]:
    return {opinion.name: opinion for opinion in found.opinions}


def only(monkeypatch: pytest.MonkeyPatch, **macs: int | None) -> None:
    """Referees that give these numbers."""

    def referee(name: str) -> Any:
        said = "" if macs[name] is not None else f"{name} cannot be imported: gone"
        return lambda model, inputs: RefereeCount(name, macs[name], problem=said)

    monkeypatch.setattr(module, "REFEREES", MappingProxyType({referee(name): ("full",) for name in macs}))


def test_everyone_agrees_on_a_released_model() -> None:
    found = cross_check(create_model("gtpt_s_coco"))
    assert found.agrees
    assert found.complaints == ()
    assert found.unknown == {}
    assert {name: (opinion.against, opinion.deviation) for name, opinion in opinions(found).items()} == {
        "closed form": ("full", 0.0),
        "torch": ("full", 0.0),
        "fvcore": ("full", 0.0),
        "ptflops aten": ("full and biases", 0.0),
        "ptflops pytorch": ("layers and biases", 0.0),
    }


@pytest.fixture(scope="module")
def small() -> CrossCheck:
    return cross_check(small_gtpt())


def test_what_ptflops_modules_cannot_see_is_said_not_hidden(small: CrossCheck) -> None:
    blind = opinions(small)["ptflops pytorch"]
    assert blind.note == "leaves out attention products that no layer module runs"
    assert blind.agrees
    assert blind.macs is not None
    assert blind.macs < 0.8 * gtpt_cost(small_config()).full


def test_a_deployed_model_is_checked_like_any_other() -> None:
    """Its logits of keypoint rows are computed beside fused attention, which all see and the closed form does not."""
    found = cross_check(small_gtpt().deploy())
    assert [opinions(found)[name].deviation for name in ("torch", "fvcore")] == [0.0, 0.0]
    assert opinions(found)["ptflops pytorch"].note


def test_without_attention_nothing_is_left_out() -> None:
    net = nn.Sequential(nn.Conv2d(3, 8, 3), nn.ReLU(), nn.Conv2d(8, 4, 1))
    found = cross_check_call(net, torch.zeros(1, 3, 9, 9))
    assert found.agrees
    assert [opinion.note for opinion in found.opinions] == [""] * 4
    assert opinions(found).keys() == {"torch", "fvcore", "ptflops aten", "ptflops pytorch"}


def test_an_oracle_is_checked_too() -> None:
    """It takes two arguments, which not every counter passes on by itself."""
    found = cross_check(small_gtpt(pruning={"score": {"kind": "oracle"}}))
    assert found.agrees
    assert len([opinion for opinion in found.opinions if opinion.macs]) == 5


def test_operators_nobody_counts_are_listed_with_their_calls(small: CrossCheck) -> None:
    assert (small.uncounted["topk"], small.uncounted["gelu"]) == (7, 8)


class Fourier(nn.Linear):
    """A layer that hides work in an operator without a rule."""

    def forward(self, x: Tensor) -> Tensor:
        return torch.fft.fft(super().forward(x)).abs()


def test_an_operator_that_no_rule_knows_is_named() -> None:
    assert cross_check_call(Fourier(4, 4), torch.zeros(1, 4)).unknown == {"_fft_r2c": 1}


def test_a_closed_form_that_is_off_by_more_than_a_hundredth_is_flagged() -> None:
    net, macs = nn.Linear(100, 10), 1000
    assert cross_check_call(net, torch.zeros(1, 100), closed_form=macs + 10).agrees
    off = cross_check_call(net, torch.zeros(1, 100), closed_form=macs + 11)
    assert not off.agrees
    assert off.complaints == ("closed form is off by +1.10%",)


def test_a_counter_that_disagrees_is_flagged(monkeypatch: pytest.MonkeyPatch) -> None:
    only(monkeypatch, honest=1000, wrong=500, close=1009)
    found = cross_check_call(nn.Linear(100, 10), torch.zeros(1, 100))
    assert not found.agrees
    assert found.complaints == ("wrong is off by -50.00%",)
    assert [opinion.agrees for opinion in found.opinions] == [True, False, True]


def test_a_counter_that_is_missing_is_said_and_two_others_are_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    only(monkeypatch, honest=1000, missing=None, close=1000)
    found = cross_check_call(nn.Linear(100, 10), torch.zeros(1, 100))
    assert found.agrees
    assert found.complaints == ("missing cannot be imported: gone",)


def test_one_counter_beside_the_trace_is_not_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    only(monkeypatch, honest=1000, missing=None)
    assert not cross_check_call(nn.Linear(100, 10), torch.zeros(1, 100)).agrees


def test_a_model_without_products_is_no_division_by_zero(monkeypatch: pytest.MonkeyPatch) -> None:
    only(monkeypatch, honest=0, wrong=5)
    found = cross_check_call(nn.ReLU(), torch.zeros(1, 4))
    assert [opinion.agrees for opinion in found.opinions] == [True, False]
