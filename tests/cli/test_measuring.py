"""`measure`: what people and programs get, and what is refused in one line."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from typing import Any, get_args, get_type_hints

import pytest
import torch

from gtpt_bench.cli import measure_options
from gtpt_bench.cli.measure import measure, wanted_parts
from gtpt_bench.efficiency.options import InferenceOptions
from tests.cli.command import gtpt_study

TINY = ("measure", "gtpt_tiny_coco", "--threads", "1", "--seconds", "0.2", "--batch", "2")


@pytest.fixture(autouse=True)
def _on_the_cpu(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)


def refused(*arguments: str) -> str:
    answer = gtpt_study(*arguments)
    assert answer.code == 2
    return answer.error


def test_people_get_counts_times_and_conditions() -> None:
    answer = gtpt_study(*TINY)
    assert answer.code == 0
    lines = answer.out.splitlines()
    assert lines[0].split() == ["model", "params", "params", "thop", "MACs", "full", "MACs", "thop"]
    assert lines[1].split()[0] == "gtpt_tiny_coco"
    assert any(line.startswith("model") and "latency (ms)" in line and "images/s at 2" in line for line in lines)
    assert any("median absolute deviation of" in line for line in lines)
    assert ", 1 thread, load average " in lines[-1]
    assert lines[-1].endswith("run as: float32, threads 1")


def test_programs_get_figures_with_their_samples_and_the_way_of_running() -> None:
    found = gtpt_study(*TINY, "--deployed", "--layout", "channels_last", "--json").json
    assert found["model"] == "gtpt_tiny_coco"
    assert found["options"] | {"form": "deployed", "layout": "channels_last", "threads": 1} == found["options"]
    assert found["settings"]["throughput_batch"] == found["samples"]["throughput_batch"] == 2
    assert found["latency_ms"] > 0
    assert found["macs"]["full"] == 96_353_280


def test_several_models_are_timed_in_one_session() -> None:
    arguments = ("gtpt_tiny_coco", "gtpt_tiny_wholebody", "--only", "time", "--seconds", "0.2", "--threads", "1")
    answer = gtpt_study("measure", *arguments, "--json")
    body, whole_body = answer.json
    assert len(body["samples"]["latency_ns"]) == len(whole_body["samples"]["latency_ns"])
    assert "params" not in body
    assert answer.err.count("timing gtpt_tiny_coco, gtpt_tiny_wholebody: ") == 2, "begun and done"


def test_a_model_that_is_named_twice_is_measured_twice() -> None:
    """To see how far the same thing differs from itself."""
    found = gtpt_study("measure", *["gtpt_tiny_coco"] * 2, "gtpt_tiny_wholebody", "--only", "cost", "--json").json
    assert [one["model"] for one in found] == ["gtpt_tiny_coco", "gtpt_tiny_coco (2)", "gtpt_tiny_wholebody"]
    assert found[0]["macs"] == found[1]["macs"] != found[2]["macs"]


def test_counting_needs_no_clock_and_says_nothing_of_a_machine() -> None:
    answer = gtpt_study("measure", "gtpt_tiny_coco", "--only", "cost")
    assert "latency" not in answer.out
    assert "threads" not in answer.out
    assert answer.err == ""


@pytest.mark.parametrize(("by", "row"), [("stage", "stage 3"), ("module", "tokenizer.")])
def test_cost_can_be_cut_by_stage_and_by_module(by: str, row: str) -> None:
    out = gtpt_study("measure", "gtpt_tiny_coco", "--only", "cost", "--by", by).out
    assert f"{by.capitalize()}s of gtpt_tiny_coco" in out
    assert any(line.startswith(row) for line in out.splitlines())
    found = gtpt_study("measure", "gtpt_tiny_coco", "--only", "cost", "--by", by, "--json").json
    assert sum(part["full_macs"] for part in found[f"{by}s"]) == found["macs"]["full"]


def test_explained_cost_has_every_convention_the_stages_and_other_counters() -> None:
    out = gtpt_study("measure", "gtpt_tiny_coco", "--only", "cost", "--explain").out
    for title in ("MACs by convention", "Stages of gtpt_tiny_coco", "Counters of gtpt_tiny_coco"):
        assert title in out
    assert "counters agree" in out
    assert "fvcore" in out
    assert "roof" not in out


def test_a_reconstruction_is_called_one_whatever_is_measured() -> None:
    sizes = ("input_size=[32,32]", "widths=[8,8,8]", "heads=[1,1,1]", "depths=[1,1,1]")
    small = ("measure", "hevitpose_t", *(f"--set={size}" for size in sizes), "--threads", "1", "--seconds", "0.2")
    for part in ("cost", "time"):
        assert "hevitpose_t: reconstruction: the authors never" in gtpt_study(*small, "--only", part).out
    assert gtpt_study(*small, "--only", "cost", "--json").json["note"].startswith("reconstruction")


def test_what_has_gigabytes_of_weights_is_counted_and_never_timed() -> None:
    counted = gtpt_study("measure", "vitpose_plus_h_wholebody", "--only", "cost", "--json").json
    assert counted["params"] == 930_917_078
    assert "has gigabytes of weights and is only counted" in refused("measure", "vitpose_plus_h_wholebody")


def test_explain_alone_says_what_figures_mean() -> None:
    out = gtpt_study("measure", "--explain").out
    assert "What the thop package prints" in out
    assert "synchronised" in out
    assert set(gtpt_study("measure", "--explain", "--json").json) == {"conventions", "quantities"}


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((), "no model is named"),
        (("gtpt_x_coco",), "unknown model 'gtpt_x_coco'; did you mean gtpt_"),
        (("gtpt_t_coco", "--set", "width"), "--set width: KEY=VALUE is expected"),
        (("gtpt_t_coco", "--set", "width=7"), "--set for gtpt_t_coco: width: "),
        (("gtpt_t_coco", "--cuda-graph"), "impossible on cpu: cuda_graph"),
        (("gtpt_t_coco", "--only", "cost", "--dtype", "tf32"), "impossible on cpu: dtype tf32"),
        (("gtpt_t_coco", "--compile", "reduce_overhead"), "impossible on cpu: compile reduce_overhead"),
        (("gtpt_t_coco", "--attention", "cudnn"), "impossible on cpu: attention cudnn"),
        (("gtpt_t_coco", "--energy"), "impossible on cpu: energy"),
        (("gtpt_t_coco", "--compile", "reduce_overhead", "--cuda-graph"), "records CUDA graphs by itself"),
        (("gtpt_t_coco", "--explain", "--compile", "default"), "no stages to be told apart"),
        (("gtpt_t_coco", "--only", "cost", "--end-to-end"), "--only cost runs nothing; leave out --end-to-end"),
        (("gtpt_t_coco", "--only", "time", "--by", "stage"), "--only time counts nothing; leave out --by"),
    ],
)
def test_what_cannot_be_done_is_one_line(arguments: tuple[str, ...], words: str) -> None:
    assert words in refused("measure", *arguments)


@pytest.mark.parametrize("number", ["0", "99999"])
def test_threads_that_no_machine_has_are_refused(number: str) -> None:
    """So many would end the process before any error could be told."""
    answer = gtpt_study("measure", "gtpt_t_coco", "--threads", number)
    assert (answer.code, answer.out) == (2, "")
    assert "--threads" in answer.err


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({}, {"cost", "time"}),
        ({"only": "cost"}, {"cost"}),
        ({"only": "time", "explain": True}, {"time", "explain"}),
        ({"only": "cost", "explain": True}, {"cost", "conventions", "stages", "check"}),
        ({"by": "module", "check": True}, {"cost", "time", "modules", "check"}),
        ({"beside": ["sweep"]}, {"cost", "time", "sweep"}),
    ],
)
def test_options_say_what_is_measured(given: dict[str, Any], expected: set[str]) -> None:
    arguments = {"only": None, "by": None, "beside": [], "explain": False, "check": False} | given
    assert wanted_parts(**arguments) == expected


@pytest.mark.parametrize("name", ["dtype", "layout", "compile", "attention"])
def test_choices_of_the_command_line_are_those_of_the_library(name: str) -> None:
    """Spelled out twice, since help must not import the library."""
    assert get_args(get_type_hints(measure)[name]) == get_args(InferenceOptions.model_fields[name].annotation)
    assert InferenceOptions().model_dump()[name] == (measure.__defaults__ or ())[_place(name)]


def _place(name: str) -> int:
    return measure.__code__.co_varnames.index(name)


def test_every_option_has_words_of_its_own() -> None:
    aliases = [value for name, value in vars(measure_options).items() if name[0].isupper()]
    assert all(alias.__metadata__[0].help for alias in aliases if hasattr(alias, "__metadata__"))


def test_ctrl_c_ends_in_a_line_and_no_traceback() -> None:
    argv = ["-c", "from gtpt_bench.cli.main import main; main()", "measure", "gtpt_tiny_coco", "--threads", "1"]
    with subprocess.Popen(
        [sys.executable, *argv],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ,
        # A shell that starts tests in the background has them ignore Ctrl-C, and children inherit that.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    ) as process:
        assert process.stderr is not None
        first = process.stderr.readline()
        time.sleep(0.3)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
    assert first.endswith("timing gtpt_tiny_coco: started\n")
    assert "timing gtpt_tiny_coco: stopped" in err
    assert "Traceback" not in err
    assert (process.returncode, out) == (130, "")
