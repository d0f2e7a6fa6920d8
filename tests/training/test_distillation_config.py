"""A distillation in a config file: a preset's name or fields of its own; what cannot be is refused with both keys."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from gtpt_bench.training.config import TrainingConfig
from gtpt_bench.training.distillation import DISTILLATIONS


def test_a_distillation_is_named_or_spelled_out() -> None:
    by_name = TrainingConfig().changed({"distillation": "ema_weak"})
    assert by_name.distillation == DISTILLATIONS["ema_weak"]
    assert TrainingConfig.model_validate(by_name.model_dump(mode="json")) == by_name
    assert by_name.changed({"distillation.ema_from_epoch": 3}).distillation.terms == by_name.distillation.terms


def refusal(**values: object) -> str:
    with pytest.raises(ValidationError) as caught:
        TrainingConfig.model_validate(values)
    return str(caught.value)


def test_an_unknown_name_is_answered_with_all_known_ones() -> None:
    message = refusal(distillation="emma")
    assert all(name in message for name in (*DISTILLATIONS, "emma"))


@pytest.mark.parametrize(
    ("values", "named"),
    [
        ({"distillation": {"feature_weight": 0.1}}, ("feature_weight", "teacher: ema")),
        ({"distillation": {"ema_from_epoch": 3}}, ("ema_from_epoch", "teacher: ema")),
        ({"distillation": {"teacher_batch_norm": "eval"}}, ("teacher_batch_norm", "teacher: ema")),
        ({"distillation": "ema", "ema": {"kind": "off"}}, ("distillation", "ema is off")),
        ({"distillation": {"terms": [{"teacher": "full", "learner": "full"}]}}, ("teacher", "learner")),
        ({"distillation": {"terms": [{"teacher": "ema", "teacher_learns": True}]}}, ("teacher_learns", "teacher: ema")),
    ],
)
def test_what_cannot_be_is_refused_with_both_keys(values: dict[str, object], named: tuple[str, str]) -> None:
    message = refusal(**values)
    assert all(words in message for words in named)
