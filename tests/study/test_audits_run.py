"""An audit counts models and nothing else: no training, no timing, and a second run does nothing."""

from __future__ import annotations

import json

import pytest

from gtpt_bench.study.overview import plan_summary
from tests.study.every_variant import ROOT
from tests.study.small_study import Workplace


def test_an_audit_runs_from_an_empty_folder_to_its_table_once(
    place: Workplace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ROOT)  # where the reference files are
    place.write({"study": "mini", "audit": {"models": ["gtpt_t_coco"], "published": ["gtpt_readme_coco.csv"]}})
    session = place.open()
    assert plan_summary(session.plan, session.status(), session.forecast()) == [
        "0 training run(s), cost of 2 model(s): 2 missing"
    ]
    assert place.run().done == 1  # both models in one job
    for cost in session.plan.costs:
        metrics = json.loads(session.folder.cost(cost).read_text(encoding="utf-8"))["metrics"]
        assert metrics["macs"].keys() >= {"full", "attention", "thop", "H", "D", "N", "E"}
        assert metrics["params_thop"] == 2_370_560  # spec/training_and_evaluation.md §9
    table = session.write_report().table.read_text(encoding="utf-8")
    assert "| *0.7* | thop (or N) | 0.663 | 0 | 0.754 |" in table
    assert session.missing_jobs() == []
