"""An audit with times: models of different families and input sizes in one session, the largest never allocated."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from types import MappingProxyType
from typing import Any

import pytest
from torch import nn

from gtpt_bench.efficiency.counting import cross_check
from gtpt_bench.efficiency.counting.referee import RefereeCount
from gtpt_bench.errors import InputError
from gtpt_bench.study import measuring
from gtpt_bench.study.plan import Plan
from tests.study.every_variant import ROOT
from tests.study.small_study import Workplace

QUICK = {
    "warmup_s": 0.01,
    "round_s": 0.01,
    "min_rounds": 2,
    "max_rounds": 2,
    "min_calls": 1,
    "min_s": 0,
    "throughput_batch": 1,
}
SMALL_LITE = {"model": "litehrnet_18", "changes": {"modules": [1, 1, 1], "input_size": [64, 32]}}
AUDIT: dict[str, Any] = {
    "published": ["gtpt_readme_coco.csv"],
    "models": ["gtpt_tiny_coco", {"small lite": SMALL_LITE}, "gtpt_tiny_wholebody"],
    "counted_only": ["gtpt_tiny_wholebody"],
}


@pytest.fixture(autouse=True)
def where_reference_files_are(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)


@pytest.fixture
def one_referee(monkeypatch: pytest.MonkeyPatch) -> None:
    """In place of those of others, which take seconds a model."""

    def honest(model: nn.Module, inputs: Any) -> RefereeCount:
        return RefereeCount("honest", model.config.cost.full)  # type: ignore[union-attr, arg-type]

    monkeypatch.setattr(cross_check, "REFEREES", MappingProxyType({honest: ("full",)}))


def write(place: Workplace, timing: dict[str, Any] | None = None, **audit: Any) -> None:
    place.write({"study": "mini", "timing": QUICK if timing is None else timing, "audit": AUDIT | audit})


def planned(place: Workplace, timing: dict[str, Any] | None = None, **audit: Any) -> Plan:
    write(place, timing, **audit)
    return place.open().plan


def test_models_of_all_sizes_are_timed_in_one_session_and_the_largest_only_counted(
    place: Workplace, one_referee: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    built: list[str] = []
    monkeypatch.setattr(measuring, "build_model", noting(built, measuring.build_model))
    write(place)
    session = place.open()
    assert place.run().done == 2
    assert sorted(set(built)) == ["coco", "coco small"]  # the other had no memory for a single weight
    for name, cost in session.plan.measured.items():
        record = json.loads(session.folder.cost(cost).read_text(encoding="utf-8"))
        assert record["metrics"]["macs"]["full"] == cost.config.cost.full, name
    assert session.plan.timing
    record = json.loads(session.folder.timing(session.plan.timing).read_text(encoding="utf-8"))
    assert list(record["samples"]) == ["gtpt_tiny_coco", "small lite"]
    table = session.write_report().table.read_text(encoding="utf-8")
    assert "| small lite | Lite-HRNet-18 | 64x32 |" in table
    assert "| not timed | not timed |" in table
    assert session.missing_jobs() == []


def noting(built: list[str], build: Callable[[Any], Any]) -> Callable[[Any], Any]:
    def noted(config: Any) -> Any:
        built.append(f"{config.keypoint_set.name}{' small' if config.family == 'litehrnet' else ''}")
        return build(config)

    return noted


def test_a_row_is_a_model_by_name_or_changed_under_a_name_of_its_own(place: Workplace) -> None:
    plan = planned(place)
    assert list(plan.variants) == ["gtpt_tiny_coco", "small lite", "gtpt_tiny_wholebody"]
    small = plan.measured["small lite"]
    assert (small.model, tuple(small.config.input_size)) == ("litehrnet_18", (64, 32))
    assert plan.timing
    assert plan.timing.words == "2 models"
    assert Plan.model_validate_json(plan.model_dump_json()) == plan


def test_what_is_published_belongs_to_unchanged_models_alone(place: Workplace) -> None:
    plan = planned(place, models=["litehrnet_18", {"small lite": SMALL_LITE}], counted_only=[])
    assert plan.audit
    assert [(row.variant, row.method) for row in plan.audit.published] == [("litehrnet_18", "Lite-HRNet-18")]
    (once,) = plan.audit.counted_as.values()
    assert once.config == plan.measured["litehrnet_18"].config.changed({"fuse": "corrected"})


def test_counting_without_memory_is_told_apart_from_counting_with_it(place: Workplace) -> None:
    empty = planned(place).measured["gtpt_tiny_wholebody"]
    full = planned(place, counted_only=[]).measured["gtpt_tiny_wholebody"]
    assert empty.config == full.config
    assert (empty.empty, full.empty) == (True, False)
    assert empty.signature != full.signature


def test_what_has_gigabytes_of_weights_is_only_counted_without_being_named(place: Workplace) -> None:
    plan = planned(place, models=["vitpose_plus_h_wholebody", "gtpt_tiny_coco"], counted_only=[])
    assert plan.measured["vitpose_plus_h_wholebody"].empty
    assert plan.timing
    assert plan.timing.variants == ("gtpt_tiny_coco",)


def test_nothing_is_timed_where_everything_is_only_counted(place: Workplace) -> None:
    assert planned(place, models=["gtpt_tiny_wholebody"]).timing is None


@pytest.mark.parametrize(
    ("audit", "words"),
    [
        ({"models": ["hrnet_w23"]}, r"audit\.models\.0: unknown model 'hrnet_w23'; did you mean hrnet_w32"),
        ({"models": [{"a": {"model": "hrnet_w23"}}]}, r"audit\.models\.0: unknown model 'hrnet_w23'"),
        (
            {"models": [{"a": {"model": "hrnet_w32", "changes": {"widht": 48}}}]},
            r"variant 'a' for hrnet_w32: widht: unknown key; did you mean 'width'\?",
        ),
        (
            {"models": [{"a": {"model": "hrnet_w32", "changes": {"input_size": [250, 250]}}}]},
            r"variant 'a' for hrnet_w32: .*input_size",
        ),
        ({"models": [{"a": {"modle": "hrnet_w32"}}]}, r"audit\.models\.0\.model: field required"),
        ({"models": ["hrnet_w32", "hrnet_w32"]}, r"audit\.models\.1: two rows are called 'hrnet_w32'; give one a name"),
        (
            {"counted_only": ["hrnet_w48"]},
            r"audit\.counted_only\.0: no row is called 'hrnet_w48'; known: gtpt_tiny_coco, small lite",
        ),
        ({"claims": ["none.csv"]}, r"there is no file none\.csv"),
    ],
    ids=["unknown", "unknown, named", "no such key", "impossible", "no such part", "twice", "not a row", "no file"],
)
def test_mistakes_are_answered_in_one_line_with_their_place(
    audit: dict[str, Any], words: str, place: Workplace
) -> None:
    write(place, **{"counted_only": [], **audit})
    with pytest.raises(InputError) as caught:
        place.open()
    message = str(caught.value)
    assert "\n" not in message
    assert re.search(words, message), message
    assert "mini.yaml" in message


@pytest.mark.parametrize("timing", [{"batches": [1, 8]}, {"ways": {"deployed": {"form": "deployed"}}}])
def test_batches_and_ways_are_for_studies_of_one_model(timing: dict[str, Any], place: Workplace) -> None:
    write(place, timing)
    with pytest.raises(InputError, match=r"mini.yaml:\d+: timing: an audit times one image and one batch; leave"):
        place.open()
