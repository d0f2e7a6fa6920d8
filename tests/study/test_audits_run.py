"""An audit counts models and nothing else: no training, no timing, and a second run does nothing."""

from __future__ import annotations

import json
from collections.abc import Callable
from types import MappingProxyType
from typing import Any

import pytest
from torch import nn

from gtpt_bench.config import cost_signature
from gtpt_bench.efficiency.counting import cross_check
from gtpt_bench.efficiency.counting.referee import RefereeCount
from gtpt_bench.models.gtpt.closed_form import gtpt_cost
from gtpt_bench.study.overview import plan_summary
from tests.study.every_variant import ROOT
from tests.study.small_study import Workplace


def referee(name: str, share: float = 1.0) -> Callable[[nn.Module, Any], RefereeCount]:
    """A counter made by others that finds this share of what there is."""
    return lambda model, inputs: RefereeCount(name, round(share * gtpt_cost(model.config).full))  # type: ignore[arg-type]


@pytest.fixture(autouse=True)
def referees(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """In place of the real ones, which take seconds a model; two honest ones at first."""

    def ask(*these: Callable[[nn.Module, Any], RefereeCount]) -> None:
        monkeypatch.setattr(cross_check, "REFEREES", MappingProxyType(dict.fromkeys(these, ("full",))))

    ask(referee("one"), referee("another"))
    return ask


def test_an_audit_runs_from_an_empty_folder_to_its_table_once(
    place: Workplace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ROOT)  # where the reference files are
    place.write({"study": "mini", "audit": {"models": ["gtpt_t_coco"], "published": ["gtpt_readme_coco.csv"]}})
    session = place.open()
    assert plan_summary(session.plan, session.status(), session.forecast(session.status())) == [
        "cost of 2 models: 2 missing",
        "cost: about 8 s to measure (a guess from a CPU of 2 cores)",
    ]
    assert place.run().done == 1  # both models in one job
    for cost in session.plan.costs:
        metrics = json.loads(session.folder.cost(cost).read_text(encoding="utf-8"))["metrics"]
        assert metrics["macs"].keys() >= {"full", "attention", "thop", "H", "D", "N", "E"}
        assert metrics["params_thop"] == 2_370_560  # spec/training_and_evaluation.md §9
    table = session.write_report().table.read_text(encoding="utf-8")
    assert "| *0.7* | thop (or N) | 0.663 | 0 | 0.754 |" in table
    assert session.missing_jobs() == []


def test_a_counter_that_is_off_by_2_percent_flags_the_row_of_its_model(
    place: Workplace, monkeypatch: pytest.MonkeyPatch, referees: Callable[..., None]
) -> None:
    monkeypatch.chdir(ROOT)
    referees(referee("one"), referee("another"), referee("wrong", 1.02))
    place.write({"study": "mini", "audit": {"models": ["gtpt_tiny_coco"], "published": ["gtpt_readme_coco.csv"]}})
    assert place.run().done == 1
    session = place.open()
    (cost,) = session.plan.measured.values()
    record = json.loads(session.folder.cost(cost).read_text(encoding="utf-8"))
    found = {counter["name"]: (counter["macs"], counter["agrees"]) for counter in record["check"]["counters"]}
    full = record["metrics"]["macs"]["full"]
    assert found == {
        "closed form": (full, True),
        "one": (full, True),
        "another": (full, True),
        "wrong": (round(1.02 * full), False),
    }
    assert (record["check"]["agrees"], record["check"]["complaints"]) == (False, ["wrong is off by +2.00%"])
    assert record["check"]["uncounted_calls"]["gelu"] > 0
    table = session.write_report().table.read_text(encoding="utf-8").replace("\\_", "_")
    assert "| DISAGREE: 3 of 4, wrong is off by +2.00 %; all tokens: DISAGREE" in table
    assert "Complaints: gtpt_tiny_coco, gtpt_tiny_coco keeping all tokens: wrong is off by +2.00%." in table


def test_only_audits_ask_others_and_their_records_are_told_apart(
    place: Workplace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ROOT)
    place.write({"study": "mini", "audit": {"models": ["gtpt_t_coco"], "published": ["gtpt_readme_coco.csv"]}})
    audited = place.open().plan.measured["gtpt_t_coco"]
    place.write({"study": "mini", "question": "How dear?", "model": "gtpt_t_coco", "vary": {"variants": {"as is": {}}}})
    plain = place.open().plan.measured["as is"]
    assert plain.config == audited.config
    assert (plain.cross_checked, audited.cross_checked) == (False, True)
    assert plain.signature == cost_signature(plain.config) != audited.signature
