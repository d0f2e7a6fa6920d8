"""Speed-ups, intervals and verdicts of a study of batches and ways, held against what its raw samples say by hand."""

from __future__ import annotations

from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from gtpt_bench.report.cells import Cell
from gtpt_bench.report.speed import Place, SpeedUp
from gtpt_bench.report.write import write_report
from tests.report.made import COMMIT, csv_rows
from tests.report.made_speed import Made, RawCell, make_speed, plan_speed
from tests.report.readers import markdown_cells, tex_cells

DRIFT = [1.0, 1.1, 1.2, 1.5, 1.3, 0.9, 1.0]
"""How slow the machine was in each round."""
PLACE: Place = ("0379", "trained", 8)


def call_ms(variant: str, batch: int) -> float:
    """Dense: 10 ms an image. Pruned: 5 ms an image and 4 ms a call, so that it is 1.11 times as fast at batch 1."""
    return 10.0 * batch if variant == "dense" else 5.0 * batch + 4


def drifting(variant: str, way: str, batch: int) -> RawCell:
    return RawCell([slow * call_ms(variant, batch) for slow in DRIFT])


def rounds_of(dense: list[float], pruned: list[float], **raw: Any) -> Any:
    """The same rounds in every cell."""
    return lambda variant, way, batch: RawCell(dense if variant == "dense" else pruned, **raw)


def speed_up_of(made: Made, place: Place = PLACE) -> SpeedUp:
    found = made.speed.cells[place].speed_up
    assert found is not None
    return found


def row(made: Made, name: str) -> dict[str, Cell]:
    return dict(next(row.cells for row in made.table.rows if row.name == name))


def test_a_drift_of_the_machine_leaves_the_speed_up_exact(tmp_path: Path) -> None:
    made = make_speed(tmp_path, drifting)
    for batch, factor in ((1, 10 / 9), (8, 80 / 44)):
        found = speed_up_of(made, ("0379", "trained", batch))
        assert found.interval is not None
        assert (found.factor, *found.interval) == pytest.approx((factor,) * 3)
        assert (found.verdict, found.num_rounds) == ("faster", 7)


def test_images_a_second_and_time_a_call_are_medians(tmp_path: Path) -> None:
    """The middle of seven rounds was 1.1 times as slow as it should."""
    cell = make_speed(tmp_path, drifting).speed.cells[PLACE]
    assert cell.call_ms == pytest.approx(1.1 * 44)
    assert cell.images_per_s == pytest.approx(8000 / (1.1 * 44))


def exact_interval(ratios: list[float]) -> tuple[float, float]:
    """95 % of all resamples of the rounds, every one of them, by the mean of the middle half of their logarithms."""
    logs = np.log(ratios)
    quarter = len(logs) // 4
    middle = [
        float(np.mean(sorted(resample)[quarter : len(logs) - quarter])) for resample in product(logs, repeat=len(logs))
    ]
    low, high = np.exp(np.quantile(middle, (0.025, 0.975)))
    return float(low), float(high)


def test_an_interval_is_that_of_all_resamples_of_the_rounds(tmp_path: Path) -> None:
    ratios = [1.9, 2.0, 2.05, 2.1, 2.3, 1.95]
    made = make_speed(tmp_path, rounds_of([100 * ratio for ratio in ratios], [100.0] * 6))
    found = speed_up_of(made)
    assert found.factor == pytest.approx((1.95 * 2.0 * 2.05 * 2.1) ** (1 / 4))
    assert found.interval == pytest.approx(exact_interval(ratios), rel=0.005)


@pytest.mark.parametrize(
    ("pruned", "verdict"),
    [
        ([100.0, 101, 99, 100, 101, 100], "same"),
        ([130.0, 131, 129, 130, 131, 130], "slower"),
        ([70.0, 130, 80, 120, 75, 125], "ambiguous"),
        ([98.0, 98.5, 98, 97.8, 98, 98.1], "same"),
        ([50.0] * 5, "ambiguous"),
    ],
    ids=["same", "slower", "unsteady", "a difference within the margin", "five rounds"],
)
def test_verdicts_do_not_force_a_winner(tmp_path: Path, pruned: list[float], verdict: str) -> None:
    made = make_speed(tmp_path, rounds_of([100.0] * len(pruned), pruned))
    assert speed_up_of(made).verdict == verdict
    assert verdict in row(made, "trained: 0379")["speed_up_8"].text


def test_one_round_has_no_interval(tmp_path: Path) -> None:
    made = make_speed(tmp_path, rounds_of([100.0], [50.0]))
    assert row(made, "trained: 0379")["speed_up_8"].text == "2.00, one round"
    assert "speed_up_low_8" not in row(made, "trained: 0379")


def test_rounds_in_which_others_had_the_cores_are_set_aside_on_both_sides(tmp_path: Path) -> None:
    """Round 0 of the pruned model was disturbed, and round 1 of the dense one: five times as slow, both."""
    dense, pruned = [100.0, 500, *[100.0] * 6], [250.0, 50, *[50.0] * 6]
    share = {"dense": {1: 0.8}, "0379": {0: 0.8}}

    def raw(variant: str, way: str, batch: int) -> RawCell:
        return RawCell(dense if variant == "dense" else pruned, waited_share=share[variant])

    made = make_speed(tmp_path, raw)
    assert speed_up_of(made).num_rounds == 6
    assert speed_up_of(made).interval == pytest.approx((2.0, 2.0))
    assert made.speed.cells[PLACE].call_ms == 50
    assert "Other processes had the cores in 8 of 64 measurements" in made.caption
    assert "too few were left alone" not in made.caption


def test_where_too_few_rounds_were_left_alone_all_count_but_no_winner_is_named(tmp_path: Path) -> None:
    made = make_speed(tmp_path, rounds_of([100.0, 90, 110, 100, 95, 105], [50.0] * 6, waited_share={0: 0.5, 1: 0.5}))
    found = speed_up_of(made)
    assert (found.num_rounds, found.verdict) == (4, "ambiguous")
    assert found.factor == pytest.approx(2, rel=0.05)
    assert found.interval is not None
    assert row(made, "trained: 0379")["speed_up_8"].text.endswith("ambiguous")
    assert "in 8 of 8 cells too few were left alone, so there all count" in made.caption
    assert "no verdict is given" in made.caption


def test_where_there_are_streams_they_tell_the_throughput_and_calls_the_latency(tmp_path: Path) -> None:
    def raw(variant: str, way: str, batch: int) -> RawCell:
        return RawCell([12.0] * 6, stream_ms=[8.0 if variant == "dense" else 2.0] * 6)

    made = make_speed(tmp_path, raw)
    cell = made.speed.cells[PLACE]
    assert (cell.call_ms, cell.images_per_s) == (12.0, 4000.0)
    assert speed_up_of(made).factor == pytest.approx(4.0)
    assert "a stream of calls, synchronised at its ends only" in made.caption


def test_the_table_has_a_row_a_variant_and_way_and_the_speed_up_of_each_batch(tmp_path: Path) -> None:
    made = make_speed(tmp_path, drifting)
    assert [row.name for row in made.table.rows] == [
        "trained: dense",
        "trained: 0379",
        "deployed half: dense",
        "deployed half: 0379",
    ]
    pruned = row(made, "deployed half: 0379")
    assert pruned["speed_up_1"].text == "1.11 [1.11, 1.11] faster"
    assert pruned["images_per_s_8"].text == "165.3"
    assert pruned["call_ms_8"].text == "48.4"
    assert pruned["keep_rates"].text == "1 0.7 0.3 0.1"
    assert pruned["macs_fewer"].text == "0.50"  # made records cost more from variant to variant
    assert "speed_up_1" not in row(made, "trained: dense")


def test_the_variant_compared_with_is_the_baseline_of_the_report(tmp_path: Path) -> None:
    made = make_speed(tmp_path, drifting, report={"baseline": "0379"})
    found = made.speed.cells["dense", "trained", 8].speed_up
    assert found is not None
    assert found.factor == pytest.approx(44 / 80)
    assert found.verdict == "slower"
    assert "time of 0379 over that of the variant" in made.caption


def test_formats_show_the_same_and_only_csv_has_ends_of_intervals_apart(tmp_path: Path) -> None:
    made = make_speed(tmp_path, drifting)
    write_report(made.plan, made.folder)
    markdown = markdown_cells(made.report("table.md").read_text(encoding="utf-8"))
    assert markdown == tex_cells(made.report("table.tex").read_text(encoding="utf-8"))
    assert len(markdown[0]) == 1 + 3 + 2 * 3
    exact = csv_rows(made.report("table.csv"))[1]
    assert (exact["way: variant"], exact["verdict_8"]) == ("trained: 0379", "faster")
    assert float(exact["speed_up_low_8"]) == float(exact["speed_up_high_8"]) == pytest.approx(80 / 44)


def test_every_measured_cell_leads_to_its_record_code_and_machine(tmp_path: Path) -> None:
    made = make_speed(tmp_path, drifting)
    assert made.plan.timing
    for cell in (cell for row in made.table.rows for key, cell in row.cells.items() if key != "keep_rates"):
        assert cell.origin == "measured"
        assert all((made.folder.path / file).is_file() for file in cell.files)
        assert (cell.code, cell.machine) == (COMMIT[:10], "a device on a host")
    assert row(made, "trained: 0379")["speed_up_8"].files == (made.plan.timing.file,)


def test_the_caption_names_device_threads_rounds_ways_and_what_is_not_in_it(tmp_path: Path) -> None:
    caption = make_speed(tmp_path, drifting).caption
    for words in (
        "8 cells in turn, rounds: 7, every other one backwards",
        "session of 1.5 minutes that ended because: precise enough",
        "Device: a device, 2 threads, torch 9.9",
        "trained = float32; deployed half = deployed, bfloat16",
        "a paired bootstrap over rounds",
        "accuracy is no part of this study",
        "Both come from the same calls",
    ):
        assert words in caption


def test_what_the_card_told_is_passed_on(tmp_path: Path) -> None:
    told = {"num_refused": 2, "refused_for": ["low_clock"], "throttled_by": ["power_limit"], "other_processes": [{}]}
    caption = make_speed(tmp_path, drifting, gpu=told).caption
    assert "2 measurements were repeated: low_clock." in caption
    assert "held back all the same: power_limit." in caption
    assert "1 other processes were on the card." in caption


def test_times_taken_while_a_model_was_compiled_anew_are_not_shown(tmp_path: Path) -> None:
    def raw(variant: str, way: str, batch: int) -> RawCell:
        return RawCell([10.0] * 6, num_recompiled=int(variant == "0379"))

    pruned = row(make_speed(tmp_path, raw), "trained: 0379")
    assert pruned["images_per_s_8"].text.startswith("invalid")
    assert "speed_up_8" not in pruned


@pytest.mark.parametrize("state", ["missing", "failed"])
def test_a_session_without_result_stays_visible(tmp_path: Path, state: str) -> None:
    from gtpt_bench.files import write_json

    made = plan_speed(tmp_path)
    if state == "failed":
        write_json(made.folder.measuring("timing", made.plan.label).error, {"reason": "no memory"})
    assert row(made, "trained: 0379")["speed_up_8"].text == state
    timings = "dense: timing, 0379: timing failed no memory" if state == "failed" else "0379: timing missing"
    assert "0379: cost missing" in made.caption
    assert timings in made.caption
    files = write_report(made.plan, made.folder)
    assert files.plots == ()
