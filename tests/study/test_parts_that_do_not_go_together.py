"""Combinations that each part allows and a run does not: refused at plan time, with both keys and a way out."""

from __future__ import annotations

from typing import Any

import pytest

from gtpt_bench.config import RunConfig
from gtpt_bench.study.compatible import first_conflict


def run(model: dict[str, Any] | None = None, **parts: Any) -> RunConfig:
    values = {"model": {}, "data": {"kind": "drawn"}, "evaluation": {"boxes": "ground_truth"}, **parts}
    return RunConfig.model_validate({**values, "model": {"family": "gtpt", **(model or {})}})


ORACLE = {"pruning": {"score": "oracle"}}


@pytest.mark.parametrize(
    ("config", "keys", "remedy"),
    [
        (
            run(ORACLE, evaluation={"boxes": "detections"}),
            ("pruning.score", "accuracy.evaluation.boxes"),
            "use boxes ground_truth",
        ),
        (
            run(ORACLE, training={"distillation": "full_ema"}),
            ("pruning.score", "accuracy.training.distillation"),
            "use distillation full_detached",
        ),
        (
            run(training={"warmup": {"kind": "linear", "curve": "geometric"}}),
            ("accuracy.training.warmup.curve", "pruning.keep_rates"),
            "use curve linear",
        ),
    ],
    ids=["oracle without labels", "oracle that teaches", "curve to other rates"],
)
def test_the_first_conflict_names_both_keys_and_a_way_out(
    config: RunConfig, keys: tuple[str, str], remedy: str
) -> None:
    conflict = first_conflict(config)
    assert conflict is not None
    assert conflict.keys == keys
    assert remedy in conflict.reason
    assert "\n" not in str(conflict)


@pytest.mark.parametrize(
    "config",
    [
        run(),
        run(ORACLE),
        run(ORACLE, training={"distillation": "none"}),
        run(
            {"pruning": {"keep_rates": (1, 0.7, 0.49, 0.343)}},
            training={"warmup": {"kind": "linear", "curve": "geometric"}},
        ),
    ],
    ids=["default", "oracle", "oracle without a teacher", "geometric curve to its own rates"],
)
def test_what_goes_together_has_no_conflict(config: RunConfig) -> None:
    assert first_conflict(config) is None
