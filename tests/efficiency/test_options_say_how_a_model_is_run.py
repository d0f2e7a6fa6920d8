"""Options that a device cannot do are refused in one line; the others are told apart by their label."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest
import torch
from pydantic import ValidationError

from gtpt_bench.efficiency.options import PLAIN, InferenceOptions
from gtpt_bench.efficiency.prepare import prepared
from gtpt_bench.errors import InputError
from tests.efficiency.fakes import FakeClock, FakeModel


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"dtype": "tf32"}, "dtype tf32"),
        ({"cuda_graph": True}, "cuda_graph"),
        ({"compile": "reduce_overhead"}, "compile reduce_overhead"),
        ({"attention": "memory_efficient"}, "attention memory_efficient"),
        ({"attention": "cudnn"}, "attention cudnn"),
        ({"cudnn_benchmark": True}, "cudnn_benchmark"),
    ],
)
def test_what_only_cuda_can_do_is_refused_on_a_cpu_by_one_line(changes: dict[str, Any], named: str) -> None:
    options = InferenceOptions(**changes)
    with pytest.raises(InputError) as refused:
        prepared(FakeModel(FakeClock()), options, torch.device("cpu"))
    assert f"impossible on cpu: {named} (" in str(refused.value)
    assert "\n" not in str(refused.value)


def test_all_that_is_impossible_is_named_at_once() -> None:
    with pytest.raises(InputError, match=r"dtype tf32 .*; cuda_graph .*; cudnn_benchmark"):
        InferenceOptions(dtype="tf32", cuda_graph=True, cudnn_benchmark=True).check("cpu")


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"dtype": "bfloat16"},
        {"dtype": "float16"},
        {"autocast": "bfloat16"},
        {"layout": "channels_last"},
        {"compile": "max_autotune"},
        {"attention": "flash"},
        {"attention": "math"},
        {"threads": 1},
    ],
    ids=str,
)
def test_what_a_cpu_can_do_is_allowed_there(changes: dict[str, Any]) -> None:
    InferenceOptions(**changes).check("cpu")


@pytest.mark.parametrize("kernel", ["flash", "cudnn"])
def test_kernels_of_half_precision_are_refused_in_float32_on_a_gpu(kernel: Any) -> None:
    with pytest.raises(InputError, match=f"impossible on cuda: attention {kernel} in float32"):
        InferenceOptions(attention=kernel).check("cuda")
    InferenceOptions(attention=kernel, dtype="bfloat16").check("cuda")
    InferenceOptions(attention=kernel, autocast="float16").check("cuda")


def test_everything_of_cuda_is_allowed_on_cuda() -> None:
    InferenceOptions(dtype="tf32", cuda_graph=True, cudnn_benchmark=True, attention="memory_efficient").check("cuda")
    InferenceOptions(compile="reduce_overhead").check("cuda")


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"autocast": "bfloat16", "dtype": "float16"}, "autocast casts float32 weights"),
        ({"cuda_graph": True, "compile": "max_autotune"}, "records CUDA graphs by itself"),
        ({"threads": 0}, "threads"),
        ({"dtype": "float64"}, "dtype"),
        ({"fast": True}, "fast"),
    ],
)
def test_contradictions_are_refused_wherever_they_would_run(changes: dict[str, Any], reason: str) -> None:
    with pytest.raises(ValidationError, match=reason):
        InferenceOptions.model_validate(changes)


def test_a_label_names_the_format_and_what_is_unusual() -> None:
    assert PLAIN.label == "float32"
    assert InferenceOptions(form="deployed", dtype="bfloat16", layout="channels_last").label == (
        "deployed, bfloat16, channels_last"
    )
    assert InferenceOptions(cuda_graph=True, threads=2).label == "float32, CUDA graph, threads 2"


def test_options_and_settings_are_read_without_torch() -> None:
    program = (
        "import sys, gtpt_bench.efficiency.options, gtpt_bench.efficiency.timing.settings; "
        "assert not {'torch', 'numpy', 'scipy'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", program], check=True)
