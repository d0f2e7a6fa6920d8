"""Models by name: what was changed, what it costs, and a verdict on time; under a clock that only fake models move."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from gtpt_bench.compare import time
from gtpt_bench.compare.as_json import as_json
from gtpt_bench.compare.cost import CostCompared
from gtpt_bench.compare.entry import dotted
from gtpt_bench.compare.run import Compared, How, compare
from gtpt_bench.compare.sides import Asked, side
from gtpt_bench.compare.tables import cost_table, sections
from gtpt_bench.compare.time_tables import FORMS_NOTE, time_table
from gtpt_bench.efficiency.options import InferenceOptions
from gtpt_bench.efficiency.timing.settings import ComparisonSettings
from gtpt_bench.errors import InputError
from gtpt_bench.models import model_config
from gtpt_bench.models.catalogue import ModelConfig
from gtpt_bench.models.gtpt.closed_form import gtpt_cost
from tests.efficiency.fakes import FakeClock, FakeModel, in_place_of_the_machines

SETTINGS = ComparisonSettings(warmup_s=0.01, timeout_s=30)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> FakeClock:
    """A network takes a tenth of a millisecond for each of its channels, and as much for each image."""
    fake = in_place_of_the_machines(monkeypatch)

    def built(config: ModelConfig) -> FakeModel:
        return FakeModel(fake, call_ms=config.width / 10, image_ms=config.width / 10)

    monkeypatch.setattr(time, "built", built)
    return fake


def compared(a: dict[str, Any], b: dict[str, Any], **how: Any) -> Compared:
    first, second = (
        side(Asked("gtpt_t_coco", changes, option), Path("nowhere"))
        for changes, option in ((a, "--set-a"), (b, "--set-b"))
    )
    return compare(first, second, How(settings=SETTINGS, batch=4, **how))


@pytest.mark.parametrize(
    ("width", "verdict", "ratio"), [(128, "same", 1.0), (160, "slower", 1.25), (64, "faster", 0.5)]
)
def test_times_have_a_verdict_on_the_second(clock: FakeClock, width: int, verdict: str, ratio: float) -> None:
    latency, throughput = compared({}, {"width": width}, parts=("time",)).pairs[""].time
    for found, batch in ((latency, 1), (throughput, 4)):
        assert found.batch == batch
        assert found.comparison.verdict == verdict
        assert found.comparison.ratio == pytest.approx(ratio)
        assert found.call_ms == (pytest.approx(12.8 * (1 + batch)), pytest.approx(width / 10 * (1 + batch)))
    assert throughput.images_per_s[0] == pytest.approx(4 / (12.8 * 5 / 1000))


def test_a_model_against_itself_is_the_same_in_everything(clock: FakeClock) -> None:
    (pair,) = compared({}, {}).pairs.values()
    assert pair.differing == {}
    assert {found.comparison.verdict for found in pair.time} == {"same"}
    assert pair.cost is not None
    assert all(a == b for a, b in pair.cost.rows.values())


def test_cost_is_told_in_every_convention_with_its_ratio(clock: FakeClock) -> None:
    rates = {"pruning.keep_rates": [1, 1, 1, 1]}
    content = as_json(compared({}, rates, parts=("cost",)))
    costs = [gtpt_cost(model_config("gtpt_t_coco", changes)) for changes in ({}, rates)]
    for convention, macs in costs[0].by_convention().items():
        told = content["cost"]["macs"][convention]
        assert (told["a"], told["b"]) == (macs, costs[1].by_convention()[convention])
        assert told["ratio"] == pytest.approx(told["b"] / told["a"])
    assert content["cost"]["params"]["ratio"] == 1
    assert content["differences"] == {"pruning.keep_rates": [[1.0, 0.7, 0.3, 0.1], [1.0, 1.0, 1.0, 1.0]]}


def test_keys_that_begin_with_run_say_how_a_model_is_run(clock: FakeClock) -> None:
    (pair,) = compared({"run.threads": 1}, {"run.layout": "channels_last"}, parts=("cost",)).pairs.values()
    assert (pair.first.options.threads, pair.second.options.layout) == (1, "channels_last")
    assert pair.differing == {"run.threads": (1, None), "run.layout": ("contiguous", "channels_last")}
    assert pair.first.name == "gtpt_t_coco with run.threads=1"


def test_json_has_the_rounds_and_no_nan(clock: FakeClock) -> None:
    content = as_json(compared({}, {"width": 160}))
    assert json.loads(json.dumps(content, allow_nan=False)) == content
    latency = content["time"]["latency"]
    assert latency["confidence"] == pytest.approx(0.95), "however often it was looked at"
    assert latency["verdict"] == "slower"
    assert len(latency["measured"]["rounds_ns"]) == latency["num_rounds"] >= 9
    assert latency["measured"]["rounds_ns"][0] == [pytest.approx(25.6e6), pytest.approx(32e6)]
    assert (content["accuracy"], content["no_accuracy"]) == (None, "a model by name is not trained")


def test_people_see_names_differences_and_verdicts(clock: FakeClock) -> None:
    shown = [*sections(compared({}, {"width": 160}))]
    assert shown[0].notes == ("A  gtpt_t_coco", "B  gtpt_t_coco with width=160")
    assert ("width", "128", "160") in shown[1].rows
    assert shown[2].rows[0][:2] == ("params", "2,405,632")
    assert [row[-1] for row in shown[3].rows] == ["B is slower", "B is slower"]
    assert shown[3].notes[0].endswith("9 and 9 rounds, 95 % intervals")
    assert shown[3].rows[0][1:4] == ("25.60", "32.00", "1.250 (1.250–1.250)")
    assert shown[4].notes == ("accuracy is not compared: a model by name is not trained",)


def test_ways_to_count_that_are_called_by_a_letter_are_explained_where_they_are_shown() -> None:
    (pair,) = compared({}, {}, parts=("cost",)).pairs.values()
    assert pair.cost is not None
    shown = cost_table(pair)
    letters = [row[0][-1] for row in shown.rows if re.fullmatch(r"MACs [A-Z]", row[0])]
    assert len(letters) >= 4
    assert all(f"{letter}: " in shown.notes[0] for letter in letters)
    full = pair.cost.first.macs["full"]
    counts = replace(pair.cost.first, macs={"full": full, "N": full})
    notes = cost_table(replace(pair, cost=CostCompared(counts, counts))).notes
    assert notes[0].startswith("MACs N: convolutions, linear layers and norms")
    assert "HRNet" not in notes[0]


def test_a_trained_form_beside_a_deployed_one_is_said_to_be_faster_than_alone(clock: FakeClock) -> None:
    (pair,) = compared({}, {}, parts=("time",)).pairs.values()
    assert FORMS_NOTE not in time_table(pair).notes
    deployed = replace(pair.second, options=InferenceOptions(form="deployed"))
    assert time_table(replace(pair, second=deployed)).notes[-1] == FORMS_NOTE


def test_a_model_that_takes_the_same_time_is_called_so(clock: FakeClock) -> None:
    shown = [*sections(compared({}, {}, parts=("time",)))]
    assert [row[-1] for row in shown[-1].rows] == ["B is the same"] * 2


def test_one_round_is_shown_without_an_interval_and_is_no_json_infinity(clock: FakeClock) -> None:
    first, second = (side(Asked("gtpt_t_coco"), Path("nowhere")) for _ in range(2))
    found = compare(first, second, How(parts=("time",), settings=SETTINGS.model_copy(update={"timeout_s": 0.001})))
    (pair,) = found.pairs.values()
    assert pair.time[0].comparison.verdict == "ambiguous"
    assert as_json(found)["time"]["latency"]["high"] is None
    assert [*sections(found)][-1].rows[0][3] == "1.000"


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"run.form": "fast"}, "--set-b: run.form: "),
        ({"run.no_such": 1}, "--set-b: run.no_such: unknown key"),
        ({"pruning.keep_rate": 1}, "--set-b for gtpt_t_coco: pruning.keep_rate: unknown key"),
    ],
)
def test_changes_that_are_impossible_name_their_option(changes: dict[str, Any], words: str) -> None:
    with pytest.raises(InputError, match=words):
        compared({}, changes)


def test_what_this_device_cannot_do_is_refused_before_anything_is_timed(clock: FakeClock) -> None:
    with pytest.raises(InputError, match="impossible on cpu: cuda_graph"):
        compared({}, {"run.cuda_graph": True})
    assert clock.now_ns == 0


def test_models_have_no_accuracy_to_compare() -> None:
    with pytest.raises(InputError, match="models by name are not trained"):
        compared({}, {}, parts=("accuracy",))


def test_dotted_keys_are_those_of_set() -> None:
    flat = dotted(model_config("gtpt_t_coco"))
    assert flat["pruning.keep_rates"] == [1.0, 0.7, 0.3, 0.1]
    assert model_config("gtpt_t_coco", {key: value for key, value in flat.items() if value is not None})
    assert dotted({"a": {"b": {}, "c": [1, 2]}}) == {"a.b": {}, "a.c": [1, 2]}
