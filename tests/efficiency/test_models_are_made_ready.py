"""What is called is what the options say, and PyTorch's switches are as before afterwards."""

from __future__ import annotations

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from gtpt_bench.efficiency import switches
from gtpt_bench.efficiency.options import InferenceOptions
from gtpt_bench.efficiency.prepare import Prepared, num_compiled, prepared
from gtpt_bench.efficiency.sweep import Throughput, sweep
from gtpt_bench.efficiency.timing.workload import Workload
from gtpt_bench.errors import InputError
from gtpt_bench.models.blocks.pruning.truth import Truth

CPU = torch.device("cpu")


class Small(nn.Module):
    """A convolution and attention of one head over its pixels, fused or written out."""

    def __init__(self, *, fused: bool = True, with_heads: bool = True) -> None:
        super().__init__()
        self.config = SimpleNamespace(input_size=(8, 4))
        self.conv = nn.Conv2d(3, 4, 3, padding=1)
        self.fused, self.with_heads = fused, with_heads

    def forward(self, images: Tensor) -> Tensor:
        tokens = self.conv(images).flatten(2).transpose(1, 2).contiguous()
        if self.with_heads:
            tokens = tokens[:, None]
        if self.fused:
            return functional.scaled_dot_product_attention(tokens, tokens, tokens)
        return (tokens @ tokens.transpose(-1, -2)).softmax(-1) @ tokens


class Deployable(Small):
    def deploy(self) -> nn.Module:
        twin = Small()
        twin.load_state_dict(self.state_dict())
        return twin


def ready(model: nn.Module, **options: Any) -> Prepared:
    return prepared(model, InferenceOptions(**options), CPU)


def outputs(made: Prepared, batch: int = 2) -> Tensor:
    with made.in_force():
        found: Tensor = made(*made.inputs(batch))
    return found


@pytest.mark.parametrize("dtype", ["bfloat16", "float16"])
def test_weights_images_and_outputs_have_the_format_asked_for(dtype: str) -> None:
    model = Small()
    made = ready(model, dtype=dtype)
    wanted = getattr(torch, dtype)
    assert {p.dtype for p in made.model.parameters()} == {wanted}
    assert made.inputs(3)[0].dtype == outputs(made).dtype == wanted
    assert {p.dtype for p in model.parameters()} == {torch.float32}, "the model given is left as it is"
    torch.testing.assert_close(outputs(made).float(), outputs(ready(model)), rtol=0.05, atol=0.05)


def test_autocast_keeps_weights_and_images_in_float32() -> None:
    made = ready(Small(), autocast="bfloat16")
    assert {p.dtype for p in made.model.parameters()} == {made.inputs(1)[0].dtype} == {torch.float32}
    assert outputs(made).dtype == torch.bfloat16


def test_channels_last_is_the_layout_of_images_and_convolutions() -> None:
    model = Small()
    made = ready(model, layout="channels_last")
    for value in (made.inputs(2)[0], made.model.conv.weight):  # type: ignore[union-attr]
        assert value.is_contiguous(memory_format=torch.channels_last)
    assert not model.conv.weight.is_contiguous(memory_format=torch.channels_last)
    torch.testing.assert_close(outputs(made), outputs(ready(model)))


def test_nothing_is_copied_where_nothing_changes() -> None:
    model = Small()
    assert ready(model).model is model
    assert not model.training


def test_a_model_in_another_format_is_brought_to_the_one_recorded() -> None:
    assert outputs(ready(Small().to(torch.float64))).dtype == torch.float32


def test_the_deployed_form_is_what_deploy_returns() -> None:
    model = Deployable()
    made = ready(model, form="deployed")
    assert type(made.model) is Small
    assert not made.model.training
    torch.testing.assert_close(outputs(made), outputs(ready(model)))
    with pytest.raises(InputError, match="Small has no deployed form; use form: trained"):
        ready(Small(), form="deployed")


def test_images_are_the_same_each_time() -> None:
    assert torch.equal(ready(Small()).inputs(2)[0], ready(Small()).inputs(2)[0])


@pytest.fixture
def two_threads() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    yield
    torch.set_num_threads(before)


@pytest.mark.usefixtures("two_threads")
def test_threads_are_fixed_while_in_force_and_put_back_even_after_an_error() -> None:
    made = ready(Small(), threads=1)
    with made.in_force():
        assert torch.get_num_threads() == 1
    assert torch.get_num_threads() == 2
    with pytest.raises(RuntimeError, match="broken"), made.in_force():
        raise RuntimeError("broken")
    assert torch.get_num_threads() == 2


@pytest.mark.usefixtures("two_threads")
def test_the_number_of_threads_is_recorded_and_stays_that_of_the_time_of_preparing() -> None:
    made = ready(Small())
    assert made.options.threads == made.threads == 2
    torch.set_num_threads(1)
    with made.in_force():
        assert torch.get_num_threads() == 2
    assert torch.get_num_threads() == 1


def cuda_switches() -> tuple[Any, ...]:
    matmul, cudnn = torch.backends.cuda.matmul, torch.backends.cudnn
    exact = [getattr(place, "fp32_precision", None) for place in (matmul, getattr(cudnn, "conv", None))]
    return (matmul.allow_tf32, cudnn.allow_tf32, cudnn.benchmark, *exact, torch.get_float32_matmul_precision())


@pytest.mark.parametrize("allowed", [False, True])
def test_switches_of_cuda_are_set_both_ways_and_put_back(allowed: bool) -> None:
    """Plain float32 must switch TF32 off: convolutions have it on by default."""
    before = cuda_switches()
    with switches.tf32(allowed), switches.cudnn_benchmark(allowed):
        assert cuda_switches()[:3] == (allowed, allowed, allowed)
    assert cuda_switches() == before


def test_nothing_of_cuda_is_touched_on_a_cpu() -> None:
    before = cuda_switches()
    with ready(Small()).in_force():
        assert cuda_switches() == before


def test_no_gradients_while_in_force() -> None:
    assert outputs(ready(Small())).is_inference()


@pytest.mark.parametrize("kernel", ["math", "flash"])
def test_a_kernel_that_the_model_uses_is_taken(kernel: Any) -> None:
    model = Small()
    made = ready(model, attention=kernel)
    made.check(*made.inputs(1))
    torch.testing.assert_close(outputs(made), outputs(ready(model)))


def test_a_kernel_that_the_model_never_calls_is_refused() -> None:
    made = ready(Small(fused=False), attention="math")
    with pytest.raises(InputError, match="attention math changes nothing: this model, trained, calls no fused"):
        Workload(made, 1)


@pytest.mark.filterwarnings("ignore:.*(Flash attention|fused kernels)")
def test_a_kernel_that_cannot_serve_the_model_is_refused_in_one_line() -> None:
    """The CPU's flash kernel wants a dimension for heads."""
    with pytest.raises(InputError, match="attention flash cannot serve this model on cpu: ") as refused:
        Workload(ready(Small(with_heads=False), attention="flash"), 1)
    assert "\n" not in str(refused.value)


class Insatiable(Small):
    """Takes one image and no more."""

    def forward(self, images: Tensor) -> Tensor:
        if len(images) > 1:
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB")
        return super().forward(images)


def test_a_batch_that_does_not_fit_is_not_the_kernels_fault() -> None:
    """A sweep ends there, as it does with any other kernel."""
    made = ready(Insatiable(), attention="math")
    assert [sweep(lambda batch: Throughput(Workload(made, batch).batch), max_batch=8).ended_by] == ["out_of_memory"]


@pytest.fixture
def quick_compiler(monkeypatch: pytest.MonkeyPatch) -> None:
    """Graphs are captured and guarded as ever, but run as they are instead of being turned into C++."""
    torch.compiler.reset()
    compiler = torch.compile
    monkeypatch.setattr(
        torch, "compile", lambda model, mode, dynamic: compiler(model, backend="eager", dynamic=dynamic)
    )


@pytest.mark.usefixtures("quick_compiler")
def test_each_batch_size_is_compiled_once_in_its_first_call_and_never_while_timed() -> None:
    model = Small()
    made = ready(model, compile="default")
    for batch in range(1, 11):  # more shapes than PyTorch itself would keep
        workload = Workload(made, batch)
        assert workload.num_compiled == 1
        workload.warm_up(0)
        workload.latencies(0.001)
        workload.stream(0.001)
        assert workload.num_recompiled == 0
    torch.testing.assert_close(outputs(made), outputs(ready(model)))


@pytest.mark.usefixtures("quick_compiler")
def test_a_recompilation_while_timed_is_noted() -> None:
    workload = Workload(ready(Small(), compile="default"), 1)
    workload.inputs = (torch.cat([*workload.inputs, *workload.inputs]),)
    workload.latencies(0.001)
    assert workload.num_recompiled == 1


def test_what_is_not_compiled_counts_no_graphs() -> None:
    before = num_compiled()
    assert Workload(ready(Small()), 1).num_compiled == 0
    assert num_compiled() == before


def test_a_recorded_call_needs_images_alone() -> None:
    """Checked before anything of CUDA is touched."""
    made = Prepared(Small(), Small(), InferenceOptions(cuda_graph=True), CPU)
    with pytest.raises(InputError, match="cuda_graph records calls on images alone"):
        made(torch.zeros(1, 3, 8, 4), Truth(torch.zeros(1, 17, 2), torch.zeros(1, 17)))
