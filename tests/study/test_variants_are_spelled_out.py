"""What varies in a study, written as axes, zipped lists or named changes, becomes variants with names."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gtpt_bench.data.config import DrawnData
from gtpt_bench.errors import StudyError
from gtpt_bench.study.spec import Study
from gtpt_bench.study.variants import Variant, variants_of
from gtpt_bench.study.yaml_source import YamlSource
from tests.study.small_study import STUDY, Workplace, without

NOWHERE = YamlSource("study.yaml", {}, {})


def variants(**vary: Any) -> tuple[Variant, ...]:
    return variants_of(Study.model_validate({"study": "x", "vary": vary}), NOWHERE)


def changes(**vary: Any) -> dict[str, dict[str, Any]]:
    return {variant.name: variant.changes for variant in variants(**vary)}


def test_nothing_varied_is_one_variant() -> None:
    assert changes() == {"default": {}}


def test_named_variants_keep_their_names_and_order() -> None:
    named = {"b": {"width": 64}, "0357": {"width": 32, "heads": 4}}
    assert list(changes(variants=named).items()) == list(named.items())


def test_axes_multiply_and_the_last_runs_fastest() -> None:
    assert list(changes(axes={"width": [32, 64], "heads": [2, 4]})) == [
        "width 32 heads 2",
        "width 32 heads 4",
        "width 64 heads 2",
        "width 64 heads 4",
    ]


def test_labels_name_the_values_of_an_axis() -> None:
    rates = {"dense": [1, 1, 1, 1], "hard": [1, 0.5, 0.2, 0.1]}
    assert changes(axes={"pruning.keep_rates": rates}) == {
        "dense": {"pruning.keep_rates": [1, 1, 1, 1]},
        "hard": {"pruning.keep_rates": [1, 0.5, 0.2, 0.1]},
    }


def test_zipped_lists_go_side_by_side() -> None:
    assert changes(zip={"width": [32, 64], "heads": [2, 4]}) == {
        "width 32 heads 2": {"width": 32, "heads": 2},
        "width 64 heads 4": {"width": 64, "heads": 4},
    }


@pytest.mark.parametrize(
    "vary",
    [
        {"axes": {"pruning.score": ["oracle", "random"]}, "variants": {"a": {"pruning.score": "human"}}},
        {"axes": {"width": [32, 64]}, "zip": {"width": [1, 2]}},
        {"variants": {"a": {"pruning": {"score": "oracle"}, "pruning.score": "human"}}},
    ],
    ids=["axis and variant", "axis and zip", "within a variant"],
)
def test_a_key_that_two_changes_set_is_refused_for_the_name_would_tell_of_the_wrong_one(vary: dict[str, Any]) -> None:
    with pytest.raises(
        StudyError, match=r"study.yaml.*variant .*(pruning.score|width) is set by .*vary it in one place"
    ):
        variants(**vary)


def test_a_field_may_be_set_beside_the_bare_name_of_its_part() -> None:
    named = {"a": {"grouping": "random", "grouping.seed": 3}}
    assert changes(variants=named) == named


def test_axes_zip_and_variants_combine() -> None:
    found = changes(axes={"ffn_ratio": [2, 3]}, zip={"width": [32, 64], "heads": [2, 4]}, variants={"a": {}, "b": {}})
    assert len(found) == 2 * 2 * 2
    assert found["ffn_ratio 3 width 32 heads 2 b"] == {"ffn_ratio": 3, "width": 32, "heads": 2}


@given(
    sizes=st.lists(st.integers(1, 4), min_size=1, max_size=3),
    zipped=st.integers(0, 3),
    named=st.integers(0, 3),
)
def test_the_number_of_variants_is_the_product_and_no_two_are_alike(sizes: list[int], zipped: int, named: int) -> None:
    vary: dict[str, Any] = {"axes": {f"axis{place}": list(range(size)) for place, size in enumerate(sizes)}}
    if zipped:
        vary["zip"] = {"one": list(range(zipped)), "two": list(range(zipped))}
    vary["variants"] = {f"v{number}": {"named": number} for number in range(named)}
    expected = max(1, zipped) * max(1, named)
    for size in sizes:
        expected *= size
    found = changes(**vary)
    assert len(found) == expected
    assert len({str(sorted(change.items())) for change in found.values()}) == expected


@given(value=st.one_of(st.text(max_size=80), st.lists(st.floats(0, 1), max_size=30), st.none(), st.booleans()))
def test_a_name_made_from_a_value_is_a_name_of_one_folder(value: object) -> None:
    (name,) = changes(axes={"part.key": [value]})
    assert name.startswith("key ")
    assert "/" not in name
    assert len(name) <= 64


@pytest.mark.parametrize(
    ("vary", "words"),
    [
        ({"zip": {"width": [1, 2], "heads": [1]}}, "differ in length"),
        ({"zip": {"width": []}}, "at least one value"),
        ({"axes": {"width": []}}, "at least one value"),
        ({"axes": {"width": {"../out": 32}}}, "'../out'"),
        ({"axes": {"width": {"c": 1, "c b": 2}}, "variants": {"b": {}, "b b": {}}}, "'c b b'"),
    ],
)
def test_what_cannot_be_spelled_out_is_refused(vary: dict[str, Any], words: str) -> None:
    with pytest.raises(StudyError) as caught:
        variants(**vary)
    assert words in str(caught.value)
    assert str(caught.value).startswith("study.yaml: ")


def test_a_change_reaches_the_part_that_its_key_names(place: Workplace) -> None:
    """Of the model measured and trained, or of how the run is trained, fed and scored."""
    change = {"width": 32, "training.epochs": 7, "data.drawing.seed": 5, "evaluation.flip_test": False}
    place.write({**STUDY, "vary": {"variants": {"a": change}}, "report": {}})
    plan = place.open().plan
    run = plan.runs[0].config
    assert (plan.measured["a"].config.width, plan.trained["a"].config.width, run.model.width) == (32, 32, 32)
    assert run.training.epochs == 7
    assert run.training.batch_size == STUDY["accuracy"]["training"]["batch_size"]
    assert isinstance(run.data, DrawnData)
    assert run.data.drawing.seed == 5
    assert run.data.drawing.num_val_images == STUDY["accuracy"]["data"]["drawing"]["num_val_images"]
    assert (run.evaluation.flip_test, run.evaluation.boxes) == (False, "ground_truth")


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=10)
@given(seeds=st.lists(st.integers(0, 10**9), min_size=1, max_size=5, unique=True))
def test_every_variant_is_trained_with_every_seed(seeds: list[int], place: Workplace) -> None:
    place.write({**without(STUDY, "model"), "seeds": seeds})
    runs = place.open().plan.runs
    assert [(run.variant, run.seed) for run in runs] == [(v, seed) for v in ("dense", "pruned") for seed in seeds]
