"""An audit sets what was published beside what is counted; every cell says which of the two it is, and whence."""

from __future__ import annotations

import csv
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest

from gtpt_bench.errors import StudyError
from gtpt_bench.models import catalogue
from gtpt_bench.models.gtpt.closed_form import gtpt_cost
from gtpt_bench.models.gtpt.config import GTPTConfig
from gtpt_bench.report.write import write_report
from gtpt_bench.study.session import open_session
from gtpt_bench.study.state import study_status
from tests.report import made_audit
from tests.report.made import COMMIT, csv_rows
from tests.report.made_audit import ROOT, Made, opinion, write_cost
from tests.report.readers import markdown_cells, tex_cells

README = ["gtpt_readme_coco.csv", "gtpt_readme_wholebody.csv"]
GTPT = [name for name in catalogue.list_models() if name.startswith("gtpt")]
SAVED = {"gtpt_t_coco": ("48.9", "55.8"), "gtpt_b_coco": ("28.1", "33.7")}
"""In thop and in full, spec/measurement.md §3."""


def planned(root: Path, rows: list[dict[str, str]] | None = None, **audit: Any) -> Made:
    """Of the README's figures, or of `rows`; of every GTPT unless models are named."""
    return made_audit.planned(root, README, rows, **{"models": GTPT, **audit})


def counted(made: Made) -> Made:
    """The same with records of every cost, from the closed form, which cannot tell D."""
    for cost in made.plan.costs:
        write_cost(made, cost)
    return made


@pytest.fixture(scope="module")
def audit(tmp_path_factory: pytest.TempPathFactory) -> Made:
    return counted(planned(tmp_path_factory.mktemp("audit")))


def test_every_model_has_a_row_in_the_order_asked_for(audit: Made) -> None:
    assert [row.name for row in audit.table.rows] == GTPT
    assert audit.row("gtpt_tiny_coco")["method"].text == "not published"


def test_without_models_every_one_of_the_catalogue_is_asked_for(tmp_path: Path) -> None:
    assert list(made_audit.planned(tmp_path, README).plan.variants) == catalogue.list_models()


def test_the_convention_is_found_by_counting_and_the_readme_s_own_word_is_not_read(audit: Made) -> None:
    for name in GTPT:
        if "tiny" not in name:
            assert audit.row(name)["convention"].text == "thop (or N)"
    with (ROOT / "results" / "reference" / README[0]).open(encoding="utf-8") as file:
        assert {row["macs_convention"] for row in csv.DictReader(file) if row["model"] in GTPT} == {"thop"}


def test_true_cost_and_its_ratio_to_the_published_figure(audit: Made) -> None:
    row, cost = audit.row("gtpt_t_coco"), gtpt_cost(catalogue.model_config("gtpt_t_coco"))
    assert row["gflops_reported"].text == "0.7"
    assert row["in_convention_g"].text == "0.663"
    assert row["deviation"].text == "0"
    assert row["macs_full_g"].value == cost.full / 1e9
    assert row["attention_percent"].value == pytest.approx(100 * cost.attention / cost.full)
    assert row["full_to_published"].value == pytest.approx(cost.full / cost.thop)


@pytest.mark.parametrize("name", SAVED)
def test_pruning_saves_more_than_the_published_count_says(name: str, audit: Made) -> None:
    row = audit.row(name)
    assert (row["saving_published_percent"].text, row["saving_full_percent"].text) == SAVED[name]


def test_reported_cells_are_in_italics_with_their_source_and_measured_ones_with_their_records(audit: Made) -> None:
    row, published = audit.row("gtpt_s_coco"), audit.plan.audit
    assert published
    for key in ("method", "params_reported_m", "gflops_reported"):
        assert row[key].origin == "reported"
        assert row[key].files == (f"results/reference/{README[0]}",)
        assert "haonanwang0522/GTPT" in row[key].machine
    measured = {key: cell for key, cell in row.items() if cell.origin == "measured"}
    assert len(measured) == len(row) - 3
    own, dense = audit.plan.measured["gtpt_s_coco"].file, published.dense["gtpt_s_coco"].file
    judged = ("params_counted", "convention", "deviation", "full_to_published")
    for key, cell in measured.items():
        reference = (f"results/reference/{README[0]}",) * (key in judged)
        beside = (dense,) if key.startswith(("saving", "counters")) else reference
        assert cell.files == (own, *beside)
        assert (cell.code, cell.machine) == (COMMIT[:10], "a device on a host")
    write_report(audit.plan, audit.folder)
    text = (audit.folder.report("quick") / "table.md").read_text(encoding="utf-8")
    assert "| gtpt\\_s\\_coco | *GTPT-S* | *5.4* | 5.479 |" in text


def test_all_formats_show_the_same_cells(audit: Made) -> None:
    write_report(audit.plan, audit.folder)
    folder = audit.folder.report("quick")
    markdown = markdown_cells((folder / "table.md").read_text(encoding="utf-8"))
    assert markdown == tex_cells((folder / "table.tex").read_text(encoding="utf-8"))
    assert [row["model"] for row in csv_rows(folder / "table.csv")] == GTPT
    assert len(csv_rows(folder / "provenance.csv")) == len(audit.table.rows) * len(audit.table.columns)


def test_conventions_that_the_table_names_are_defined_below_it(audit: Made) -> None:
    assert "full: Multiply-accumulates of convolutions" in audit.caption
    assert "thop: What the thop package prints" in audit.caption
    assert "TransPose's counting script" not in audit.caption


def test_a_made_up_figure_is_flagged(tmp_path: Path) -> None:
    made = counted(planned(tmp_path, [{"method": "X", "model": "gtpt_t_coco", "gflops": "5.0", "params_m": "2.4"}]))
    row = made.row("gtpt_t_coco")
    assert row["convention"].text == "none; nearest D"
    assert row["deviation"].text == "-3.5"
    assert row["full_to_published"].text == "0.15"  # of the figure as printed: 0.754 / 5.0
    assert row["params_counted"].text == "one copy (or thop, trainable)"
    assert "saving_published_percent" not in row
    assert "Not reproduced, no way of counting gives them: gtpt_t_coco (5.0 GFLOPs)." in made.caption


def test_everyone_agrees_on_the_released_models_and_the_caption_says_who_counted(audit: Made) -> None:
    assert {row.cells["counters"].text for row in audit.table.rows} == {"3 of 3"}
    assert "closed form, torch, fvcore count the same pass" in audit.caption
    assert "Complaints: none. Operators that no rule knows and that may hide MACs, with their calls: none." in (
        audit.caption
    )


@pytest.mark.parametrize(
    ("macs", "note", "text", "complaint"),
    [
        (102, "", "DISAGREE: 3 of 4, ptflops is off by +2.00 %", "ptflops is off by +2.00%"),
        (None, "ptflops cannot be imported: gone", "3 of 4, ptflops has no count", "ptflops cannot be imported: gone"),
    ],
    ids=["off by 2 %", "no count"],
)
def test_a_counter_that_disagrees_or_could_not_count_is_named_in_its_row_and_below(
    macs: int | None, note: str, text: str, complaint: str, tmp_path: Path
) -> None:
    made = counted(planned(tmp_path, models=["gtpt_t_coco", "gtpt_s_coco"]))
    write_cost(made, made.plan.measured["gtpt_t_coco"], opinion("ptflops", macs, 100, note))
    assert made.row("gtpt_t_coco")["counters"].text == text
    assert made.row("gtpt_s_coco")["counters"].text == "3 of 3"
    assert f"Complaints: gtpt_t_coco: {complaint}." in made.caption


def test_a_disagreement_about_the_model_with_all_tokens_flags_its_row_too(tmp_path: Path) -> None:
    """Savings by pruning rest on that count."""
    made = counted(planned(tmp_path, models=["gtpt_t_coco"]))
    assert made.plan.audit
    write_cost(made, made.plan.audit.dense["gtpt_t_coco"], opinion("ptflops", 98, 100))
    text = made.row("gtpt_t_coco")["counters"].text
    assert text == "3 of 3; all tokens: DISAGREE: 3 of 4, ptflops is off by -2.00 %"
    assert "Complaints: gtpt_t_coco keeping all tokens: ptflops is off by -2.00%." in made.caption


def test_operators_that_no_rule_knows_are_named_with_their_models(tmp_path: Path) -> None:
    made = planned(tmp_path, models=["gtpt_t_coco", "gtpt_s_coco"])
    for name in ("gtpt_t_coco", "gtpt_s_coco"):
        write_cost(made, made.plan.measured[name], unknown={"_fft_r2c": 3})
    assert "with their calls: gtpt_t_coco, gtpt_s_coco: _fft_r2c 3." in made.caption


def test_a_model_that_two_papers_report_has_two_rows(tmp_path: Path) -> None:
    rows = [
        {"method": method, "model": "gtpt_t_coco", "gflops": figure} for method, figure in (("A", "0.7"), ("B", "9"))
    ]
    made = counted(planned(tmp_path, rows, models=["gtpt_t_coco"]))
    assert [row.name for row in made.table.rows] == ["gtpt_t_coco (A)", "gtpt_t_coco (B)"]


def test_a_new_model_of_the_catalogue_is_audited_once_a_row_names_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    models = {**catalogue.MODELS, "newcomer": f"{__name__}:newcomer"}
    monkeypatch.setattr(catalogue, "MODELS", MappingProxyType(models))
    macs = gtpt_cost(newcomer()).full / 1e9
    row = {"method": "Newcomer-L", "model": "newcomer", "gflops": f"{macs:.3f}"}
    made = counted(planned(tmp_path, [row], models=["newcomer"]))
    assert made.row("newcomer")["convention"].text == "full"
    assert made.row("newcomer")["full_to_published"].text == "1.00"
    assert "saving_full_percent" not in made.row("newcomer")  # it does not prune


def newcomer() -> GTPTConfig:
    """A model that keeps all its tokens."""
    return catalogue.model_config("gtpt_s_coco").changed({"width": 96, "pruning.keep_rates": [1, 1, 1, 1]})


def test_what_is_not_counted_yet_stays_visible(tmp_path: Path) -> None:
    made = planned(tmp_path, models=["gtpt_t_coco", "gtpt_s_coco"])
    write_cost(made, made.plan.measured["gtpt_t_coco"])
    assert made.row("gtpt_s_coco")["macs_full_g"].text == "missing"
    assert made.row("gtpt_s_coco")["gflops_reported"].text == "1.6"
    assert made.row("gtpt_t_coco")["convention"].text.startswith("thop")
    assert "gtpt_t_coco: all tokens: cost missing; gtpt_s_coco: cost missing" in made.caption


def test_status_names_each_model_and_the_same_keeping_all_tokens(tmp_path: Path) -> None:
    made = planned(tmp_path, models=["gtpt_t_coco"])
    parts = {status.part: status.state for status in study_status(made.plan, made.folder)}
    assert parts == {"cost of gtpt_t_coco": "missing", "cost of gtpt_t_coco, all tokens": "missing"}


def test_one_model_can_be_audited_alone(audit: Made) -> None:
    one = audit.plan.narrowed(["gtpt_b_coco"])
    assert {cost.model for cost in one.costs} == {"gtpt_b_coco"}
    assert len(one.costs) == 2


def test_a_row_about_an_unknown_model_is_refused(tmp_path: Path) -> None:
    with pytest.raises(StudyError, match=r"paper.csv: method 'X': unknown model 'gtpt_x'; known: gtpt_t_coco"):
        planned(tmp_path, [{"method": "X", "model": "gtpt_x", "gflops": "1"}])


def test_a_figure_that_is_no_number_is_refused(tmp_path: Path) -> None:
    with pytest.raises(StudyError, match=r"paper.csv: method 'X': could not convert string to float: 'about 1'"):
        planned(tmp_path, [{"method": "X", "model": "gtpt_t_coco", "gflops": "about 1"}])


def test_an_unknown_model_is_answered_with_the_nearest(tmp_path: Path) -> None:
    with pytest.raises(StudyError, match=r"audit.yaml:\d+: audit.models.0: unknown model .* did you mean gtpt_s_coco"):
        planned(tmp_path, models=["gtpt_s_coca"])


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("report: {plots: []}", "report"),
        ("model: gtpt_s_coco", "model"),
        ("seeds: [1]", "seeds"),
        ("vary: {axes: {width: [64]}}", "vary"),
    ],
)
def test_an_audit_takes_no_keys_of_other_studies(text: str, key: str, tmp_path: Path) -> None:
    file = tmp_path / "audit.yaml"
    file.write_text(f"study: audit\naudit: {{published: [{README[0]}]}}\n{text}\n", encoding="utf-8")
    with pytest.raises(StudyError, match=rf"audit.yaml:3: {key}: an audit counts models of the catalogue"):
        open_session(file, "quick", None, tmp_path)


def test_the_study_of_the_repository_audits_every_model_and_allocates_the_largest_nowhere(tmp_path: Path) -> None:
    plan = open_session(ROOT / "studies" / "flops_audit.yaml", "quick", None, tmp_path).plan
    assert plan.audit
    assert plan.study.question.endswith("?")
    assert list(plan.variants) == catalogue.list_models()
    assert {name for name, cost in plan.measured.items() if cost.empty} == {"vitpose_plus_h_wholebody"}
    assert set(plan.audit.dense) == {*GTPT, "ppt_s", "ppt_b"}
    assert plan.timing is None
