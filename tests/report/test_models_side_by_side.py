"""Models under one roof: a row a model, with what its paper printed beside what is counted and timed here."""

from __future__ import annotations

from pathlib import Path

import pytest

from gtpt_bench.report.cells import Cell
from gtpt_bench.report.write import write_report
from tests.report import made_audit
from tests.report.made import COMMIT, csv_rows
from tests.report.made_audit import Made, write_cost, write_times
from tests.report.readers import markdown_cells, tex_cells

BODY = ["simplebaseline_res50", "litehrnet_18", "gtpt_s_coco", "vitpose_s"]
FULL_G = {"simplebaseline_res50": 5.426, "litehrnet_18": 0.242, "gtpt_s_coco": 1.757, "vitpose_s": 5.594}
"""spec/baselines.md §1."""
LATENCY_MS = {"simplebaseline_res50": 150.0, "litehrnet_18": 58.0, "gtpt_s_coco": 40.0, "vitpose_s": 90.0}
WHOLE = [
    "pvtv2_b2_wholebody",
    {"pvt_s_wholebody": {"model": "pvt_s", "changes": {"keypoints": "wholebody", "input_size": [384, 288]}}},
    "vitpose_plus_s_wholebody",
    "vitpose_plus_h_wholebody",
]


def counted(made: Made, full_g: dict[str, float]) -> Made:
    for name, cost in made.plan.measured.items():
        write_cost(made, cost, params=10**7, macs={"full": 1e9 * full_g[name]})
    return made


@pytest.fixture(scope="module")
def body(tmp_path_factory: pytest.TempPathFactory) -> Made:
    made = made_audit.planned(tmp_path_factory.mktemp("body"), ["gtpt_readme_coco.csv"], timing={}, models=BODY)
    write_times(counted(made, FULL_G), LATENCY_MS)
    (once,) = (made.plan.audit.counted_as if made.plan.audit else {}).values()
    write_cost(made, once, params=10**7, macs={"full": 0.1986e9})
    return made


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Made:
    made = made_audit.planned(
        tmp_path_factory.mktemp("whole"),
        ["gtpt_readme_wholebody.csv"],
        timing={},
        models=WHOLE,
        counted_only=["vitpose_plus_h_wholebody"],
    )
    counted(made, dict(zip(made.plan.variants, (11.979, 11.493, 9.083, 176.253), strict=True)))
    write_times(made, dict.fromkeys(made.plan.timing.variants if made.plan.timing else (), 200.0))
    return made


def texts(row: dict[str, Cell]) -> dict[str, str]:
    return {key: cell.text for key, cell in row.items()}


def test_a_row_has_what_was_counted_and_timed_here_beside_what_was_printed(body: Made) -> None:
    row = texts(body.row("simplebaseline_res50"))
    assert row["method"] == "SimBa.-Res50"
    assert row["input_size"] == "256x192"
    assert (row["params_reported_m"], row["params_m"]) == ("34", "10.000")
    assert (row["gflops_reported"], row["macs_full_g"]) == ("8.9", "5.426")
    assert (row["latency_ms"], row["throughput"]) == ("150.0", "6.7")
    assert row["ap_reported"] == "70.4 / 76.3"


def test_printed_figures_are_in_italics_and_lead_to_their_file_and_measured_ones_to_records(body: Made) -> None:
    row = body.row("gtpt_s_coco")
    reported = {key for key, cell in row.items() if cell.origin == "reported"}
    assert reported == {"method", "params_reported_m", "gflops_reported", "ap_reported", "ar_reported"}
    for key in reported:
        assert row[key].files == ("results/reference/gtpt_readme_coco.csv",)
    measured = {key: cell for key, cell in row.items() if cell.origin == "measured"}
    assert measured.keys() >= {"params_m", "macs_full_g", "convention", "in_convention_g", "latency_ms", "throughput"}
    for cell in measured.values():
        assert (cell.code, cell.machine) == (COMMIT[:10], "a device on a host")
        assert (body.folder.path / cell.files[0]).is_file()
    timing = body.plan.timing
    assert timing
    assert row["latency_ms"].files == (timing.file,)
    write_report(body.plan, body.folder)
    text = (body.folder.report("quick") / "table.md").read_text(encoding="utf-8")
    assert "| *73.6 / 78.9* |" in text


def test_a_model_of_which_nothing_is_published_here_has_its_name_and_no_figures(body: Made) -> None:
    row = body.row("vitpose_s")
    assert (row["method"].text, row["method"].origin) == ("ViTPose-S", "configured")
    assert not row.keys() & {"gflops_reported", "convention", "ap_reported", "params_counted"}


def test_systems_that_are_not_hosted_stand_at_the_end_with_figures_and_reason(whole: Made) -> None:
    rows = whole.table.rows
    hosted = [row.name for row in rows if not row.reported]
    assert hosted == [*whole.plan.variants] == [row.name for row in rows[: len(hosted)]]
    others = {row.name: row.cells for row in rows[len(hosted) :]}
    assert list(others) == ["SN", "OpenPose", "PAF", "AE", "ZoomNet", "ZoomNAS"]
    zoom = others["ZoomNet"]
    assert (zoom["gflops_reported"].text, zoom["whole_ap_reported"].text) == ("28.5", "63.0 / 74.2")
    assert zoom["note"].text == "not hosted: code never released"
    assert "bottom-up, several persons an image" in others["AE"]["note"].text
    measured = {"macs_full_g", "latency_ms", "throughput", "params_m", "convention"}
    assert not any(measured & cells.keys() for cells in others.values())


def test_a_model_without_ar_shows_its_ap_alone(whole: Made) -> None:
    assert whole.row("vitpose_plus_s_wholebody")["whole_ap_reported"].text == "54.4"
    assert whole.row("pvtv2_b2_wholebody")["hand_ap_reported"].text == "54.5 / 65.4"


def test_a_figure_that_nothing_gives_is_called_not_reproduced_and_its_row_says_why(whole: Made) -> None:
    row = whole.row("pvtv2_b2_wholebody")
    assert row["convention"].text.startswith("none; nearest ")
    assert "assumed to be PVTv2-B2; no convention gives the reported 19.7 of it or of PVT-S" in row["note"].text
    assert "Not reproduced, no way of counting gives them: pvtv2_b2_wholebody (19.7 GFLOPs)." in whole.caption


def test_a_changed_model_is_another_network_of_which_nothing_is_published(whole: Made) -> None:
    row = whole.row("pvt_s_wholebody")
    assert (row["method"].text, row["input_size"].text, row["macs_full_g"].text) == ("PVT-S", "384x288", "11.493")
    assert "gflops_reported" not in row
    assert "pvt_s with keypoints=wholebody, input_size=[384, 288]" in row["note"].text


def test_what_is_only_counted_says_so_and_is_in_no_session(whole: Made) -> None:
    row, timing = whole.row("vitpose_plus_h_wholebody"), whole.plan.timing
    assert timing
    assert "vitpose_plus_h_wholebody" not in timing.variants
    assert (row["macs_full_g"].text, row["latency_ms"].text, row["throughput"].text) == (
        "176.253",
        "not timed",
        "not timed",
    )
    assert row["latency_ms"].origin == "configured"


def test_a_figure_known_to_count_another_network_is_held_against_that_one_alone(body: Made) -> None:
    """0.242 rounds to the 0.2 that was printed, but the authors counted each fusion once: 0.1986."""
    row = body.row("litehrnet_18")
    assert row["convention"].text.startswith("full with fuse=corrected")
    assert row["in_convention_g"].text == "0.199"
    assert row["macs_full_g"].text == "0.242"
    assert "the published GFLOPs count each fusion once" in row["note"].text
    assert "known to count that network" in body.caption


def test_without_that_count_nothing_is_said_of_how_it_came_about(whole: Made) -> None:
    row = whole.row("vitpose_plus_s_wholebody")
    assert row["gflops_reported"].text == "5.4"
    assert "convention" not in row
    assert "vitpose_plus_s_wholebody: routing=hard: cost missing" in whole.caption


def test_notes_are_numbered_once_and_spelled_out_below(whole: Made) -> None:
    s, h = (whole.row(f"vitpose_plus_{size}_wholebody") for size in "sh")
    shared = set(s["notes"].text.split(", ")) & set(h["notes"].text.split(", "))
    assert len(shared) == 1
    assert f"Note {shared.pop()}: the published GFLOPs count one expert" in whole.caption


def test_all_formats_show_the_same_cells_and_programs_get_notes_and_ar_in_columns_of_their_own(whole: Made) -> None:
    write_report(whole.plan, whole.folder)
    folder = whole.folder.report("quick")
    markdown = markdown_cells((folder / "table.md").read_text(encoding="utf-8"))
    assert markdown == tex_cells((folder / "table.tex").read_text(encoding="utf-8"))
    assert len(csv_rows(folder / "provenance.csv")) == len(whole.table.rows) * len(whole.table.columns)
    first, *_ = csv_rows(folder / "table.csv")
    assert (first["whole_ap_reported"], first["whole_ar_reported"]) == ("58.9", "68.9")
    assert first["note"]
    assert first["counters"] == "3 of 3"
    assert "whole AP / AR, reported" in markdown[0]
    assert not {"note", "counters", "AR, reported"} & set(markdown[0])


def test_the_plot_says_which_axis_is_the_papers_and_which_is_ours(body: Made) -> None:
    write_report(body.plan, body.folder)
    folder = body.folder.report("quick")
    drawn = (folder / "reported_accuracy.svg").read_text(encoding="utf-8")
    for words in ("AP, reported by the papers", "measured here (ms)", "counted here (G)", "GTPT-S", "SimBa.-Res50"):
        assert f"<!-- {words}" in drawn or words in drawn
    assert "as the papers report it, not measured here" in (folder / "captions.md").read_text(encoding="utf-8")


def test_before_anything_ran_states_stand_in_the_cells(tmp_path: Path) -> None:
    made = made_audit.planned(tmp_path, ["gtpt_readme_coco.csv"], timing={}, models=["gtpt_t_coco"])
    row = texts(made.row("gtpt_t_coco"))
    assert (row["macs_full_g"], row["latency_ms"], row["gflops_reported"]) == ("missing", "missing", "0.7")
    assert "gtpt_t_coco: cost missing; gtpt_t_coco: timing missing" in made.caption


# Claims of one model against another

CLAIMS = {"claims": ["hevitpose_abstract.csv"]}
MPII = [
    "hevitpose_b",
    {"hrnet": {"model": "hrnet_w32", "changes": {"keypoints": "mpii", "input_size": [256, 256]}}},
]


def mpii(root: Path, params_m: tuple[float, float]) -> Made:
    made = made_audit.planned(root, ["hevitpose_mpii.csv"], timing={}, models=MPII, **CLAIMS)
    for cost, params, full, layers in zip(made.plan.costs, params_m, (5.802, 10.193), (5.567, 10.193), strict=True):
        write_cost(made, cost, params=round(1e6 * params), macs={"full": 1e9 * full, "E": 1e9 * layers})
    return made


def test_claims_are_checked_where_both_are_hosted_and_said_to_be_unchecked_where_not(tmp_path: Path) -> None:
    """Our reconstruction has 10.734 M, HRNet-W32 28.536 M with 16 keypoints (spec/hevitpose.md §2, baselines.md §1)."""
    caption = mpii(tmp_path, (10.734, 28.536)).caption
    assert (
        "-62.1 % params (by its 10.63 M, 28.05 M of HRNet-W32). Here in one copy -62.4 % (10.734 against 28.536 M): "
        "not reproduced to the digit."
    ) in caption
    assert "in full -43.1 % (5.802 against 10.193 G); in E -45.4 % (5.567 against 10.193 G)" in caption
    assert caption.count("Not checked: Swin-S is not hosted.") == 2


def test_a_claim_that_our_counts_give_to_the_digit_is_called_reproduced(tmp_path: Path) -> None:
    assert "-62.1 % (10.815 against 28.536 M): reproduced in one copy." in mpii(tmp_path, (10.815, 28.536)).caption
