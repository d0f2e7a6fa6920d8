"""The moving average of the weights: how strongly it holds on, and that the copy does exactly that."""

from __future__ import annotations

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor, nn

from gtpt_bench.data.people import Person
from gtpt_bench.training.config import TrainingConfig
from gtpt_bench.training.ema import CosineEma, NoEma, ShortEma
from gtpt_bench.training.ema_copy import EmaCopy
from tests.training.small import RECIPE, small_trainer, train_until

STEPS_PER_EPOCH = 586
"""Of COCO at batch 256."""
LAST = 300 * STEPS_PER_EPOCH


def small_net() -> nn.Module:
    """Weights, running statistics, an integer counter and a frozen constant; double precision."""
    net = nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4)).double()
    net.register_parameter("constant", nn.Parameter(torch.rand(5).double(), requires_grad=False))
    return net


def tensor(net: nn.Module, name: str) -> Tensor:
    """A parameter or buffer itself, no copy."""
    found: Tensor = net.state_dict()[name]
    return found


def set_all(net: nn.Module, value: float) -> None:
    with torch.no_grad():
        for entry in net.state_dict().values():
            entry.fill_(value)


@pytest.mark.parametrize(("step", "momentum"), [(0, 0.996), (LAST // 2, 0.998), (LAST, 1.0)])
def test_the_papers_momentum_is_half_a_cosine_from_0996_to_1(step: int, momentum: float) -> None:
    assert CosineEma().momentum(step, steps_per_epoch=STEPS_PER_EPOCH, epochs=300) == pytest.approx(momentum, abs=1e-12)


@given(step=st.integers(0, LAST), steps_per_epoch=st.integers(1, 5000))
def test_the_papers_momentum_has_its_published_form(step: int, steps_per_epoch: int) -> None:
    published = 1 - 0.002 * (1 + math.cos(math.pi * step / (300 * steps_per_epoch)))
    assert CosineEma().momentum(step, steps_per_epoch=steps_per_epoch, epochs=300) == pytest.approx(
        published, abs=1e-12
    )


def test_the_papers_momentum_does_not_ask_how_long_the_run_is() -> None:
    """300 epochs are written into the authors' formula; a run of 10 epochs keeps close to 0.996."""
    after_ten = CosineEma().momentum(10 * STEPS_PER_EPOCH, steps_per_epoch=STEPS_PER_EPOCH, epochs=10)
    assert after_ten == pytest.approx(1 - 0.002 * (1 + math.cos(math.pi / 30)))
    assert CosineEma(epochs=10).momentum(10 * STEPS_PER_EPOCH, steps_per_epoch=STEPS_PER_EPOCH, epochs=20) == 1


@given(epochs=st.integers(1, 500), steps_per_epoch=st.integers(1, 5000), share=st.floats(0, 1))
def test_the_average_can_take_the_length_of_the_run(epochs: int, steps_per_epoch: int, share: float) -> None:
    """From 0.996 over 0.998 half-way to 1 at the end, however long the run is."""
    step = round(share * epochs * steps_per_epoch)
    found = CosineEma(epochs="run").momentum(step, steps_per_epoch=steps_per_epoch, epochs=epochs)
    assert found == pytest.approx(1 - 0.002 * (1 + math.cos(math.pi * step / (epochs * steps_per_epoch))), abs=1e-12)


@pytest.mark.parametrize(("step", "momentum"), [(0, 0.1), (1, 2 / 11), (8, 0.5), (890, 0.99), (10**6, 0.99)])
def test_the_short_average_holds_on_more_with_every_step_up_to_099(step: int, momentum: float) -> None:
    assert ShortEma().momentum(step, steps_per_epoch=1, epochs=9) == pytest.approx(momentum, abs=1e-15)


@given(step=st.integers(0, 10**7), limit=st.floats(0, 0.999))
def test_the_short_average_has_its_closed_form(step: int, limit: float) -> None:
    assert ShortEma(limit=limit).momentum(step, steps_per_epoch=7, epochs=9) == min(limit, (1 + step) / (10 + step))


@given(st.lists(st.floats(0, 1), min_size=1, max_size=12))
def test_the_copy_is_the_weighted_sum_of_everything_it_followed(momenta: list[float]) -> None:
    """Online weights 1, 2, 3, … seen with momenta m: the copy is Σ value · (1 − m) · Π later m, plus what is left."""
    net = small_net()
    set_all(net, 0)
    copy = EmaCopy(net)
    for value, momentum in enumerate(momenta, start=1):
        set_all(net, value)
        copy.update(net, momentum)
    expected = sum(
        value * (1 - momentum) * math.prod(momenta[value:]) for value, momentum in enumerate(momenta, start=1)
    )
    state = copy.model.state_dict()
    for name in ("0.weight", "0.bias", "1.weight", "1.running_mean", "1.running_var"):
        torch.testing.assert_close(state[name], torch.full_like(state[name], expected), atol=1e-12, rtol=1e-12)


def test_momentum_zero_copies_and_momentum_one_keeps_to_the_bit() -> None:
    net = small_net()
    copy = EmaCopy(net)
    before = {name: value.clone() for name, value in copy.model.state_dict().items()}
    with torch.no_grad():
        tensor(net, "0.weight").normal_()
    copy.update(net, 1.0)
    assert torch.equal(tensor(copy.model, "0.weight"), before["0.weight"])
    copy.update(net, 0.0)
    assert torch.equal(tensor(copy.model, "0.weight"), tensor(net, "0.weight"))
    assert not torch.equal(tensor(copy.model, "0.weight"), before["0.weight"])


def test_counters_are_taken_over_and_constants_left_alone() -> None:
    net = small_net()
    copy = EmaCopy(net)
    constant = tensor(copy.model, "constant").clone()
    with torch.no_grad():
        tensor(net, "constant").add_(1)
        tensor(net, "1.num_batches_tracked").fill_(41)
    copy.update(net, 0.5)
    assert tensor(copy.model, "1.num_batches_tracked") == 41
    assert torch.equal(tensor(copy.model, "constant"), constant)


def test_the_copy_evaluates_and_never_learns() -> None:
    net = small_net().train()
    copy = EmaCopy(net)
    assert not copy.model.training
    assert not any(parameter.requires_grad for parameter in copy.model.parameters())
    assert net.training
    assert all(parameter.requires_grad for name, parameter in net.named_parameters() if name != "constant")


# Off


def test_without_an_average_the_copy_is_the_online_model_after_every_step(people: list[Person]) -> None:
    """Every tensor, BatchNorm statistics and counters included; so what is evaluated is what was trained."""
    run = small_trainer(people, recipe=RECIPE.changed({"ema": {"kind": "off"}}))
    for step in (1, 4):
        train_until(run, step)
        online, copied = run.model.state_dict(), run.ema.model.state_dict()
        assert [name for name in online if not torch.equal(online[name], copied[name])] == []
        assert any(name.endswith("running_var") for name in online)


@pytest.mark.parametrize("written", ["off", {"kind": "off"}], ids=str)
def test_off_is_off_however_yaml_reads_it(written: object) -> None:
    assert TrainingConfig.model_validate({"ema": written}).ema == NoEma()


# As a teacher


class Normed(nn.Module):
    """A model whose un-pruned pass shows how its modules are switched."""

    def __init__(self) -> None:
        super().__init__()
        self.norm, self.dropout = nn.BatchNorm1d(2), nn.Dropout(0.5)

    def unpruned_pass(self, values_BC: Tensor) -> Tensor:
        out: Tensor = self.dropout(self.norm(values_BC))
        return out


BATCH = torch.tensor([[1.0, 10.0], [3.0, 30.0]])
STANDARDISED = torch.tensor([[-1.0, -1.0], [1.0, 1.0]])


def test_a_teacher_normalises_by_its_batch_as_the_authors_did_and_nothing_else_trains() -> None:
    copy = EmaCopy(Normed().train())
    taught = copy.teach(BATCH, batch_norm="train")
    torch.testing.assert_close(taught, STANDARDISED, atol=1e-4, rtol=0)
    assert not copy.model.training
    assert not any(module.training for module in copy.model.modules())


def test_a_teacher_in_evaluation_mode_normalises_by_what_it_has_seen() -> None:
    copy = EmaCopy(Normed().train())
    before = {name: value.clone() for name, value in copy.model.state_dict().items()}
    taught = copy.teach(BATCH, batch_norm="eval")
    torch.testing.assert_close(taught, BATCH, atol=1e-3, rtol=0)
    assert all(torch.equal(value, before[name]) for name, value in copy.model.state_dict().items())


def test_a_teacher_gives_no_gradient() -> None:
    taught = EmaCopy(Normed()).teach(BATCH.clone().requires_grad_(), batch_norm="train")
    assert not taught.requires_grad  # type: ignore[attr-defined]
