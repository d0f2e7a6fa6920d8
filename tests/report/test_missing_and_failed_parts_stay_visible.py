"""What was not measured is said in the table and its caption, whichever part it is and whatever else is there."""

from __future__ import annotations

from pathlib import Path

import pytest

from gtpt_bench.errors import DataError
from gtpt_bench.files import write_json
from gtpt_bench.report.write import write_report
from gtpt_bench.study.failure import Failure, leave_failure
from tests.report.made import Made, csv_rows, found, make_study, plan_study, write_failure, write_measurements

REASON = "loss is not a number (log: somewhere/log.txt)"


def written(made: Made, name: str) -> str:
    write_report(made.plan, made.folder)
    return made.report(name).read_text(encoding="utf-8")


def test_a_failed_run_is_named_with_its_reason_beside_finished_ones(tmp_path: Path) -> None:
    made = make_study(tmp_path, {"dense": [found(range(80))], "pruned": []})
    leave_failure(made.folder.run(made.run("pruned")).error, Failure("diverged", REASON))
    caption = f"Without result: pruned: seed 0 failed {REASON}."
    assert caption in written(made, "table.md")
    assert caption in written(made, "table.tex")
    row = csv_rows(made.report("table.csv"))[1]
    assert row["ap"] == "seed 0 failed: diverged"


def test_where_every_run_failed_the_column_is_there_and_says_so(tmp_path: Path) -> None:
    made = plan_study(tmp_path, {"dense": 1, "pruned": 1})
    write_measurements(made)
    for variant in ("dense", "pruned"):
        write_failure(made, made.run(variant), REASON)
    assert f"dense: seed 0, pruned: seed 0 failed {REASON}." in written(made, "table.md"), "the message stands once"
    assert [row["ap"] for row in csv_rows(made.report("table.csv"))] == ["seed 0 failed: crash"] * 2


def test_a_long_message_is_cut_after_a_word(tmp_path: Path) -> None:
    made = make_study(tmp_path, {"dense": [found(range(80))], "pruned": []})
    leave_failure(made.folder.run(made.run("pruned")).error, Failure("gpu_memory", "word " * 100))
    text = written(made, "table.md")
    assert "| seed 0 failed: gpu memory |" in text
    assert "pruned: seed 0 failed word word" in text
    assert "word word…" in text
    assert text.count("word") < 40


def test_a_mean_over_fewer_seeds_than_planned_says_how_many(tmp_path: Path) -> None:
    made = make_study(tmp_path, {"dense": [found(range(80)), found(range(78))], "pruned": [found(range(75))]})
    write_failure(made, made.run("pruned", 1), REASON)
    cells = {row.name: row.cells["ap"].text for row in made.table.rows}
    assert cells["pruned"] == "75.2 (1 of 2 seeds)"
    assert "seeds" not in cells["dense"]
    assert f"pruned: seed 1 failed {REASON}" in written(made, "table.md")


@pytest.mark.parametrize("state", ["missing", "failed"])
@pytest.mark.parametrize(
    ("what", "columns"),
    [("cost", ("params_m", "macs_full_g", "macs_thop_g")), ("timing", ("latency_ms", "throughput"))],
)
def test_cost_and_time_without_result_keep_their_columns(
    tmp_path: Path, what: str, columns: tuple[str, ...], state: str
) -> None:
    made = make_study(tmp_path, {"dense": [found(range(80))]})
    for record in made.folder.path.glob(f"{what}-*.json"):
        record.unlink()
    if state == "failed":
        write_json(made.folder.measuring(what, made.plan.label).error, {"reason": REASON})  # type: ignore[arg-type]
    caption = written(made, "table.md")
    (row,) = csv_rows(made.report("table.csv"))
    assert [row[column] for column in columns] == [state] * len(columns)
    assert f"Without result: dense: {what} {state}{f' {REASON}' if state == 'failed' else ''}." in caption


def test_a_study_that_has_not_run_is_reported_as_missing_everything(tmp_path: Path) -> None:
    made = plan_study(tmp_path, {"dense": 2, "pruned": 2})
    text = written(made, "table.md")
    for variant in ("dense", "pruned"):
        for part in ("cost missing", "timing missing", "seed 0 missing", "seed 1 missing"):
            assert f"{variant}: {part}" in text
    assert not list(made.report("table.md").parent.glob("*.png"))


def test_what_nobody_planned_is_not_called_missing(tmp_path: Path) -> None:
    made = make_study(tmp_path, {"dense": [found(range(80))]}, timing=None)
    assert "missing" not in written(made, "table.md")
    assert "latency_ms" not in csv_rows(made.report("table.csv"))[0]


def test_a_record_of_another_signature_is_not_taken_for_the_result(tmp_path: Path) -> None:
    """The file name carries eight digits only; the record inside says whose it is."""
    made = make_study(tmp_path, {"dense": [found(range(80))]})
    run = made.run("dense")
    file = made.folder.run(run).evaluation(run.evaluate_signature)
    file.write_text(file.read_text().replace(run.evaluate_signature, "f" * 64))
    assert made.accuracy is None
    assert "dense: seed 0 missing" in written(made, "table.md")


def test_half_a_record_is_no_result(tmp_path: Path) -> None:
    made = make_study(tmp_path, {"dense": [found(range(80))]})
    for file in made.folder.path.glob("timing-*.json"):
        file.write_bytes(file.read_bytes()[:100])
    assert "dense: timing missing" in written(made, "table.md")


def test_matches_that_cannot_be_read_are_named(tmp_path: Path) -> None:
    made = make_study(tmp_path, {"dense": [found(range(80))]})
    run = made.run("dense")
    file = made.folder.run(run).matches(run.evaluate_signature)
    file.write_bytes(file.read_bytes()[:20])
    with pytest.raises(DataError, match=f"{file} cannot be read"):
        write_report(made.plan, made.folder)
