"""`timing` may name batch sizes and ways of running; what a machine cannot do is refused before anything runs."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from gtpt_bench.config import DataIdentity, timing_signature
from gtpt_bench.efficiency.options import PLAIN, InferenceOptions
from gtpt_bench.efficiency.timing.settings import TimingSettings
from gtpt_bench.errors import StudyError
from gtpt_bench.frozen import canonical_json
from gtpt_bench.study.load import load_study
from gtpt_bench.study.overview import plan_summary
from gtpt_bench.study.plan import Plan
from gtpt_bench.study.planning import build_plan
from gtpt_bench.study.timing_spec import StudyTiming
from tests.study.every_variant import ROOT
from tests.study.small_study import STUDY, Workplace, without

ALONE = without(STUDY, "accuracy")
DEPLOYED = {"form": "deployed"}


def planned(place: Workplace, timing: dict[str, Any], **keys: Any) -> Plan:
    place.write({**ALONE, "timing": timing, **keys})
    return place.open().plan


def refusal(place: Workplace, timing: str, content: str = "") -> str:
    """Of a study whose third line is its timing."""
    place.write(f"study: mini\nmodel: gtpt_tiny_coco\ntiming: {timing}\n{content}")
    with pytest.raises(StudyError) as caught:
        place.open()
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_every_way_is_timed_at_every_batch_size_small_batches_first(place: Workplace) -> None:
    timing = planned(place, {"batches": [8, 1], "ways": {"plain": {}, "ready": DEPLOYED}}).timing
    assert timing
    assert timing.grid
    assert timing.grid.places == (("plain", 1), ("ready", 1), ("plain", 8), ("ready", 8))
    assert timing.grid.ways == {"plain": PLAIN, "ready": InferenceOptions(form="deployed")}
    assert timing.words == "2 variants × 2 ways × 2 batches of gtpt_tiny_coco"


def test_batches_alone_are_run_plainly_and_ways_alone_at_the_two_usual_sizes() -> None:
    batches, ways = StudyTiming(batches=(4,)).grid, StudyTiming(ways={"a": PLAIN}, throughput_batch=16).grid
    assert batches
    assert ways
    assert batches.ways == {"float32": PLAIN}
    assert ways.batches == (1, 16)
    assert StudyTiming().grid is None


def test_a_plan_says_how_long_the_session_may_take(place: Workplace) -> None:
    place.write({**ALONE, "timing": {"batches": [1], "session_s": 240}})
    session = place.open()
    status = session.status()
    assert "interleaved, 4 min at most" in plan_summary(session.plan, status, session.forecast(status))[0]


@pytest.mark.parametrize(
    ("timing", "words"),
    [
        ("{batches: [8, 8]}", ["timing.batches:", "twice", "[8, 8]"]),
        ("{batches: [0]}", ["timing.batches.0:", "greater than or equal to 1"]),
        ("{ways: {a: {}, b: {dtype: float32}}}", ["timing.ways:", "'a' and 'b'", "same way"]),
        ("{ways: {a: {dtpe: float16}}}", ["timing.ways.a.dtpe:", "did you mean 'dtype'?"]),
        ("{ways: {a: {dtype: float8}}}", ["timing.ways.a.dtype:", "bfloat16", "'float8'"]),
        ("{ways: {a: {dtype: bfloat16, autocast: bfloat16}}}", ["timing.ways.a:", "autocast"]),
        ("{ways: {a/b: {}}}", ["timing.ways", "letters, digits"]),
        ("{batches: [1], throughput_batch: 4}", ["timing:", "throughput_batch", "into batches"]),
        ("{session_s: 60}", ["timing:", "session_s", "timeout_s"]),
    ],
)
def test_a_mistake_is_one_line_with_its_place(timing: str, words: list[str], place: Workplace) -> None:
    message = refusal(place, timing)
    assert message.startswith(f"{place.study_file}:3: ")
    assert [word for word in words if word not in message] == []


@pytest.mark.parametrize(
    ("way", "words"),
    [
        ("{dtype: tf32}", "dtype tf32"),
        ("{cuda_graph: true}", "cuda_graph"),
        ("{compile: reduce_overhead}", "compile reduce_overhead"),
        ("{attention: cudnn, dtype: float16}", "attention cudnn"),
        ("{cudnn_benchmark: true}", "cudnn_benchmark"),
    ],
)
def test_what_takes_a_gpu_is_refused_on_a_cpu_by_the_line_that_asks_for_it(
    way: str, words: str, place: Workplace
) -> None:
    text = f"\n  batches: [1]\n  ways:\n    plain: {{}}\n    quick one: {way}"
    message = refusal(place, text)
    assert message.startswith(f"{place.study_file}:7: timing.ways: 'quick one' is impossible on cpu: {words}")


def test_the_paper_profile_of_the_speed_study_is_for_a_gpu() -> None:
    study, source = load_study(ROOT / "studies" / "throughput.yaml", profile="paper")

    def plan(kind: Any) -> Plan:
        return build_plan(
            study, source, profile="paper", identify=lambda run: DataIdentity(), device="one", device_kind=kind
        )

    timing = plan("cuda").timing
    assert timing
    assert timing.grid
    assert {way.dtype for way in timing.grid.ways.values()} == {"float32", "tf32", "float16", "bfloat16"}
    with pytest.raises(
        StudyError, match=re.escape("throughput.yaml:") + r"\d+: timing.ways: '.*' is impossible on cpu"
    ):
        plan("cpu")


@pytest.mark.parametrize(
    ("key", "content"),
    [
        ("accuracy", "accuracy: {model: gtpt_tiny_coco, data: drawn, training: quick}\n"),
        ("report.reported", "report: {reported: [{file: gtpt_readme_coco.csv, method: GTPT-S, variant: default}]}\n"),
    ],
)
def test_accuracy_has_no_place_in_a_study_of_time(key: str, content: str, place: Workplace) -> None:
    assert refusal(place, "{batches: [1]}", content).startswith(f"{place.study_file}:4: {key}: timing.batches and")


def test_a_study_of_time_needs_a_model(place: Workplace) -> None:
    place.write("study: mini\ntiming: {batches: [1]}\n")
    with pytest.raises(StudyError, match=r"mini.yaml:2: timing: a model to time is missing"):
        place.open()


def test_without_batches_and_ways_the_signature_is_that_of_the_settings_alone(place: Workplace) -> None:
    """Sessions measured before there were grids stay valid: the new keys leave no trace at their defaults."""
    timing = planned(place, {"throughput_batch": 4}).timing
    assert timing
    assert timing.grid is None
    settings = TimingSettings(throughput_batch=4)
    assert canonical_json(timing.settings) == canonical_json(settings)
    device = "a CPU"
    study, source = load_study(place.study_file)
    plan = build_plan(study, source, profile="quick", identify=lambda run: DataIdentity(), device=device)
    assert plan.timing
    assert plan.timing.signature == timing_signature(timing.configs, settings, device)


def test_batches_and_options_are_part_of_the_signature_names_of_ways_too(place: Workplace) -> None:
    timings: list[dict[str, Any]] = [
        {},
        {"batches": [1, 8]},
        {"batches": [1, 4]},
        {"batches": [1, 8], "ways": {"a": DEPLOYED}},
        {"batches": [1, 8], "ways": {"b": DEPLOYED}},
        {"batches": [1, 8], "ways": {"a": {"layout": "channels_last"}}},
        {"batches": [1, 8], "ways": {"a": DEPLOYED}, "session_s": 9},
    ]
    plans = [planned(place, timing).timing for timing in timings]
    assert len({timing.signature for timing in plans if timing}) == len(timings)


def test_a_plan_of_before_reads_as_one_without_a_grid(place: Workplace) -> None:
    plan = planned(place, {})
    old = json.loads(plan.model_dump_json())
    del old["audit"], old["timing"]["grid"], old["study"]["audit"]
    for key in ("batches", "ways", "session_s"):
        del old["study"]["timing"][key]
    assert Plan.model_validate(old) == plan


def test_a_plan_with_a_grid_reads_back_as_it_was_written(place: Workplace) -> None:
    plan = planned(place, {"batches": [1, 2], "ways": {"a": DEPLOYED}})
    assert Plan.model_validate_json(plan.model_dump_json()) == plan


def test_planning_a_grid_does_not_wait_for_torch(tmp_path: Path) -> None:
    program = (
        "import sys; from pathlib import Path; from gtpt_bench.study.session import open_session\n"
        f"for name in ('throughput', 'flops_audit'): open_session(Path({str(ROOT)!r}) / 'studies' / f'{{name}}.yaml', "
        f"'quick', None, Path({str(tmp_path)!r})).status()\n"
        "print('torch' in sys.modules, 'numpy' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "False"]
