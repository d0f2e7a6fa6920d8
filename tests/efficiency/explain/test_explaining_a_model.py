"""`explain`, by the real clock on the tiny model: every part is there and fits the others."""

from __future__ import annotations

import pytest
import torch

from gtpt_bench.efficiency.counting.breakdown import ELSEWHERE
from gtpt_bench.efficiency.explain import explanation
from gtpt_bench.efficiency.explain.explanation import Explanation, explain, product_dtype
from gtpt_bench.efficiency.explain.rates import RatedDevice, RateRound
from gtpt_bench.efficiency.explain.settings import ExplainSettings
from gtpt_bench.efficiency.options import InferenceOptions
from gtpt_bench.errors import InputError
from gtpt_bench.models import create_model
from gtpt_bench.models.gtpt.closed_form import gtpt_cost
from gtpt_bench.models.gtpt.model import GTPT

CPU = torch.device("cpu")
QUICK = ExplainSettings(rounds=2, round_s=0.02, warmup_s=0, profiled_calls=1)


@pytest.fixture(scope="module")
def model() -> GTPT:
    return create_model("gtpt_tiny_coco").train()


@pytest.fixture(scope="module")
def explained(model: GTPT) -> Explanation:
    return explain(model, batch=2, device=CPU, settings=QUICK)


def test_costs_are_those_of_the_batch(explained: Explanation, model: GTPT) -> None:
    assert explained.findings.macs == 2 * gtpt_cost(model.config).full


def test_rows_are_the_stages_in_order_and_share_all_of_the_time(explained: Explanation) -> None:
    stages = ["tokenizer", "stage 1", "stage 2", "split", "stage 3", "stage 4", "head", ELSEWHERE]
    assert [row.stage for row in explained.rows] == stages
    assert sum(row.share_of_time for row in explained.rows) == pytest.approx(1)
    assert sum(row.share_of_macs for row in explained.rows) == pytest.approx(1)
    assert sum(row.seconds for row in explained.rows) == pytest.approx(explained.times.seconds)


def test_the_machine_was_measured_in_turn_and_no_stage_beats_it(explained: Explanation) -> None:
    assert len(explained.rates.rounds) == len(explained.times.rounds) >= QUICK.rounds
    assert explained.rates.rated.threads == torch.get_num_threads()
    assert 0 < explained.findings.rate_share < 1


@pytest.mark.long
def test_a_model_on_one_thread_is_held_against_products_on_one_thread(model: GTPT) -> None:
    found = explain(model, batch=1, device=CPU, options=InferenceOptions(threads=1), settings=QUICK)
    assert found.rates.rated.threads == 1


def test_one_sentence_about_its_batch(explained: Explanation) -> None:
    assert explained.sentence.startswith("At batch 2 ")
    assert explained.sentence.endswith(".")
    assert explained.sentence.count(".\n") == 0


def test_the_model_is_put_in_evaluation_mode_and_has_no_marks_left(explained: Explanation, model: GTPT) -> None:
    assert not model.training
    assert not [module for module in model.modules() if "forward" in module.__dict__]


@pytest.mark.parametrize("options", [{"compile": "default"}, {"cuda_graph": True}])
def test_what_cannot_be_looked_into_is_refused(model: GTPT, options: dict[str, object]) -> None:
    with pytest.raises(InputError, match="no stages to be told apart"):
        explain(model, batch=1, device=CPU, options=InferenceOptions(**options))  # type: ignore[arg-type]


def test_what_the_device_cannot_do_is_refused(model: GTPT) -> None:
    with pytest.raises(InputError, match="tf32"):
        explain(model, batch=1, device=CPU, options=InferenceOptions(dtype="tf32"))


def test_a_model_is_held_against_products_in_its_own_format() -> None:
    assert product_dtype(InferenceOptions()) == "float32"
    assert product_dtype(InferenceOptions(dtype="bfloat16")) == "bfloat16"
    assert product_dtype(InferenceOptions(autocast="bfloat16")) == "bfloat16"


class Disturbed:
    """A machine on which somebody else is at work in the first of its rounds."""

    rated = RatedDevice("cpu", "float32", 2, 1536, 0)

    def __init__(self, num_disturbed: int) -> None:
        self.num_disturbed, self.rounds = num_disturbed, 0

    def round(self, seconds: float) -> RateRound:
        self.rounds += 1
        return RateRound(1e9, 1e9, 1e9, None, waited_share=0.5 if self.rounds <= self.num_disturbed else 0.0)

    def matrix_round(self, seconds: float) -> float:
        return 1e9


class NeverDisturbedClock:
    """Rounds of a model that had the cores to itself."""

    def __init__(self) -> None:
        self.rounds: list[RateRound] = []

    def round(self, seconds: float) -> None:
        self.rounds.append(RateRound(1e9, 1e9, 1e9, None))


@pytest.mark.parametrize(("num_disturbed", "num_rounds"), [(0, 2), (3, 5), (99, 6)])
def test_disturbed_rounds_are_made_up_for_until_patience_ends(num_disturbed: int, num_rounds: int) -> None:
    machine, clock = Disturbed(num_disturbed), NeverDisturbedClock()
    explanation._rates_and_stages(machine, clock, QUICK)  # type: ignore[arg-type]
    assert machine.rounds == num_rounds
