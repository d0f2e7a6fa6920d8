"""A variant may be a model of its own, measured, trained or both, with the recipe that goes with it."""

from __future__ import annotations

from typing import Any

import pytest

from gtpt_bench.errors import StudyError
from gtpt_bench.report.contents import contents
from gtpt_bench.study.plan import EACH_ITS_OWN, Plan
from gtpt_bench.training.peer_recipes import PEER_QUICK, RECIPES
from gtpt_bench.training.presets import TRAINING
from tests.study.small_study import STUDY, Workplace

TOKENS = {"input_size": [64, 48], "trunk.width": 4, "width": 16, "depth": 2, "heads": 2}
SIMPLE = {"input_size": [64, 64], "width": 4, "deconv_width": 8}
ACCURACY = STUDY["accuracy"] | {"training": {"preset": "peer_quick", "epochs": 1, "batch_size": 4}}


def study(variants: dict[str, Any], **content: Any) -> dict[str, Any]:
    common = {"study": "mini", "title": "A miniature", "accuracy": ACCURACY | {"model": ""}, "report": {}}
    return common | {"vary": {"variants": variants}} | content


def plan(place: Workplace, variants: dict[str, Any], **content: Any) -> Plan:
    place.write(study(variants, **content))
    return place.open().plan


def test_a_model_of_its_own_is_measured_and_trained(place: Workplace) -> None:
    found = plan(place, {"a": {}, "b": {"model": "ppt_s"}}, model="tokenpose_s_v1")
    assert {name: cost.model for name, cost in found.measured.items()} == {"a": "tokenpose_s_v1", "b": "ppt_s"}
    assert found.trained == found.measured
    assert (found.measured_model, found.trained_model) == (EACH_ITS_OWN, EACH_ITS_OWN)


def test_it_may_be_named_for_training_alone(place: Workplace) -> None:
    """As a tiny GTPT stands for the one that is measured."""
    found = plan(place, {"gtpt": {"model": "gtpt_s_coco", "accuracy.model": "gtpt_tiny_coco", "training": "quick"}})
    assert (found.measured_model, found.trained_model) == ("gtpt_s_coco", "gtpt_tiny_coco")
    nothing_measured = plan(place, {"a": {"accuracy.model": "ppt_s"}, "b": {"accuracy.model": "tokenpose_s_v1"}})
    assert nothing_measured.measured == {}
    assert nothing_measured.shown("a").model == "ppt_s"


def test_what_makes_it_small_is_its_own_too(place: Workplace) -> None:
    """In place of what makes the study's trained model small; the variant's own changes come on top of either."""
    accuracy = ACCURACY | {"model": "", "changes": TOKENS}
    simple = {"model": "simplebaseline_res50", "accuracy.changes": SIMPLE, "depth": 101}
    found = plan(place, {"a": {"depth": 3}, "b": simple}, model="tokenpose_s_v1", accuracy=accuracy)
    a, b = found.trained["a"].config, found.trained["b"].config
    assert (a.width, a.depth, found.measured["a"].config.width) == (16, 3, 192)
    assert (b.width, b.depth, found.measured["b"].config.width) == (4, 101, 64)
    assert found.trained["b"].ahead == SIMPLE


def test_own_recipes_are_those_of_each_family(place: Workplace) -> None:
    accuracy = ACCURACY | {"training": {"preset": "own", "epochs": 7}}
    variants = {"a": {"model": "tokenpose_s_v1"}, "b": {"model": "vitpose_s", "training.epochs": 3}}
    first, second = (run.config.training for run in plan(place, variants, accuracy=accuracy).runs)
    assert first == RECIPES["tokenpose"].changed({"epochs": 7})
    assert second == RECIPES["vitpose"].changed({"epochs": 3})


def test_a_variant_may_name_its_recipe(place: Workplace) -> None:
    gtpt = {"accuracy.model": "gtpt_tiny_coco", "training": "quick", "training.epochs": 3}
    first, second = (run.config.training for run in plan(place, {"a": {"accuracy.model": "ppt_s"}, "b": gtpt}).runs)
    assert first == PEER_QUICK.changed({"epochs": 1, "batch_size": 4})
    assert second == TRAINING["quick"].changed({"epochs": 3})


@pytest.mark.parametrize(
    ("variants", "content", "message"),
    [
        ({"a": {"model": "ppt_m"}}, {}, r"mini.yaml:\d+: model: unknown model 'ppt_m'; did you mean ppt_s"),
        ({"a": {"accuracy.model": "ppt_m"}}, {}, r"mini.yaml:\d+: accuracy.model: unknown model 'ppt_m'"),
        (
            {"a": {"model": "vitpose_plus_h_wholebody"}},
            {},
            r"mini.yaml:\d+: model: vitpose_plus_h_wholebody has gigabytes of weights and is only counted, in an",
        ),
        ({"a": {}, "b": {"model": "ppt_s"}}, {}, r"variant 'a' names no model to measure, and others do; name one"),
        ({"a": {}}, {}, r"accuracy.model: a model to train is missing for variant 'a'; name it there"),
        (
            {"a": {"model": "ppt_s", "accuracy.changes": {"width": 5}}},
            {},
            r"mini.yaml:\d+: variant 'ppt_s' for ppt_s: width: .* multiple of 4",
        ),
        (
            {"a": {"model": "ppt_s", "training": "paer"}},
            {},
            r"variant 'a': training: unknown preset 'paer'; known: ",
        ),
        ({"a": {"model": "gtpt_tiny_coco"}, "b": {"model": "hevitpose_t"}}, {}, r"no 'mpii' keypoints"),
        (
            {"a": {"model": "ppt_s", "training": "quick"}},
            {},
            r"accuracy.model and accuracy.training.distillation do not go together: a ppt is no GTPT",
        ),
    ],
)
def test_mistakes_are_one_line(place: Workplace, variants: Any, content: Any, message: str) -> None:
    with pytest.raises(StudyError, match=message) as found:
        plan(place, variants, **content)
    assert "\n" not in str(found.value)


def test_all_variants_have_the_same_keypoints(place: Workplace) -> None:
    whole = {"model": "rtmpose_m_wholebody", "input_size": [64, 64]}
    with pytest.raises(StudyError, match=r"evaluated on different images .* or keypoints; make two studies of it"):
        plan(place, {"a": {"model": "ppt_s"}, "b": whole})


def test_a_deployed_form_is_refused_where_a_model_has_none(place: Workplace) -> None:
    content = {"timing": {"batches": [1], "ways": {"fast": {"form": "deployed"}}}, "accuracy": None}
    plan(place, {"a": {"model": "gtpt_t_coco"}}, **content)
    with pytest.raises(StudyError, match=r"timing.ways: 'fast': ppt_s has no deployed form; use form: trained"):
        plan(place, {"a": {"model": "gtpt_t_coco"}, "b": {"model": "ppt_s"}}, **content)


VARIANTS = {
    "token": {"accuracy.model": "tokenpose_s_v1", "accuracy.changes": TOKENS},
    "simple": {"accuracy.model": "simplebaseline_res50", "accuracy.changes": SIMPLE},
    "deep": {"accuracy.model": "deeppose_res50", "accuracy.changes": {"input_size": [64, 64], "width": 4}},
}


def test_families_are_trained_and_reported_side_by_side(place: Workplace) -> None:
    place.write(study(VARIANTS))
    outcome = place.run()
    assert (outcome.done, outcome.failed) == (4, 0)
    session = place.open()
    found = contents(session.plan, session.folder)
    columns, rows = [column.key for column in found.table.columns], {row.name: row.cells for row in found.table.rows}
    assert [rows[name]["model"].text for name in VARIANTS] == [
        "tokenpose_s_v1",
        "simplebaseline_res50",
        "deeppose_res50",
    ]
    assert rows["token"]["tokens_kept"].text == "16 (100 %)"
    assert "tokens_kept" not in rows["simple"], "it has no tokens"
    assert "keep_rates" not in columns, "nobody drops any"
    caption = " ".join(found.caption)
    assert "keypoints: each variant's model, 1 epoch" in caption
    assert "Trained networks, smaller than published: tokenpose_s_v1 with input_size [64, 48], trunk.width 4" in caption
    assert "simplebaseline_res50 with input_size [64, 64], width 4, deconv_width 8 (simple)" in caption
    assert "guidance" not in caption
