"""What a step's signature depends on: everything that may change its result, and nothing else."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from types import MappingProxyType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gtpt_bench import config as signed
from gtpt_bench.config import (
    DataIdentity,
    RunConfig,
    cost_signature,
    evaluate_signature,
    timing_signature,
    train_signature,
)
from gtpt_bench.data.config import CocoData, DrawnData
from gtpt_bench.data.drawn import config as drawn
from gtpt_bench.efficiency.timing.settings import TimingSettings
from gtpt_bench.frozen import canonical_json, signature
from gtpt_bench.models import model_config
from gtpt_bench.models.peers.hrnet import HRNetConfig
from gtpt_bench.models.reading import HeatmapReading
from tests.study.small_study import STUDY, Workplace

DRAWN = RunConfig(model=model_config("gtpt_tiny_coco"), data=DrawnData())
REAL = RunConfig(model=model_config("gtpt_tiny_coco"), data=CocoData())
KNOWN = DataIdentity(train="a", evaluation="b")

values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


def signatures(run: RunConfig, data: DataIdentity = KNOWN) -> tuple[str, str]:
    return train_signature(run, data), evaluate_signature(run, data)


def changed_steps(run: RunConfig, changes: dict[str, Any]) -> list[str]:
    before, after = signatures(run), signatures(run.changed(changes))
    return [step for step, old, new in zip(("train", "evaluate"), before, after, strict=True) if old != new]


def test_a_signature_is_the_hash_of_sorted_json_without_blanks() -> None:
    expected = hashlib.sha256('{"a":[1.0,null,"é"],"b":true}\n2'.encode()).hexdigest()
    assert signature({"b": True, "a": [1.0, None, "é"]}, 2) == expected


@given(content=st.dictionaries(st.text(max_size=5), values, max_size=5), seed=st.randoms())
def test_the_order_of_keys_does_not_matter(content: dict[str, Any], seed: Any) -> None:
    keys = list(content)
    seed.shuffle(keys)
    assert canonical_json({key: content[key] for key in keys}) == canonical_json(content)


@pytest.mark.parametrize(
    "changes",
    [
        {"model.ffn_ratio": 9},
        {"model.pruning.keep_rates": [1, 0.9, 0.5, 0.1]},
        {"training.epochs": 299},
        {"training.learning_rate": 0.0011},
        {"training.schedule": {"kind": "cosine"}},
        {"training.ema.start": 0.9},
        {"training.augmentation": None},
        {"seed": 1},
    ],
    ids=str,
)
@pytest.mark.parametrize("run", [DRAWN, REAL], ids=["drawn", "real"])
def test_what_shapes_the_weights_changes_both_steps(changes: dict[str, Any], run: RunConfig) -> None:
    assert changed_steps(run, changes) == ["train", "evaluate"]


@pytest.mark.parametrize(
    "changes",
    [
        {"evaluation.flip_test": False},
        {"evaluation.boxes": "ground_truth"},
        {"evaluation.oks_nms_threshold": 0.8},
        {"data.evaluation": "test2017"},
        {"data.detections": "other.json"},
    ],
    ids=str,
)
def test_a_new_protocol_never_trains_again(changes: dict[str, Any]) -> None:
    assert changed_steps(REAL, changes) == ["evaluate"]


def test_another_rule_of_reading_maps_evaluates_again_and_never_trains_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """It belongs to the family and is in no field of the config."""
    run = RunConfig(model=model_config("hrnet_w32"), data=CocoData())
    before = signatures(run)
    monkeypatch.setattr(HRNetConfig, "reading", HeatmapReading(peak="dark"))
    after = signatures(run)
    assert (after[0] == before[0], after[1] == before[1]) == (True, False)


def test_a_detection_file_that_is_not_used_does_not_matter() -> None:
    by_annotations = REAL.changed({"evaluation.boxes": "ground_truth"})
    assert changed_steps(by_annotations, {"data.detections": "other.json"}) == []


@pytest.mark.parametrize("changes", [{"data.train": "small2017"}, {"data": {"kind": "drawn"}}], ids=str)
def test_other_training_data_train_again(changes: dict[str, Any]) -> None:
    assert changed_steps(REAL, changes) == ["train", "evaluate"]


def test_real_data_are_known_by_their_content() -> None:
    train, evaluate = signatures(REAL)
    assert signatures(REAL, DataIdentity(train="a", evaluation="other"))[0] == train
    assert signatures(REAL, DataIdentity(train="a", evaluation="other"))[1] != evaluate
    assert signatures(REAL, DataIdentity(train="other", evaluation="b"))[0] != train


def test_drawn_data_are_known_by_their_config_and_the_version_of_the_drawing(monkeypatch: pytest.MonkeyPatch) -> None:
    before = signatures(DRAWN)
    assert changed_steps(DRAWN, {"data.drawing.seed": 1}) == ["train", "evaluate"]
    monkeypatch.setattr(drawn, "VERSION", drawn.VERSION + 1)
    assert all(new != old for new, old in zip(signatures(DRAWN), before, strict=True))


@pytest.mark.parametrize(("step", "moved"), [("train", (True, True)), ("evaluate", (False, True))])
def test_a_raised_version_changes_its_step_and_what_builds_on_it(
    step: str, moved: tuple[bool, bool], monkeypatch: pytest.MonkeyPatch
) -> None:
    before = signatures(DRAWN)
    monkeypatch.setattr(signed, "STEP_VERSIONS", MappingProxyType({**signed.STEP_VERSIONS, step: 99}))
    assert tuple(new != old for new, old in zip(signatures(DRAWN), before, strict=True)) == moved


def test_a_cost_belongs_to_a_model_alone() -> None:
    model = model_config("gtpt_tiny_coco")
    assert cost_signature(model) == cost_signature(model_config("gtpt_tiny_coco", {"width": model.width}))
    assert cost_signature(model) != cost_signature(model.changed({"split_ratio": model.split_ratio + 1}))


def test_a_timing_belongs_to_its_models_in_their_order_its_settings_and_its_device() -> None:
    one, other = model_config("gtpt_tiny_coco"), model_config("gtpt_t_coco")
    usual = TimingSettings()
    signatures = {
        timing_signature([one, other], usual, "cpu"),
        timing_signature([other, one], usual, "cpu"),
        timing_signature([one], usual, "cpu"),
        timing_signature([one, other], usual.changed({"throughput_batch": 9}), "cpu"),
        timing_signature([one, other], usual, "gpu"),
    }
    assert len(signatures) == 5
    assert timing_signature([one, other], TimingSettings(), "cpu") in signatures


@pytest.mark.parametrize(
    ("key", "value", "same"),
    [("pruning.keep_rates", [1, 1, 1, 1], [1.0, 1.0, 1.0, 1.0]), ("training.learning_rate", 0.001, "1e-3")],
)
def test_one_value_written_in_two_ways_is_one_run(key: str, value: object, same: object, place: Workplace) -> None:
    found = set()
    for written in (value, same):
        place.write({**STUDY, "vary": {"variants": {"a": {key: written}}}, "report": {}})
        found.add(place.open().plan.runs[0].train_signature)
    assert len(found) == 1


def test_a_copy_with_another_value_has_a_signature_of_its_own() -> None:
    """Although a config keeps what it has worked out, such as its canonical JSON."""
    before = train_signature(DRAWN, KNOWN)
    copied = DRAWN.model.model_copy(update={"width": 2 * DRAWN.model.width})
    other = DRAWN.model_copy(update={"model": copied})
    assert copied == DRAWN.model.changed({"width": 2 * DRAWN.model.width})
    assert train_signature(other, KNOWN) == train_signature(DRAWN.changed({"model.width": copied.width}), KNOWN)
    assert train_signature(DRAWN, KNOWN) == before


def test_words_order_and_place_do_not_matter(place: Workplace) -> None:
    """Title, question, order of variants, other seeds and the folder of the results leave a run the same run."""
    variants = dict(reversed(STUDY["vary"]["variants"].items()))
    before = {run.folder for run in place.open().plan.runs}
    place.write({**STUDY, "title": "Another", "question": "Why?", "vary": {"variants": variants}, "seeds": [1, 0]})
    other = Workplace(place.path / "elsewhere")
    other.path.mkdir()
    other.write(place.study_file.read_text())
    assert before < {run.folder for run in other.open().plan.runs}


def test_another_process_finds_the_same_signature() -> None:
    """Python's own hashes differ from process to process; signatures must not."""
    program = (
        "from gtpt_bench.config import *; from gtpt_bench.data.config import *; "
        "from gtpt_bench.models import model_config; "
        "print(evaluate_signature(RunConfig(model=model_config('gtpt_tiny_coco'), data=DrawnData()), DataIdentity()))"
    )
    found = {
        subprocess.run(
            [sys.executable, "-c", program],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout.strip()
        for seed in ("1", "2")
    }
    assert found == {evaluate_signature(DRAWN, DataIdentity())}
