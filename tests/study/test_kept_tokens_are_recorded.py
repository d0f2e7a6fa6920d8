"""An evaluation leaves what the model kept beside its record, and is the same with it and without."""

from __future__ import annotations

from gtpt_bench.evaluation.kept_tokens.record import survival_from_json
from gtpt_bench.report.kept import content_of
from gtpt_bench.study.store import read_record
from tests.study.small_study import Workplace

LEFT = [16, 11, 4, 4, 4, 1, 1, 1]
"""Tokens of the miniature after its stages, from the third on a group each."""


def test_a_variant_that_prunes_has_a_record_of_its_tokens(finished: Workplace) -> None:
    session = finished.open()
    dense, pruned = (session.folder.run(run) for run in session.plan.runs)
    signatures = [run.evaluate_signature for run in session.plan.runs]
    assert not dense.tokens(signatures[0]).exists()
    file = pruned.tokens(signatures[1])
    assert file.stat().st_size < 4_000
    survival = survival_from_json(content_of(file))
    record = read_record(pruned.evaluation(signatures[1]))
    assert record is not None
    assert int(survival.counts.people) == record["metrics"]["num_people"]
    assert (survival.counts.crop.sum(1) == [left * survival.counts.people for left in LEFT]).all()
    assert int(survival.counts.inside.sum()) > 17


def test_a_report_of_older_results_goes_without(finished: Workplace) -> None:
    for file in finished.results.glob("mini/*/tokens-*.json.gz"):
        file.unlink()
    files = finished.open().write_report()
    assert not (files.folder / "tokens.md").exists()
    assert files.table.exists()
